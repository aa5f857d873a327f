"""What can go wrong in a user's input, reported so that the user can correct it.

Every error names the location, what was expected and what was got; the command line prints it without a traceback and exits
with status 2. An exception that is not a ``CostModelError`` is a bug in costmodel.
"""

from collections.abc import Iterable
from difflib import get_close_matches

MAX_SHOWN = 60  # characters of a value that a message quotes


def shown(value: object) -> str:
    """A value as a message quotes it: its repr, cut where it is long; an integer too long to print by its size."""
    if isinstance(value, int) and value.bit_length() > 4 * MAX_SHOWN:
        return f"an integer of {value.bit_length():,} bits"
    try:
        text = repr(value if not isinstance(value, str) else value[: MAX_SHOWN + 1])
    except (RecursionError, ValueError):  # nested too deeply, or an integer inside that Python will not print
        return f"a {type(value).__name__}"
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


class CostModelError(Exception):
    """A mistake that the caller can correct; its text says where and how."""


class InputError(CostModelError):
    """An input that cannot be used: an option, a table, a file, a package that is not installed."""


class FactError(InputError):
    """A fact file that cannot be trusted: unknown key, missing source, absurd value."""


class UnitError(CostModelError):
    """A quantity in the wrong unit, or an equation that adds bytes to tokens."""


class UnknownName(CostModelError):
    """No such model, GPU, engine, scheme, profile or column; the message lists the nearest valid names."""

    def __init__(self, kind: str, name: str, valid_names: Iterable[str], hint: str = ""):
        valid_names = sorted(set(valid_names))
        nearest = get_close_matches(name.lower(), valid_names, n=4, cutoff=0.5)
        text = f"there is no {kind} {name!r}"
        text += (
            f"; did you mean {', '.join(nearest)}?"
            if nearest
            else f"; known: {', '.join(valid_names[:12])}{' …' * (len(valid_names) > 12)}"
            if valid_names
            else "; there is none yet"
        )
        super().__init__(f"{text} {hint}".rstrip())


class InfeasibleDeploymentError(CostModelError):
    """A set-up that cannot exist: weights larger than the memory, heads that do not divide."""


class CostModelWarning(UserWarning):
    """Something that still works but should be changed; the command line prints it as one line on stderr."""
