"""A cache of bounded size in which every entry is computed once, however many ask for it at the same time.

A browser asks for the parts of a page all at once; the callbacks that need the same result wait for one computation. What
raised an error is not cached.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

_clear_functions: list[Callable[[], None]] = []


def clear_caches() -> None:
    """Empty every cache, as when a file is gone that results came from."""
    for clear in _clear_functions:
        clear()


def single_flight_lru_cache(max_entries: int):
    """Decorate a function of hashable arguments; the least recently used entry goes first.

    The decorated function has ``.max_entries``, ``.info()``, which returns (hits, misses, entries), and ``.clear()``.
    """

    def decorate(function):
        entries: OrderedDict[tuple, Future] = OrderedDict()
        lock, counts = threading.Lock(), [0, 0]

        def clear() -> None:
            with lock:
                entries.clear()

        @functools.wraps(function)
        def cached(*arguments):
            with lock:
                is_miss = arguments not in entries
                counts[is_miss] += 1
                future = entries.setdefault(arguments, Future())
                entries.move_to_end(arguments)
                while len(entries) > max_entries:
                    entries.popitem(last=False)
            if is_miss:
                try:
                    future.set_result(function(*arguments))
                except BaseException as error:
                    with lock:
                        entries.pop(arguments, None)
                    future.set_exception(error)
            return future.result()

        cached.max_entries = max_entries
        cached.info = lambda: (*counts, len(entries))
        cached.clear = clear
        _clear_functions.append(clear)
        return cached

    return decorate
