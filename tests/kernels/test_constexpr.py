"""Names that Triton's compiler may bind once: found in the source, where the interpreter, which binds freely, finds none."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "calibration" / "kernels" / "triton"
LOOPS = (ast.For, ast.While)
ROTATE_AS_IT_WAS = """
@triton.jit
def rotate(source, WIDTH: tl.constexpr, DOUBLINGS: tl.constexpr):
    for step in tl.static_range(DOUBLINGS):
        HALF: tl.constexpr = 1 << step
"""


def bound_again(source: str) -> list[str]:
    """``function: name`` of every constexpr of a kernel that is bound in a loop, or twice, or is a parameter and bound."""
    return [
        f"{function.name}: {name}"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef) and any("jit" in ast.unparse(mark) for mark in function.decorator_list)
        for name in _bound_again(function)
    ]


def _bound_again(function: ast.FunctionDef) -> list[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    once = {argument.arg for argument in arguments if _is_constexpr(argument.annotation)}
    annotated = [
        node for node in ast.walk(function) if isinstance(node, ast.AnnAssign) and _is_constexpr(node.annotation)
    ]
    once |= {node.target.id for node in annotated}
    bindings = [
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    bindings += [argument.arg for argument in arguments]
    in_loops = {
        node.id
        for loop in ast.walk(function)
        if isinstance(loop, LOOPS)
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return sorted(name for name in once if bindings.count(name) > 1 or name in in_loops)


def _is_constexpr(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation) in ("tl.constexpr", "constexpr")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_no_kernel_binds_a_constexpr_twice(path):
    assert bound_again(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (ROTATE_AS_IT_WAS, ["rotate: HALF"]),
        ("@triton.jit\ndef f(N: tl.constexpr):\n    N = 2\n", ["f: N"]),
        ("@triton.jit\ndef f(x):\n    A: tl.constexpr = 1\n    A += 1\n", ["f: A"]),
        ("@triton.jit\ndef f(x):\n    for A in range(x):\n        x += A\n    B: tl.constexpr = 1\n", []),
        ("def f(x):\n    A: tl.constexpr = 1\n    A = 2\n", []),
    ],
)
def test_the_check_finds_what_stopped_the_first_run(body, found):
    assert bound_again(body) == found
