"""Results kept for those who ask again: so many at most, the least recently asked for goes first; each is made once.

Two callbacks that ask for the same at the same time wait for one computation, since a browser asks for the parts of a page
all at once. What failed is kept no longer than it takes to say so.
"""

import functools
import threading
from collections import OrderedDict
from concurrent.futures import Future


def kept(most: int):
    """Decorate a function of hashable arguments; ``.info()`` tells (hits, misses, kept), ``.clear()`` forgets."""

    def wrap(function):
        held: OrderedDict[tuple, Future] = OrderedDict()
        lock, counts = threading.Lock(), [0, 0]

        @functools.wraps(function)
        def ask(*arguments):
            with lock:
                mine = arguments not in held
                counts[mine] += 1
                future = held.setdefault(arguments, Future())
                held.move_to_end(arguments)
                while len(held) > most:
                    held.popitem(last=False)
            if mine:
                try:
                    future.set_result(function(*arguments))
                except BaseException as error:
                    with lock:
                        held.pop(arguments, None)
                    future.set_exception(error)
            return future.result()

        ask.most = most
        ask.info = lambda: (*counts, len(held))
        ask.clear = held.clear
        return ask

    return wrap
