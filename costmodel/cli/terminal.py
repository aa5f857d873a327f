"""How results look in a terminal: tables, numbers for people, and progress on anything that takes over a second."""

import contextlib
import json
import math
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from costmodel.text.digits import format_digits as format_digits

PAGE, ANY_WIDTH = 118, 10_000  # characters of a line where standard output is no terminal


def console(width: int = PAGE) -> Console:
    """Standard output as a rich console, ``width`` characters wide where it is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else width)


def print_table(title: str, columns, rows, note: str = "", is_list: bool = False) -> None:
    """Print a plain table under a title, with a note below; columns whose head starts with ``>`` are right-aligned.

    Columns of ids, whose cells are one word each, are never folded. A list has one row a line where it goes to a
    file or a pipe, so that a search finds the whole of it.
    """
    rows = [tuple(map(str, row)) for row in rows]
    if title:
        print_line(title)
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        is_number = column.startswith(">")
        is_id = not is_number and not any(" " in row[place] for row in rows)
        head = Text(column.lstrip(">"))  # brackets are knobs, not markup
        justify = "right" if is_number else "left"
        table.add_column(head, justify=justify, overflow="fold", no_wrap=is_id)
    for row in rows:
        table.add_row(*map(Text, row))
    screen = console(ANY_WIDTH if is_list else PAGE)
    with screen.capture() as capture:
        screen.print(table)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))
    if note:
        print_line(note)


def print_line(text: str = "") -> None:
    """Print a line of text."""
    print(text)


def print_json(value) -> None:
    """Print one JSON document; numbers that are not finite become null."""
    print(json.dumps(_to_plain(value), indent=2, ensure_ascii=False))


def _to_plain(value):
    if isinstance(value, dict):
        return {str(k): _to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _to_plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def format_tokens(value: float) -> str:
    """A number of tokens as text: 512, 4K, 128K, 1M where it is round, else with commas; "never" where it is infinite."""
    if not math.isfinite(value):
        return "never"
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if value >= size and value % size == 0:
            return f"{value / size:,.0f}{letter}"
    return f"{value:,.0f}"


def print_limits(deployment, schemes, batch, context, json: bool) -> None:
    """Print, before all else, what was asked for that cannot run; on stderr where the answer is JSON."""
    from costmodel.evaluation.ask.limits import limit_remarks

    for remark in limit_remarks(deployment, schemes, batch, context):
        print(f"{remark[:1].upper()}{remark[1:]}.", file=sys.stderr if json else sys.stdout)


@contextlib.contextmanager
def kept_when_stopped(kept: str):
    """A block that somebody may stop; InputError that says so, what is ``kept``, and that the same command goes on from there."""
    from costmodel.errors import InputError

    try:
        yield
    except KeyboardInterrupt:
        raise InputError(f"stopped; {kept}, and the same command goes on from there") from None


def print_deployment(deployment, suffix: str = "") -> None:
    """Print a deployment (with ``suffix`` after its label), the defaults that it uses, and where its constants come from."""
    print_line(f"{deployment.label}{suffix}")
    _print_defaults(deployment)
    warn_uncalibrated(deployment)


def print_answer(sentence: str, deployment, suffix: str = "") -> None:
    """Print the answer in one sentence, then what it is of; in capitals below it where nothing was measured."""
    print_line(sentence)
    print_line(f"{deployment.label}{suffix}")
    if deployment.profile.origin == "ideal":
        warn_uncalibrated(deployment)


def print_assumed(deployment) -> None:
    """Print, below a table, the defaults that it rests on and where its constants come from."""
    print_line()
    _print_defaults(deployment)
    if deployment.profile.origin != "ideal":
        warn_uncalibrated(deployment)


def print_terms(names, with_letters: bool = False) -> None:
    """Print what the terms of a step mean, with the letters that stand for them where a table holds letters."""
    from costmodel.evaluation.compile.compiled import load_terms

    printed = set(names)
    for term in load_terms():
        if term.name in printed:
            letter = f"{term.letter} " if with_letters else ""
            print_line(f"{letter}{term.name}: {term.meaning[:1].lower()}{term.meaning[1:].rstrip('.')}")


def _print_defaults(deployment) -> None:
    if deployment.assumed:
        print_line("Assumed: " + "; ".join(deployment.assumed) + ".")


def warn_uncalibrated(deployment) -> None:
    """Print where the constants come from; in capitals where nothing was measured."""
    profile = deployment.profile
    if profile.origin == "ideal":
        print_line(
            f"UNCALIBRATED: no measurements of {deployment.gpu.id} with {deployment.engine.id}; using typical kernel"
        )
        print_line("constants and wide intervals.")
    elif profile.origin == "inherited":
        print_line(f"Kernel constants inherited from {profile.id} (same architecture), intervals widened.")
    else:
        print_line(f"Kernel constants measured: profile {profile.id}, fitted {profile.fitted}.")


def print_remarks(specs) -> None:
    """Print what the scheme files of these SchemeSpecs leave to defaults that decide a result, one line for each."""
    for remark in dict.fromkeys(remark for spec in specs for remark in spec.remarks):
        print_line(f"Remark: {remark}.")
