"""Names of kernels, what is dropped from their text, its formatting."""

from __future__ import annotations

import ast

from validators.emission import readable


def test_long_names_are_cut_and_equal_ones_numbered() -> None:
    operators = "aten.a, aten.b, aten._c, aten.view, aten.d, aten.e"
    comment = f"# Topologically Sorted Source Nodes: [a], Original ATen: [{operators}]\n"
    text = "".join(f"{comment}triton_poi_fused_{k} = async_compile.triton('x')\n" for k in range(2))
    names = readable.new_names("\n" + text)
    assert list(names.values()) == ["triton_pointwise_a_b_c_d_and_1_more", "triton_pointwise_a_b_c_d_and_1_more_2"]
    assert readable.renamed("triton_poi_fused_1 triton_poi_fused_10", names).split()[1] == "triton_poi_fused_10"


def test_local_names_that_nothing_reads_go_and_sizes_stay() -> None:
    source = (
        "def f(p, xnumel):\n    xnumel = 8\n    a = tl.full([1], 3, tl.int32)\n    b = a + 1\n    c = tl.load(p)\n"
        "    if c > 0:\n        d = 1\n    tl.store(p, c)\n"
    )
    left = readable.without_dead_assignments(source)
    assert (
        left
        == "def f(p, xnumel):\n    xnumel = 8\n    c = tl.load(p)\n    if c > 0:\n        d = 1\n    tl.store(p, c)\n"
    )


def test_imports_and_constants_that_nothing_reads_go() -> None:
    text = "import os\nfrom math import inf, nan\na = inf\nb = a\nc = 3\nprint(c)\n"
    assert readable.without_unused(text, set()) == "c = 3\nprint(c)\n"
    assert readable.without_unused(text, {"b"}) == "from math import inf\na = inf\nb = a\nc = 3\nprint(c)\n"


def test_formatting_repeats_itself() -> None:
    once = readable.formatted("x=[1,\n2]\ndef f( a ):\n  return a[lambda m:(m,)]( a )\n")
    assert once == "x = [1, 2]\n\n\ndef f(a):\n    return a[lambda m: (m,)](a)\n" == readable.formatted(once)


def test_text_is_replaced_by_bytes_and_empty_lines_go() -> None:
    text = "é = 1; b = 2\nc = 3\nd = '''\nc = 4'''\n"
    tree = ast.parse(text)
    edits = [(tree.body[1], "x = 5"), (tree.body[2], "")]
    assert readable.replace_nodes(text, edits) == "é = 1; x = 5\nd = '''\nc = 4'''\n"
