"""Reading and writing quantities: what is accepted, what is refused and with which words."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import UnitError
from costmodel.language import units

GOOD = [
    ("3.35 TB/s", "byte/second", 3.35e12),
    ("4 KiB", "byte", 4096),
    ("4 kB", "byte", 4000),
    ("80 GiB", "byte", 80 * 2**30),
    ("2 bit", "byte", 0.25),
    ("16 bit", "byte", 2),
    ("5 us", "second", 5e-6),
    ("5 µs", "second", 5e-6),
    ("0 s", "second", 0),
    ("1.98 GHz", "1/second", 1.98e9),
    ("989 Tflop/s", "flop/second", 9.89e14),
    ("700 W", "watt", 700),
    ("128 token/sequence", "token/sequence", 128),
    ("6 ns*sm/token/head", "second*sm/token/head", 6e-9),
    ("4 byte/token/head", "byte/token/head", 4),
    ("1 sequence*head/sm", "sequence*head/sm", 1),
    ("3 1/head", "1/head", 3),
    ("16", "token", 16),
    (16, "token", 16),
    (0.5, "", 0.5),
]


@pytest.mark.parametrize(("text", "unit", "number"), GOOD)
def test_reads(text, unit, number):
    assert units.parse_quantity(text, unit) == pytest.approx(number, rel=1e-15)


# Text, unit, and words that the message must contain: what was expected and what was got.
BAD = [
    ("3 s", "byte", ["got '3 s' (s)", "expected a quantity in byte"]),
    ("4 kb", "byte", ["got '4 kb' (kb)", "expected a quantity in byte"]),  # kilobarn: bytes take a capital B
    ("3 blub", "byte", ["got '3 blub'", "such as '80 GB'"]),
    ("3 GB/", "byte", ["got '3 GB/'", "expected a quantity in byte"]),
    ("", "byte", ["got ''", "such as '80 GB'"]),
    ("nan byte", "byte", ["which is not a number"]),
    ("1/0 byte", "byte", ["got '1/0 byte'"]),
    ("3 token", "token/sequence", ["got '3 token' (token)", "expected a quantity in token/sequence"]),
    ("3 head", "token", ["got '3 head' (head)", "expected a quantity in token"]),
    ("8 bit*token", "byte", ["expected a quantity in byte"]),
    ("3.35 TB", "byte/second", ["expected a quantity in byte/second"]),
    (80, "byte", ["bare number 80", "such as '80 GB'"]),
    (1.98e9, "1/second", ["bare number", "such as '1.98 GHz'"]),
    (None, "byte", ["got None", "expected a quantity in byte"]),
    ([1], "", ["got [1]", "no unit"]),
]


@pytest.mark.parametrize(("value", "unit", "words"), BAD)
def test_refuses_and_says_why(value, unit, words):
    with pytest.raises(UnitError) as error:
        units.parse_quantity(value, unit)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("text", ["3", "2.5", "1e3"])
def test_a_quoted_bare_number_is_no_number_of_bytes(text):
    # pint holds a bit to be dimensionless, so that "3" would otherwise pass as 3 bits, 0.375 bytes
    with pytest.raises(UnitError):
        units.parse_quantity(text, "byte")


@pytest.mark.parametrize("unit", ["token", "token/sequence", "", "head"])
def test_bytes_are_no_number_of_anything_else(unit):
    with pytest.raises(UnitError):
        units.parse_quantity("64 GB", unit)


@pytest.mark.parametrize("text", ["3 GB; 4", "3 GB ± 1", "3+-1 GB", "1.0.0 GB", "dB"])
def test_garbage_around_a_quantity_is_refused(text):
    with pytest.raises(UnitError):
        units.parse_quantity(text, "byte")


@pytest.mark.parametrize(("value", "unit"), [(math.nan, ""), ("1e999 GB", "byte"), (10**400, "token")])
def test_what_is_no_finite_number_is_refused(value, unit):
    with pytest.raises(UnitError):
        units.parse_quantity(value, unit)


def test_a_truth_value_is_no_quantity():
    with pytest.raises(UnitError):
        units.parse_quantity(True, "byte")


def test_memory_agrees_with_pint():
    memo = json.loads(units.MEMO.read_text(encoding="utf-8"))
    assert memo
    wrong = {key: number for key, number in memo.items() if units.parse_quantity_uncached(*key.split(" | ")) != number}
    assert not wrong, "quantities.json is stale: python -m costmodel.evaluation.compile.generate"


PREFIXED = {"byte": "B", "byte/second": "B/s", "second": "s", "flop/second": "flop/s", "watt": "W", "1/second": "Hz"}


@given(st.sampled_from(sorted(PREFIXED)), st.floats(1e-8, 1e17))
def test_what_is_written_reads_back(unit, number):
    assert units.parse_quantity(units.format_quantity(number, unit), unit) == pytest.approx(number, rel=6e-4)


@given(st.sampled_from(sorted(PREFIXED)), st.floats(1e-300, 1e300))
def test_repr_with_unit_reads_back_exactly(unit, number):
    base = {"1/second": "1/second", "flop/second": "flop/second"}.get(unit, unit)
    assert units.parse_quantity_uncached(f"{number!r} {base}", unit) == pytest.approx(number, rel=4e-16)


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (3.35e12, "byte/second", "3.35 TB/s"),
        (4096, "byte", "4.096 kB"),
        (5e-6, "second", "5 µs"),
        (12.5, "second", "12.5 s"),
        (0, "byte", "0 B"),
        (math.inf, "token", "∞"),
        (math.nan, "token", "?"),
        (1234567, "token", "1,234,567 token"),
        (0.5, "", "0.5"),
        (999.99e9, "byte", "1 TB"),
    ],
)
def test_writes_for_people(number, unit, text):
    assert units.format_quantity(number, unit) == text


@given(st.text(max_size=30), st.sampled_from(["byte", "second", "", "token/sequence"]))
def test_any_text_is_a_number_or_a_unit_error(text, unit):
    try:
        assert isinstance(units.parse_quantity(text, unit), float)
    except UnitError as error:
        assert "got" in str(error)


@pytest.mark.parametrize(("text", "unit", "example"), [("15", "second", "5 us"), ("3", "byte/second", "3.35 TB/s")])
def test_a_bare_number_is_refused_with_an_example(text, unit, example):
    with pytest.raises(UnitError, match=f"such as '{example}', got the bare number '{text}'"):
        units.parse_quantity(text, unit)
