"""Evidence is one ordered list, the weakest of several counts, and only what somebody measured decides."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.facts.evidence import EVIDENCE, MEANINGS, OF_ORIGIN, is_decisive, weakest


def test_strongest_first_and_each_has_a_meaning():
    assert EVIDENCE == ("measured", "relative", "published", "compiled", "ideal", "assumed")
    assert tuple(MEANINGS) == EVIDENCE and set(OF_ORIGIN.values()) <= set(EVIDENCE)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(EVIDENCE, 2)))
def test_the_later_word_is_the_weaker(first, second):
    assert weakest([first, second]) == weakest([second, first]) == second


def test_nothing_weakens_nothing():
    assert weakest([]) == "measured"


def test_only_what_somebody_measured_decides():
    assert [word for word in EVIDENCE if is_decisive(word)] == ["measured", "relative", "published"]


@given(st.lists(st.sampled_from(EVIDENCE), min_size=1))
def test_a_chain_decides_only_where_every_link_does(links):
    assert is_decisive(weakest(links)) == all(map(is_decisive, links))


def test_a_word_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not in tuple"):
        weakest(["measured", "guessed"])
