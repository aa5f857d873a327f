"""Views are computed once, however many ask at the same time, and their number is bounded."""

import threading

import pytest
from page_helpers import content_of

from costmodel.errors import CostModelError
from dashboards import cache
from dashboards.page import VIEW_CACHE_SIZE, view


def test_what_was_computed_is_kept_within_bounds_and_made_once():
    again = [content_of("explore") for _ in range(2)]
    assert again[0] is again[1] and view.capacity == VIEW_CACHE_SIZE
    computed, gate = [], threading.Event()

    @cache.single_flight_lru_cache(2)
    def slow(name):
        gate.wait(5)
        computed.append(name)
        if name == "bad":
            raise CostModelError("no")
        return name

    threads = [threading.Thread(target=slow, args=("one",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert computed == ["one"], "four callers at once, one computation"
    for name in ("two", "three"):
        slow(name)
    assert slow.info()[2] == 2, "the oldest went"
    for _ in range(2):
        with pytest.raises(CostModelError):
            slow("bad")
    assert computed.count("bad") == 2, "an error is not cached"


def test_the_bound_may_be_of_sizes_and_is_held_by_what_was_used_last():
    computed = []

    @cache.single_flight_lru_cache(10, len)
    def text_of(name, size):
        computed.append(name)
        return name * size

    for name in "aba":
        text_of(name, 4)
    assert text_of.info() == (1, 2, 2, 8)
    text_of("c", 3)
    assert text_of.info()[2:] == (2, 7)
    text_of("a", 4)
    assert computed == ["a", "b", "c"], "b went, which was used before a"
    assert text_of("d", 11) == "d" * 11 and text_of.info()[2:] == (0, 0), "larger than all that is kept"


def test_what_was_begun_before_a_cache_was_emptied_is_not_kept():
    started, gate = threading.Event(), threading.Event()

    @cache.single_flight_lru_cache(2)
    def slow(name):
        started.set()
        gate.wait(5)
        return name

    thread = threading.Thread(target=slow, args=("old",))
    thread.start()
    started.wait(5)
    slow.clear()
    gate.set()
    thread.join()
    assert slow.info()[2:] == (0, 0)
