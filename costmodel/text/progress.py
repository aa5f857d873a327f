"""A progress bar on standard error, for what takes longer than a second."""

import contextlib
import time

from rich.console import Console


@contextlib.contextmanager
def progress(title: str):
    """A function (done, total) that draws a progress bar on stderr once a second has passed."""
    from rich.progress import Progress

    start, bar, task = time.monotonic(), None, None

    def update(done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None and time.monotonic() - start > 1:
            bar = Progress(console=Console(stderr=True), transient=True)
            bar.start()
            task = bar.add_task(title, total=total)
        if bar is not None:
            bar.update(task, completed=done, total=total)

    try:
        yield update
    finally:
        if bar is not None:
            bar.stop()
