"""A number with its noun, and no line of a command that counts one of several."""

import ast
import re
from pathlib import Path

import pytest

from costmodel.text.counted import counted

ROOT = Path(__file__).parents[2]
ROOMS = ("costmodel/cli", "costmodel/analyses", "costmodel/stress", "costmodel/report", "calibration/commands")
PLURALS = re.compile(r"^ (more )?(rows|requests|users|branches|cells|runs|columns|prefills|GPUs|sequences)\b")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1, "row"), "1 row"),
        ((0, "row"), "0 rows"),
        ((1024.0, "bad row"), "1,024 bad rows"),
        ((1, "branch", "branches"), "1 branch"),
        ((2, "branch", "branches"), "2 branches"),
    ],
)
def test_a_noun_follows_its_number(arguments, text):
    assert counted(*arguments) == text


@pytest.mark.parametrize("path", sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py")), ids=lambda p: p.name)
def test_what_is_printed_counts_through_the_one_helper(path):
    """A plural straight after a number in braces would stand after a 1 as well; errors say what was due, not how many."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    raised = {id(node) for one in ast.walk(tree) if isinstance(one, ast.Raise) for node in ast.walk(one)}
    slips = [
        f"{path.name}:{after.lineno}: …{after.value[:30]!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and id(node) not in raised
        for before, after in zip(node.values, node.values[1:], strict=False)
        if isinstance(before, ast.FormattedValue)
        and not isinstance(before.value, ast.Name)  # which may hold text, or a number with its noun
        and isinstance(after, ast.Constant)
        and PLURALS.match(str(after.value))
    ]
    assert not slips
