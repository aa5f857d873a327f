"""Views are computed once, however many ask at the same time, and their number is bounded."""

import threading

import pytest
from page_helpers import content_of

from costmodel.errors import CostModelError
from dashboards import cache
from dashboards.page import VIEW_CACHE_SIZE, view


def test_what_was_computed_is_kept_within_bounds_and_made_once():
    again = [content_of("explore") for _ in range(2)]
    assert again[0] is again[1] and view.max_entries == VIEW_CACHE_SIZE
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
