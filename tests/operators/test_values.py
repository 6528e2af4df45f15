"""What the rough pictures of values know about numbers that would make a program constant or infinite."""

from __future__ import annotations

import math
import random

import torch

from operators import get
from operators.effects import bordered, extreme, pointwise, winning
from operators.spec import Layout, Site, Stats


def test_an_extreme_of_many_bounded_numbers_is_known_to_say_nothing():
    rectified = pointwise(lambda v: max(v, 0.0))(Stats())
    assert rectified.floored and not rectified.capped
    assert extreme(50, sign=-1)(rectified).signal == 0.0
    assert extreme(50)(rectified).signal > 0.0
    assert extreme(2, sign=-1)(rectified).signal > 0.0


def test_hardtanh_caps_what_it_is_given_whatever_its_size():
    step = get("Hardtanh").plan(Site(Layout.VECTOR, (4, 16), Stats(0.0, 0.2, 0.2), random.Random(0)))
    assert step.effect(Stats(0.0, 0.2, 0.2)).capped


def test_logit_is_finite_in_half_precision():
    step = get("Logit").plan(Site(Layout.VECTOR, (4, 16), Stats(), random.Random(0)))
    for dtype in (torch.bfloat16, torch.float16):
        x = torch.tensor([-40.0, 0.0, 40.0], dtype=dtype)
        for form in step.forms:
            assert torch.isfinite(eval(form.text.format(x="x"), {"torch": torch, "x": x})).all()


def test_scans_for_an_extreme_leave_padded_axes_alone():
    for seed in range(20):
        site = Site(Layout.IMAGE, (2, 8, 9, 9), Stats(), random.Random(seed))
        assert all("dim=1" in form.text for form in get("CumMin").plan(site).forms)


def test_what_is_never_positive_is_nothing_after_a_relu():
    relu = pointwise(lambda v: max(v, 0.0))
    log_sigmoid = pointwise(lambda v: -math.log1p(math.exp(-v)))
    negative = log_sigmoid(Stats(1.0, 1.5, 1.5))
    assert negative.high <= 0 and relu(negative).signal == 0.0
    assert relu(Stats(negative.mean, negative.std, negative.signal)).signal > 0, "mean and spread alone do not say it"


def test_extremes_lie_between_the_bounds_of_all_values():
    negative = pointwise(lambda v: -math.log1p(math.exp(-v)))(Stats())
    largest = extreme(27)(negative)
    assert largest.mean <= negative.high < 0
    assert pointwise(lambda v: v + abs(v))(largest).signal == 0.0, "it cannot be positive"


def test_the_largest_of_thousands_of_saturated_values_says_nothing():
    saturated = pointwise(math.tanh)(Stats())
    assert extreme(8000)(saturated).signal == 0.0
    assert extreme(20)(saturated).signal > 0.0
    assert extreme(8000)(Stats()).signal > 0.0, "what has no bound has extremes that differ"


def test_bounds_are_followed_through_falling_curves():
    rectified = pointwise(lambda v: max(v, 0.0))(Stats())
    turned = pointwise(lambda v: -v)(rectified)
    assert turned.capped and not turned.floored
    assert extreme(50)(turned).signal == 0.0


def test_a_curve_that_is_level_above_its_least_value_has_no_floor():
    hardswish = pointwise(lambda v: v * min(max(v + 3.0, 0.0), 6.0) / 6.0)(Stats(0.0, 2.0, 2.0))
    assert not hardswish.floored


def test_the_larger_of_two_keeps_the_floor_and_the_smaller_the_ceiling():
    bounded = pointwise(lambda v: min(max(v, -1.0), 1.0))(Stats())
    assert winning(0.8)(bounded).floored and not winning(0.8)(bounded).capped
    assert winning(0.8, -1)(bounded).capped and not winning(0.8, -1)(bounded).floored


def test_a_number_and_its_absolute_value_cancel_where_it_is_negative():
    negative = Stats(-0.8, 0.3, 0.3, high=-0.02)
    for seed in range(60):
        step = get("Stack").plan(Site(Layout.VECTOR, (4, 16), negative, random.Random(seed)))
        if ".abs()]" in step.forms[0].text and ("sum" in step.forms[0].text or "mean" in step.forms[0].text):
            assert step.effect(negative).signal == 0.0
            return
    raise AssertionError("no such spelling was drawn")


def test_a_border_beyond_all_values_is_a_floor_or_a_ceiling():
    positive = Stats(0.5, 0.3, 0.3, low=0.0, high=1.0)
    assert extreme(20, sign=-1)(bordered(0.0)(positive)).signal == 0.0
    assert extreme(20)(bordered(1.5)(positive)).signal == 0.0
    assert extreme(20)(bordered(0.5)(positive)).signal > 0.0


def test_less_its_smallest_every_row_holds_a_zero():
    for seed in range(40):
        step = get("ArgMin").plan(Site(Layout.SEQUENCE, (2, 5, 8), Stats(), random.Random(seed)))
        if "{x} - {x}.gather" in step.forms[0].text:
            assert extreme(5, sign=-1)(step.effect(Stats())).signal == 0.0
            return
    raise AssertionError("no such spelling was drawn")


def test_pooling_with_the_first_power_is_a_sum():
    means = set()
    for seed in range(40):
        site = Site(Layout.VOLUME, (2, 4, 6, 6, 6), Stats(0.5, 0.1, 0.1), random.Random(seed))
        step = get("LPPool3d").plan(site)
        if "norm_type=1.0" in step.forms[1].text and "kernel_size=2" in step.forms[1].text:
            means.add(step.effect(site.stats).mean)
    assert means == {4.0}
