"""Searches that take seconds: one at a time, and one that nobody waits for any more is given up at its next step."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from dashboards.selection import Selection

Answer = TypeVar("Answer")


class Abandoned(Exception):
    """Ends a search that nobody waits for."""


class Searches:
    """What every visit to a page waits for, and the slot in which one search runs."""

    def __init__(self):
        self._wanted: dict[str, Selection] = {}
        self._lock, self._slot = threading.Lock(), threading.Semaphore(1)

    @contextlib.contextmanager
    def slot(self, selection: Selection) -> Iterator[Callable[[int, int], None]]:
        """Wait for the slot; gives a function of progress that raises Abandoned where nobody waits for the selection."""

        def check(done: int, total: int) -> None:
            with self._lock:
                if selection not in self._wanted.values():
                    raise Abandoned

        with self._slot:
            check(0, 0)
            yield check

    def wait_for(self, compute: Callable[[Selection], Answer], selection: Selection, visit: str) -> Answer | None:
        """What ``compute`` returns for a selection; None where the visit wants another one by then."""
        with self._lock:
            self._wanted[visit] = selection
        try:
            while self._wants(visit, selection):
                try:
                    return compute(selection)
                except Abandoned:  # by whoever wanted it before
                    continue
            return None
        finally:
            with self._lock:
                if self._wanted.get(visit) == selection:
                    del self._wanted[visit]

    def _wants(self, visit: str, selection: Selection) -> bool:
        with self._lock:
            return self._wanted.get(visit) == selection
