"""What can go wrong through a user's hand, said so that the user can mend it.

Every error names the place, what was found and what was due; the command line prints it without a
traceback and exits with status 2. Anything that is not a ``CostModelError`` is a defect of ours.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class CostModelError(Exception):
    """A mistake that the caller can mend; its text says where and how."""


class InputError(CostModelError):
    """Something given that cannot be used: an option, a table, a file, a package that is not installed."""


class FactError(InputError):
    """A fact file that cannot be trusted: unknown key, missing source, absurd value."""


class UnitError(CostModelError):
    """A quantity in the wrong unit, or an equation that adds bytes to tokens."""


class UnknownName(CostModelError):
    """No such model, GPU, engine, scheme, profile or column; the nearest valid names are given."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = ""):
        known = sorted(set(known))
        near = get_close_matches(name.lower(), known, n=4, cutoff=0.5)
        text = f"there is no {kind} {name!r}"
        text += (
            f"; did you mean {', '.join(near)}?"
            if near
            else f"; known: {', '.join(known[:12])}{' …' * (len(known) > 12)}"
        )
        super().__init__(f"{text} {hint}".rstrip())


class InfeasibleDeploymentError(CostModelError):
    """A set-up that cannot exist: weights larger than the memory, heads that do not divide."""
