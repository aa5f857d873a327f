"""How results look in a terminal: tables, numbers for people, progress on anything over a second."""

import contextlib
import json
import math
import sys
import time

from rich.console import Console
from rich.table import Table


def console() -> Console:
    """Standard output; wide enough for a table where it is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 118)


def print_table(title: str, columns, rows, note: str = "") -> None:
    """A plain table under a title, with a note below; columns that start with ``>`` are set to the right."""
    if title:
        print_line(title)
    made = Table(box=None, pad_edge=False)
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    screen = console()
    with screen.capture() as drawn:
        screen.print(made)
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()))
    if note:
        print_line(note)


def print_line(text: str = "") -> None:
    """A line of text."""
    print(text)


def print_json(value) -> None:
    """One JSON document; what is not finite becomes null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value):
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def format_tokens(value: float) -> str:
    """A number of tokens: 512, 4K, 128K, 1M where it is round, else with commas."""
    if not math.isfinite(value):
        return "never"
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % size == 0:
            return f"{value / size:,.0f}{letter}"
    return f"{value:,.0f}"


def print_deployment(where, more: str = "") -> None:
    """What a result is of (with ``more`` about it), what nobody asked for, and where the constants come from."""
    print_line(f"{where.label}{more}")
    if where.assumed:
        print_line("Assumed: " + "; ".join(where.assumed) + ".")
    warn_uncalibrated(where)


def warn_uncalibrated(where) -> None:
    """Say where the constants come from; loudly where nothing was measured."""
    if where.profile.origin == "ideal":
        print_line(
            f"UNCALIBRATED: no measurement of {where.gpu.id} under {where.engine.id}; typical kernel constants, wide intervals."
        )
    elif where.profile.origin == "inherited":
        print_line(f"Kernel constants inherited from {where.profile.id} (same architecture), intervals widened.")
    else:
        print_line(f"Kernel constants measured: profile {where.profile.id}, fitted {where.profile.fitted}.")


@contextlib.contextmanager
def progress(title: str):
    """A function (done, total) that draws a bar on stderr once a second has passed."""
    from rich.progress import Progress

    start, bar, task = time.monotonic(), None, None

    def tick(done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None and time.monotonic() - start > 1:
            bar = Progress(console=Console(stderr=True), transient=True)
            bar.start()
            task = bar.add_task(title, total=total)
        if bar is not None:
            bar.update(task, completed=done, total=total)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.stop()
