"""Times with their unit and interval, as every sentence prints them."""

import math

import pytest

from costmodel.text.digits import format_rounded
from costmodel.text.durations import format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (10.08, "10.1 s"),
        (0.99949, "999 ms"),
        (0.99951, "1 s"),  # rounds to a thousand of the smaller unit
        (1.292, "1.29 s"),
        (0.0219, "21.9 ms"),
        (98.9e-6, "98.9 µs"),
        (1.2e-9, "1.2 ns"),
        (5e-13, "0.0005 ns"),
        (0.0, "0 s"),
        (119.0, "119 s"),
        (120.0, "2 minutes"),
        (7170.0, "120 minutes"),
        (7200.0, "2 hours"),
        (172_000.0, "47.8 hours"),
        (172_800.0, "2 days"),
        (-0.25, "-250 ms"),
        (math.inf, "no end"),
        (math.nan, "–"),
    ],
)
def test_a_time_stands_in_the_unit_that_reads_best(seconds, text):
    assert format_duration(seconds) == text


def test_an_interval_stands_in_the_unit_of_its_value():
    assert format_duration(0.022, 0.0203, 0.02391) == "22 ms (20.3–23.9)"
    assert format_duration(0.9, 0.8, 1.0124) == "900 ms (800–1,010)"
    assert format_duration(1.5, 0.08, 2.0) == "1.5 s (0.08–2)"
    assert format_duration(2.0, 2.0, 2.0) == format_duration(2.0, math.nan, 3.0) == "2 s"
    assert format_duration(2.0, 1.0, 2.0) == "2 s (1–2)"


def test_no_time_is_a_power_of_ten():
    for exponent in range(-8, 7):
        for digit in (1, 3.333, 9.994, 9.996):
            assert "e" not in format_duration(
                digit * 10.0**exponent, 0.1 * 10.0**exponent, 20 * 10.0**exponent
            ).replace("minutes", "")


def test_three_digits_count():
    assert [format_rounded(x) for x in (7_319_022.0, 106_763.0, 0.000123456, 12.345)] == [
        "7,320,000", "107,000", "0.000123", "12.3",
    ]  # fmt: skip
