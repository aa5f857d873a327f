"""Who may import whom: one arrow from facts to faces, and nothing runs back up it.

Formulas that know no facts can be printed, fitted and solved; facts that know no evaluation can be read in an instant; a
plot that sees tables only cannot hide a calculation. When this test fails, move the code, not the arrow.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From left to right; what shares a place may import its neighbours.
ORDER = [
    {"errors"}, {"files"}, {"language"}, {"formulas"}, {"mechanisms"}, {"facts", "text", "traces"}, {"evaluation"},
    {"analyses", "stress", "codecs"}, {"numerics"}, {"report", "plots"}, {"cli", "__main__"},
]  # fmt: skip
PLACE = {room: place for place, rooms in enumerate(ORDER) for room in rooms}
BESIDE = {"calibration": PLACE["cli"], "dashboards": PLACE["cli"]}  # packages of their own, at the right end
# Outside packages that a room must not touch, and why.
CLOSED = {
    "formulas": ({"numpy", "scipy", "pandas", "xarray"}, "formulas are names, not numbers"),
    "language": ({"scipy", "pandas", "xarray"}, "the language is read by everything and must stay light"),
    "mechanisms": ({"numpy", "scipy", "pandas", "xarray"}, "mechanisms rewrite expressions, not arrays"),
    "facts": ({"sympy", "scipy", "pandas", "xarray"}, "facts are read in every run, without SymPy"),
    "plots": ({"sympy"}, "plots see tables only"),
}
# The stages of calibration, then its devices and its commands: nothing imports to its right either.
STAGES = [
    {"data"}, {"fitting"}, {"kernel_fits"}, {"profiles"}, {"steps"}, {"published"}, {"bench"}, {"validation"}, {"kernels"},
    {"static"},
    {"cpu", "cuda", "engine"}, {"commands"}, {"__main__"},
]  # fmt: skip
STAGE = {name: rank for rank, names in enumerate(STAGES) for name in names}
# Circles that stand today, by their modules; whoever mends one deletes its line, or the test below fails.
CIRCLES: set[frozenset[str]] = set()
TORCH = ("codecs", "numerics")  # of the rooms; and the package calibration


def modules():
    for package in ("costmodel", "calibration", "dashboards"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = list(modules())
NAMES = {module for _, module in MODULES}


def imported(path, module):
    """(line, dotted name, whether at import time) of every import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, id(node) not in lazy
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")[: len(module.split(".")) - node.level + (path.name == "__init__.py")]
                base = ".".join([*parts, base]).strip(".")
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}", id(node) not in lazy


def room(dotted):
    first, *rest = dotted.split(".")
    return rest[0] if first == "costmodel" and rest else first


def test_every_room_has_a_place():
    rooms = {room(module) for _, module in MODULES} - {"costmodel"}
    assert rooms <= set(PLACE) | set(BESIDE), "say in ORDER where a new room stands"


@pytest.mark.parametrize(("path", "module"), MODULES, ids=[m for _, m in MODULES])
def test_nothing_imports_to_its_right(path, module):
    ours = room(module)
    place = PLACE.get(ours, BESIDE.get(ours, -1 if module == "costmodel" else None))
    for line, name, _ in imported(path, module):
        theirs = room(name)
        if name.split(".")[0] in BESIDE:
            # The command line reaches the packages beside it by entry point; the dashboard imports calibration.
            assert (ours, name.split(".")[0]) in {(beside, beside) for beside in BESIDE} | {
                ("dashboards", "calibration")
            }, f"{path}:{line}: {ours} may not import {name}: it is reached by entry point"
        elif name.startswith("costmodel.") and theirs in PLACE:
            assert PLACE[theirs] <= place, (
                f"{path.relative_to(ROOT)}:{line}: {ours} imports {name}, which stands to its right. The order is "
                + " ← ".join(" and ".join(sorted(rooms)) for rooms in ORDER)
                + "; move the code to where both can see it."
            )


