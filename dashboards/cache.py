"""A cache of bounded size in which every entry is computed once, however many ask for it at the same time.

Its bound is that of all results together: their number, or their bytes. A browser asks for the parts of a page all at once; the
callbacks that need the same result wait for one computation. What raised an error is not cached.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

_clear_functions: list[Callable[[], None]] = []


def clear_caches() -> None:
    """Empty every cache, as when a file is gone that results came from."""
    for clear in _clear_functions:
        clear()


def single_flight_lru_cache(capacity: int, size_of: Callable[[Any], int] = lambda result: 1):
    """Decorate a function of hashable arguments; the least recently used results go where all are larger than the capacity.

    ``size_of`` a result is in the unit of the capacity: one each by default, so that the capacity is a number of results. The
    decorated function has ``.capacity``, ``.info()``, which returns (hits, misses, entries, their size), and ``.clear()``.
    """

    def decorate(function):
        entries: OrderedDict[tuple, Future] = OrderedDict()
        sizes: dict[tuple, int] = {}  # of the entries that are there, of none that is being computed
        lock, counts = threading.Lock(), [0, 0]

        def clear() -> None:
            with lock:
                entries.clear()
                sizes.clear()

        def store(arguments: tuple, future: Future, size: int) -> None:
            with lock:
                if entries.get(arguments) is not future:  # the cache was emptied meanwhile
                    return
                sizes[arguments] = size
                excess = sum(sizes.values()) - capacity
                for oldest in [each for each in entries if each in sizes]:
                    if excess <= 0:
                        break
                    excess -= sizes.pop(oldest)
                    del entries[oldest]

        @functools.wraps(function)
        def cached(*arguments):
            with lock:
                is_miss = arguments not in entries
                counts[is_miss] += 1
                future = entries.setdefault(arguments, Future())
                entries.move_to_end(arguments)
            if is_miss:
                try:
                    result = function(*arguments)
                except BaseException as error:
                    with lock:
                        if entries.get(arguments) is future:
                            del entries[arguments]
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    store(arguments, future, size_of(result))
            return future.result()

        cached.capacity = capacity
        cached.info = lambda: (*counts, len(entries), sum(sizes.values()))
        cached.clear = clear
        _clear_functions.append(clear)
        return cached

    return decorate
