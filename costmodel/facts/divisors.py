"""Numbers of a scheme file by which a mechanism divides: with its knobs as they stand, each must be above 0.

Entries that depend on more than knobs, such as ``key_width``, are left to evaluation.
"""

import ast
from collections.abc import Iterator

from costmodel.errors import FactError
from costmodel.facts.knob_numbers import evaluate_tree, parse_entry

DIVISORS = {  # fields that stand below a fraction, by kind of mechanism
    "quantize": ("tile",),
    "variable_rate": ("tile", "utilisation"),
    "select": ("unit",),
    "merge": ("into",),
    "rest": ("ratio",),
    "project": ("group",),
    "score": ("interval",),
}


def check_divisors(mechanisms: list[dict], knobs: dict[str, float], location: str) -> None:
    """Check every divisor of the ``[[mechanism]]`` tables; FactError naming ``location``, field and knobs for 0 or below."""
    for index, table in enumerate(mechanisms):
        for field, text, divisor in _divisors(table):
            number = evaluate_tree(divisor, knobs)
            if number is not None and not number > 0:
                names = {node.id for node in ast.walk(divisor) if isinstance(node, ast.Name)} & set(knobs)
                stated = f" (knob {', '.join(f'{name} = {knobs[name]:g}' for name in sorted(names))})" if names else ""
                raise FactError(
                    f"{location}: mechanism[{index}].{field}: expected a divisor above 0, got {number:g} from {text!r}{stated}"
                )


def _divisors(table: dict) -> Iterator[tuple[str, object, ast.expr]]:
    """(field, its entry, the divisor) for each entry that is one, or divides by one."""
    for field, value in table.items():
        is_divisor = field in DIVISORS.get(str(table.get("kind")), ())
        for entry in value if isinstance(value, list) else [value]:
            tree = parse_entry(entry)
            if tree is None:
                continue
            if is_divisor:
                yield field, entry, tree
            for node in ast.walk(tree):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                    yield field, entry, node.right