@pytest.mark.parametrize(("path", "module"), MODULES, ids=[m for _, m in MODULES])
def test_closed_packages_stay_closed(path, module):
    ours = room(module)
    closed, why = CLOSED.get(ours, (set(), ""))
    for line, name, _ in imported(path, module):
        outside = name.split(".")[0]
        assert outside not in closed, f"{path.relative_to(ROOT)}:{line}: {ours} imports {outside}: {why}"
        if outside in ("torch", "triton", "transformers"):
            allowed = ours in TORCH or module.startswith("calibration")
            assert allowed, (
                f"{path.relative_to(ROOT)}:{line}: only codecs, numerics and calibration may import {outside}"
            )


def test_formulas_know_no_facts():
    for path, module in MODULES:
        if room(module) == "formulas":
            names = {room(name) for _, name, _ in imported(path, module) if name.startswith("costmodel.")}
            assert names <= {"language", "formulas"}, f"{module} imports {names - {'language', 'formulas'}}"


EVALUATION_STAGES = ("compile", "assemble", "ask")


def test_evaluation_compiles_assembles_and_answers_in_that_order():
    for path, module in MODULES:
        parts = module.split(".")
        if parts[:2] != ["costmodel", "evaluation"] or len(parts) < 3 or parts[2] not in EVALUATION_STAGES:
            continue
        for line, name, _ in imported(path, module):
            theirs = name.split(".")
            if theirs[:2] == ["costmodel", "evaluation"] and theirs[2] in EVALUATION_STAGES:
                assert EVALUATION_STAGES.index(theirs[2]) <= EVALUATION_STAGES.index(parts[2]), (
                    f"{path.relative_to(ROOT)}:{line}: {parts[2]} imports {name}; the order is {' ← '.join(EVALUATION_STAGES)}"
                )


def stage(module):
    """The stage of a module of calibration; None for the package itself and for other packages."""
    parts = module.split(".")
    return parts[1] if parts[0] == "calibration" and len(parts) > 1 else None


def test_every_stage_of_calibration_has_a_place():
    assert {stage(module) for _, module in MODULES} - {None} == set(STAGE), "add a new stage to STAGES"


@pytest.mark.parametrize(("path", "module"), [(p, m) for p, m in MODULES if stage(m)], ids=lambda value: str(value))
def test_no_stage_of_calibration_imports_to_its_right(path, module):
    for line, name, _ in imported(path, module):
        if other := stage(resolve(name)):
            assert STAGE[other] <= STAGE[stage(module)], (
                f"{path.relative_to(ROOT)}:{line}: {stage(module)} imports {name}, which stands to its right. The order is "
                + " ← ".join(" and ".join(sorted(names)) for names in STAGES)
            )


def resolve(name):
    """The module that an imported name belongs to: the longest prefix that is a module of ours, "" for none."""
    while name and name not in NAMES:
        name = name.rpartition(".")[0]
    return name


def circles(imports):
    """Sets of modules that import each other in a circle, at import time or lazily; ``imports``: module → modules."""

    def reachable(module):
        seen, waiting = set(), list(imports.get(module, ()))
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += imports.get(other, ())
        return seen

    reach = {module: reachable(module) for module in imports}
    in_circle = {module for module in imports if module in reach[module]}
    return {frozenset({module} | {o for o in reach[module] if module in reach.get(o, ())}) for module in in_circle}


def test_no_modules_import_each_other_in_a_circle():
    imports = {
        module: {resolve(name) for _, name, _ in imported(path, module)} - {"", module} for path, module in MODULES
    }
    standing = circles(imports)
    assert standing <= CIRCLES, f"new circles: {[sorted(circle) for circle in standing - CIRCLES]}"
    assert standing >= CIRCLES, f"mended; delete from CIRCLES: {[sorted(circle) for circle in CIRCLES - standing]}"


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == {frozenset({"b", "c"})}
    assert circles({"a": {"b"}, "b": set()}) == set()


def test_the_arrow_can_fail(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("def late():\n    from costmodel.facts import models\n    import torch.nn\n")
    imports = list(imported(path, "costmodel.formulas.bad"))
    assert imports == [(2, "costmodel.facts.models", False), (3, "torch.nn", False)]
    assert PLACE[room(imports[0][1])] > PLACE["formulas"]
    path.write_text("from ..facts import models\n")
    assert [name for _, name, _ in imported(path, "costmodel.formulas.bad")] == ["costmodel.facts.models"]
