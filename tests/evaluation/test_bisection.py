"""Several halvings to a call end where one at a time would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.evaluation.ask.bisection import halve


def whole_middle(low, high):
    return np.floor((low + high) / 2)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20), st.integers(1, 5), st.integers(1, 3))
def test_ends_where_single_halvings_end(thresholds, halvings, calls):
    most = np.array(thresholds, dtype=float)
    many = one = np.zeros(len(most)), np.full(len(most), 1024.0)
    counts = []

    def belongs_low(middles):
        counts.append(middles.shape)
        return (middles <= most) | (middles % 7 == 3)  # not even monotone

    for _ in range(calls):
        many = halve(*many, belongs_low, whole_middle, halvings)
    assert counts == [(2**halvings - 1, len(most))] * calls
    for _ in range(calls * halvings):
        one = halve(*one, belongs_low, whole_middle, 1)
    np.testing.assert_array_equal(many, one)


def test_a_root_by_hand():
    low, high = np.ones(2), np.full(2, 16.0)
    low, high = halve(low, high, lambda x: x * x < np.array([9.0, 100.0]), lambda a, b: np.sqrt(a * b), 2)
    assert low.tolist() == pytest.approx([2.0, 8.0]) and high.tolist() == pytest.approx([4.0, 16.0])
