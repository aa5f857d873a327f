"""The slow end of unmeasured kernels is a quantile of those that were measured, and says of how many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import FactError
from costmodel.facts import slowdowns as facts
from costmodel.facts.slowdowns import Slowdowns, read_rows, slowdowns

ROW = """[[row]]
implementation = "vllm--int8"
gpu = "h100-sxm"
model = "llama-8b"
slowdown = {slowdown}
rows = 8
kind = "{kind}"
source = "this test"
read = 2026-11-01
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write a table of slowdowns that is read in place of the package's."""
    path = tmp_path / "slowdowns.toml"
    monkeypatch.setattr(facts, "FILE", path)
    slowdowns.cache_clear()
    yield lambda text: path.write_text(text)
    slowdowns.cache_clear()


@pytest.mark.parametrize(
    ("values", "slow_end"),
    [
        ((1.0, 2.0, 3.0, 4.0, 5.0), 4.8),  # place 3.8: 4 and eight tenths of the way to 5
        (tuple(range(1, 22)), 20.0),  # place 19 exactly
        ((2.0, 10.0), 9.6),  # place 0.95: 2 + 0.95 × 8
        ((3.0,), 3.0),
        ((0.5, 0.8), 1.0),  # no shipped kernel counts as faster than ideal
    ],
)
def test_the_slow_end_by_hand(values, slow_end):
    assert Slowdowns("format", values).slow_end == pytest.approx(slow_end, rel=1e-12)


@given(st.lists(st.floats(1, 100), min_size=1, max_size=30), st.floats(1, 100))
def test_between_smallest_and_largest_and_a_slower_kernel_never_lowers_it(values, further):
    ordered = tuple(sorted(values))
    slow = Slowdowns("format", ordered).slow_end
    assert ordered[0] <= slow * (1 + 1e-12) and slow <= ordered[-1] * (1 + 1e-12)
    slower = Slowdowns("format", (*ordered, ordered[-1] + further)).slow_end
    assert slower >= slow * (1 - 1e-12)


def test_the_count_is_said():
    of_formats = slowdowns("format")
    assert of_formats.count == sum(row["kind"] == "format" for row in read_rows())
    said = of_formats.describe()
    assert f"of {of_formats.count} measured" in said and f"{of_formats.slow_end:.1f} ×" in said


def test_too_few_of_a_kind_stand_on_all(table):
    table(
        "".join(ROW.format(slowdown=s, kind="format") for s in (1, 2, 3, 4, 5))
        + ROW.format(slowdown=6, kind="selection")
    )
    assert slowdowns("format").values == (1, 2, 3, 4, 5)
    assert slowdowns("selection").values == (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ROW.format(slowdown=0, kind="format"), ["row[0]", "slowdown", "above 0", "got 0"]),
        (ROW.format(slowdown=-1, kind="format"), ["row[0]", "slowdown", "got -1"]),
        (ROW.format(slowdown="inf", kind="format"), ["row[0]", "slowdown", "inf"]),
        (ROW.format(slowdown="nan", kind="format"), ["row[0]", "slowdown", "nan"]),
        (ROW.format(slowdown='"4"', kind="format"), ["row[0]", "slowdown", "'4'"]),
        (ROW.format(slowdown="true", kind="format"), ["row[0]", "slowdown", "True"]),
        (ROW.format(slowdown=2, kind="formt"), ["row[0]", "kind", "'formt'", "format or selection"]),
        (ROW.format(slowdown=2, kind="format") * 2 + "gp = 1\n", ["row[1]", "'gp'", "gpu"]),
        (ROW.format(slowdown=2, kind="format").replace('gpu = "h100-sxm"\n', ""), ["row[0]", "gpu is missing"]),
        ("", ["row"]),
    ],
)
def test_a_bad_row_is_refused_with_its_place(table, text, words):
    table(text)
    with pytest.raises(FactError) as error:
        read_rows()
    for word in ["slowdowns.toml", *words]:
        assert word in str(error.value)
