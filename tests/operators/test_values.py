"""What the rough pictures of values know about numbers that would make a program constant or infinite."""

from __future__ import annotations

import math
import random

import torch

from operators import get
from operators.effects import extreme, pointwise
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
