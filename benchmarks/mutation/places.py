"""Which mutants there are: Cosmic Ray's operators over four packages, but where no value follows from what they change.

A place is drawn first and an operator for it second, so that a sign, which has ten replacements, weighs as much as a number.
"""

import ast
import collections
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import parso.python.tree  # noqa: F401 - before cosmic_ray.plugins, which imports it in a circle
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

PACKAGES = ("formulas", "mechanisms", "evaluation", "stress")

# Removing a decorator drops a cache (no value changes) or the name of a formula (nothing imports); ``==`` and ``is`` agree on
# the words and small numbers compared; inserting and replacing variables takes arguments; symbols have no bitwise operators, nor
# whole division or remainder, so that a formula with one is no formula.
BITWISE = ("_BitOr", "_BitAnd", "_BitXor", "_LShift", "_RShift", "_Mod", "_FloorDiv")
UNUSED = ("RemoveDecorator", "Eq_Is", "NotEq_IsNot", "VariableInserter", "VariableReplacer", *BITWISE)


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    column: int
    operator: str
    occurrence: int

    def source(self, original: str) -> str:
        """The file with the change in it."""
        changed = mutate_code(original, get_operator(self.operator)(), self.occurrence)
        if changed is None:
            raise ValueError(f"{self.file}: no occurrence {self.occurrence} of {self.operator}")
        return changed


def draw(root: Path, count: int, seed: int) -> list[Mutant]:
    """That many mutants of the four packages below ``root``; those of a smaller count are the first of a larger one.

    Places are ranked by a digest of the seed and of what stands there, so that an edit elsewhere draws the same ones again.
    """
    ranked = []
    for package in PACKAGES:
        for path in sorted((root / "costmodel" / package).rglob("*.py")):
            if "generated" not in path.parts:
                file, source = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
                ranked += _ranked(file, source, seed)
    ranked.sort()
    return [mutant for _, mutant in ranked[:count]]


def _ranked(file: str, source: str, seed: int) -> Iterator[tuple[str, Mutant]]:
    """One mutant for each place of a file, with its rank."""
    lines, seen = source.splitlines(), collections.Counter()
    for (start, end), choices in sorted(_places(source).items()):
        text = f"{seed} {file} {lines[start[0] - 1].strip()} {lines[start[0] - 1][start[1] : end[1]]}"
        seen[text] += 1
        rank = hashlib.sha256(f"{text} {seen[text]}".encode()).hexdigest()
        operator, occurrence = choices[int(rank, 16) % len(choices)]
        yield rank, Mutant(file, *start, operator, occurrence)


def _places(source: str) -> dict[tuple, list]:
    """Operators, each with its occurrence, by the place that they change."""
    excluded, nodes = _without_value(source), list(ast_nodes(get_ast(source)))
    places = collections.defaultdict(list)
    for name in sorted(operator_names()):
        if name.endswith(UNUSED):
            continue
        positions = [position for node in nodes for position in get_operator(name)().mutation_positions(node)]
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start and end <= last for first, last in excluded):
                places[tuple(start), tuple(end)].append((name, occurrence))
    return places


def _without_value(source: str) -> list[tuple]:
    """Spans from which no value follows.

    Annotations, messages, what only a type checker reads, options of dataclasses and caches, checks of equal length
    (``strict``), and where a fit starts and what bounds it: arguments of a ``Coefficient``, and ``us`` and ``ns``, in which
    they are written.
    """
    tree, spans = ast.parse(source), []
    fitted = {"Coefficient"}
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("partial(Coefficient"):
            fitted.add(ast.unparse(node.targets[0]))
    for node in ast.walk(tree):
        match node:
            case ast.Raise() | ast.JoinedStr() | ast.keyword(arg="strict"):
                spans.append(node)
            case ast.AnnAssign() | ast.arg():
                spans.append(node.annotation)
            case ast.FunctionDef() | ast.ClassDef():
                spans += [d for d in node.decorator_list if "dataclass" in ast.unparse(d) or "cache" in ast.unparse(d)]
                spans.append(getattr(node, "returns", None))
            case ast.Call() if ast.unparse(node.func) in fitted:
                spans.append(node)
            case ast.If() if ast.unparse(node.test) == "TYPE_CHECKING":
                spans.append(node)
            case ast.Assign() if ast.unparse(node.targets[0]) in ("us", "(us, ns)"):
                spans.append(node)
    return [((s.lineno, s.col_offset), (s.end_lineno, s.end_col_offset)) for s in spans if s is not None]
