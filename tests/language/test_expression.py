"""The walker that reads arithmetic from fact files: it computes, and it evaluates nothing else."""

import contextlib
import string

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import CostModelError, FactError
from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every name
from costmodel.language import expression
from costmodel.language.functions import Ceil, Maximum, Minimum
from costmodel.language.quantity import catalogue

T, w, B, S = (catalogue[name] for name in ("context", "window", "batch", "sequence"))
HERE = "mine.toml: mechanism[0].budget"


def read(text, unit="token/sequence"):
    return expression.parse_expression(text, catalogue, unit, HERE)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("context", "token/sequence", T),
        ("context / 2", "token/sequence", T / 2),
        ("2 * context - window", "token/sequence", 2 * T - w),
        ("-(-context)", "token/sequence", T),
        ("min(context, window)", "token/sequence", Minimum(T, w)),
        ("max(context, window, 2 * window)", "token/sequence", Maximum(Maximum(T, w), 2 * w)),
        ("ceil(context / window) * window", "token/sequence", Ceil(T / w) * w),
        ("min(context, 0)", "token/sequence", Minimum(T, 0)),
        ("batch * context", "token", B * T),
        ("batch * context / sequence", "token/sequence", B * T / S),
        ("(context ** 2) ** 0.5", "token/sequence", T),
        ("1 / 3", "", sp.Rational(1, 3)),
        ("0.1", "", sp.Rational(1, 10)),
        ("128 token/sequence", "token/sequence", 128),
        (128, "token/sequence", 128),
        (2.5, "", sp.Float(2.5)),
        ("2 bit", "byte", sp.Float(0.25)),
    ],
)
def test_reads_arithmetic(text, unit, expected):
    assert sp.simplify(read(text, unit) - expected) == 0


REFUSED = {
    "a call": "__import__('os').system('true')",
    "eval": "eval('1')",
    "open": "open('x')",
    "an attribute": "context.__class__",
    "a method": "context.subs(context, 1)",
    "an index": "context[0]",
    "a list": "[1, 2][0]",
    "a comprehension": "[x for x in (1, 2)]",
    "a generator": "min(x for x in (1, 2))",
    "a lambda": "(lambda: 1)()",
    "a dunder": "__builtins__",
    "a walrus": "(x := 1)",
    "a choice": "context if 1 else window",
    "a comparison": "context < window",
    "a truth": "True",
    "a string": "'context'",
    "an f-string": "f'{context}'",
    "a complex number": "1j * context",
    "a starred call": "min(*context)",
    "a keyword": "min(context, window, key=1)",
    "a tower": "2 ** 2 ** 2 * context",
    "a large power": "2 ** 100000 * context",
    "a symbolic power": "2 ** (context / window) * context",
    "a whole division": "context // 2",
    "a remainder": "context % 2",
    "a matrix": "context @ window",
    "an await": "await context",
    "one argument": "min(context)",
    "two to ceil": "ceil(context, window)",
    "an unknown name": "contexts",
    "another unit": "batch",
    "a bare sum": "context + 1",
    "a product of units": "context * window",
    "a statement": "import os",
    "two": "context; window",
    "a null": "context\x00",
    "nothing": "",
}


@pytest.mark.parametrize("what", REFUSED)
def test_refuses(what):
    with pytest.raises(FactError) as error:
        read(REFUSED[what])
    assert str(error.value).startswith(HERE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contexts", ["no name 'contexts'", "did you mean", "context"]),
        ("batch", ["'batch' in sequence", "expected token/sequence"]),
        ("context + 1", ["mixes", "token / sequence"]),
        ("open('x')", ["cannot use", "open('x')", "allowed are + - * /, min, max, ceil and names"]),
        ("3 s", ["got '3 s'", "expected a quantity in token/sequence"]),
        ("min(context)", ["min takes two or more"]),
        ("ceil(context, window)", ["ceil takes one argument"]),
    ],
)
def test_says_what_was_found_and_what_was_due(text, words):
    with pytest.raises(FactError) as error:
        read(text)
    for word in words:
        assert word in str(error.value)


def test_a_bare_number_of_bytes_is_refused():
    with pytest.raises(FactError, match="such as '80 GB', got the bare number 3"):
        read("3", "byte")
    with pytest.raises(FactError, match="bare number"):
        read(3, "byte")


@pytest.mark.parametrize("value", [True, None, [1], {}, b"1"])
def test_other_types_are_refused(value):
    with pytest.raises(FactError, match="expected a number"):
        read(value)


@pytest.mark.parametrize("text", ["(" * 3000 + "1" + ")" * 3000, "-" * 3000 + "1", "+".join(["1"] * 5000), "9" * 5000])
def test_huge_nesting_is_refused_not_crashed_on(text):
    with contextlib.suppress(FactError):
        assert read(text, "").is_finite


INFINITE = ["1 / 0", "context / 0", "context / 0.0", "(1 - 1) / (1 - 1)", "0 / 0 * context", "1e999", "min(1 / 0, 2)"]


@pytest.mark.parametrize("text", INFINITE)
def test_what_is_not_finite_is_refused(text):
    with pytest.raises(FactError):
        read(text, "token/sequence" if "context" in text else "")


words = st.sampled_from([*"0123456789.+-*/(),[]{}:;='\" \n#@!%^&|~<>_\\", "context", "window", "batch", "min", "max", "ceil",
                         "lambda", "for", "in", "if", "import", "__class__", "**", "1e9", "byte", "token/sequence"])  # fmt: skip


@given(st.text(max_size=40) | st.lists(words, max_size=12).map("".join) | st.text(string.printable, max_size=40))
def test_any_text_is_an_expression_or_a_fact_error(text):
    for unit in ("token/sequence", ""):
        try:
            assert isinstance(read(text, unit), sp.Expr)
        except FactError as error:
            assert str(error).startswith(HERE)


terms = st.recursive(
    st.sampled_from(["context", "window", "3 * context"]),
    lambda inner: st.tuples(inner, st.sampled_from(["{} + {}", "{} - {}", "min({}, {})", "max({}, {})", "2 * ({} + {})"]), inner)
    .map(lambda t: "(" + t[1].format(t[0], t[2]) + ")"),
    max_leaves=8,
)  # fmt: skip


@given(terms, st.integers(1, 10**6), st.integers(1, 10**6))
def test_values_are_those_of_python(text, context, window):
    try:
        parsed = read(text)
    except CostModelError as error:  # a sum that cancels to a bare number has lost its unit
        assert any(word in str(error) for word in ("bare number", "expected token/sequence", "mixes"))
        return
    expected = eval(text, {"min": min, "max": max}, {"context": context, "window": window})
    modules = [{"Minimum": min, "Maximum": max}]
    assert float(sp.lambdify((T, w), parsed, modules)(context, window)) == pytest.approx(expected, rel=1e-12)
