"""What people type: numbers, ranges, fractions, durations, quantities, expressions, names of schemes, whole command lines."""

import functools
import math
import string

import pytest
from damage import NOISE, WORDS, answer_of
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every name
from costmodel.facts import store
from costmodel.facts.schemes import parse_scheme
from costmodel.language import expression, units
from costmodel.language.quantity import catalogue
from costmodel.text import parse

SLOW = settings(max_examples=max(10, settings().max_examples // 10))  # of what answers a command
PIECES = st.sampled_from(
    ["0", "1", "8", "9", ".", ":", ",", "-", "+", "e", "E", "K", "m", "%", " ", "_", "nan", "inf", "us", "s", "GB"]
)
NUMERALS = st.one_of(
    st.integers(1, 2000), st.integers(-1, 10**10), st.floats(0, 1), st.floats(0, 1000), st.floats()
).map(str)
SUFFIXED = st.tuples(NUMERALS, st.sampled_from(["", "K", "M", "%", "us", " ms", " s", "GB"])).map("".join)
NEAR = st.one_of(
    NUMERALS,
    SUFFIXED,
    st.tuples(st.sampled_from(["context=", "private="]), SUFFIXED).map("".join),
    st.tuples(st.sampled_from([":", ","]), st.lists(SUFFIXED, max_size=3)).map(lambda parts: parts[0].join(parts[1])),
)
NUMBERS = NEAR | st.sampled_from(WORDS) | st.lists(PIECES, max_size=8).map("".join) | NOISE
UNITS = ("byte", "byte/second", "second", "flop/second", "token", "token/sequence", "", "hertz", "watt", "bit")
SPELT = (
    "GB",
    "KiB",
    "TB/s",
    "us",
    "ms",
    "Tflop/s",
    "GHz",
    "W",
    "token",
    "1/s",
    "bit/token",
    "bit**2",
    "token/sequence",
    "",
)
QUANTITIES = st.lists(
    PIECES | st.sampled_from(["/", "*", "**", "^", "(", ")", "TB", "Ti", "flop", "token", "bit", "µ", "kilo", "nano", "sm",
    "degC", "dB"]),
    max_size=7,
).map("".join)  # fmt: skip
PARSERS = {
    "count": (lambda text: parse.parse_count(text, "--batch"), "--batch", lambda value: 0 < value < 1e9),
    "axis": (lambda text: parse.parse_axis(text, "--batch"), "--batch", lambda values: values and min(values) > 0),
    "conditions": (parse.parse_conditions, "--with", lambda values: all(0 <= value < 1e9 for value in values.values())),
    "fraction": (lambda text: parse.parse_fraction(text, "--hit-rate"), "--hit-rate", lambda value: 0 <= value < 1),
    "duration": (lambda text: parse.parse_duration(text, "--tpot"), "--tpot", lambda value: 0 <= value < math.inf),
}
KNOBS = st.tuples(st.sampled_from(["budget", "group", "window", "bits", "recent", "x", ""]), st.just("="), NEAR).map(
    "".join
)
PART = st.tuples(
    st.sampled_from([*store.files("schemes"), *WORDS]),
    st.lists(KNOBS, max_size=2).map(lambda knobs: f"[{','.join(knobs)}]" if knobs else ""),
).map("".join)
SCHEMES = st.lists(PART, min_size=1, max_size=3).map("+".join) | st.lists(
    st.sampled_from([*store.files("schemes"), *WORDS, "+", "[", "]", "=", ",", "budget", "1024", "4 KiB"]), max_size=8
).map("".join)
TERMS = st.lists(
    st.sampled_from(["context", "window", "batch", "head_dim", "min(", "max(", "ceil(", "(", ")", ",", "+", "-", "*", "/",
    "**", " ",
                     "0", "1", "2", "0.5", "1e29", "9", "layer_index", "token", "if", "import", "__class__", "'", "[", "µ",
                     "1 bit"]),
    max_size=14,
).map("".join)  # fmt: skip
# A command that answers quickly, and the options whose values are typed.
OPTIONS = {
    "explain": ("--batch", "--context", "--tp", "--scheme", "--memory-fraction", "--block-size", "--engine-version",
                "--max-num-seqs", "--max-model-len", "--max-num-batched-tokens", "--weight-dtype", "--gpu", "--link",
                "--kv-cache-dtype", "--implementation", "--ep", "--attention-dp", "--engine"),
    "load": ("--concurrency", "--rate", "--prompt", "--output", "--tp", "--hit-rate", "--dispersion", "--batch", "--scheme"),
    "breakeven": ("--batch", "--scheme", "--tp", "--gpu", "--context"),
    "regime": ("--tpot", "--ttft", "--batch", "--context", "--comparison", "--scheme"),
    "sweep": ("--batch", "--context", "--scheme", "--outputs", "--gpu"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARSERS)
@given(text=st.one_of(NEAR, NEAR, NUMBERS, st.text(string.printable, max_size=20)))
def test_any_typed_number(name, text):
    read, location, holds = PARSERS[name]
    value = answer_of(read, text, location=location)
    assert value is None or holds(value), value


@given(
    text=st.tuples(NUMERALS, st.just(" "), QUANTITIES | st.sampled_from(SPELT)).map("".join)
    | QUANTITIES
    | st.sampled_from(WORDS),
    unit=st.sampled_from(UNITS),
)
def test_any_quantity(text, unit):
    value = answer_of(units.parse_quantity_uncached, text, unit, location="expected")
    assert value is None or math.isfinite(value)


@given(text=TERMS, unit=st.sampled_from(["token/sequence", "", "byte"]))
def test_any_expression(text, unit):
    answer_of(
        lambda: str(expression.parse_expression(text, catalogue, unit, "mine.toml: bits")), location="mine.toml: bits"
    )


@given(text=SCHEMES)
def test_any_name_of_schemes(text):
    location = "" if ".toml" in text.lower() else "scheme"  # a file is named instead
    answer_of(lambda: [part.knobs for part in parse_scheme(text).parts], location=location)


@functools.cache
def loaded(command: str) -> None:
    """What a command loads when it first answers is no work of an input."""
    CliRunner().invoke(app, [command, "--model", "llama-3.1-8b", "--scheme", "kivi-2bit+fp8"])


@pytest.mark.parametrize("command", OPTIONS)
@SLOW
@given(data=st.data())
def test_any_command_line(command, data):
    words = [command, "--model", "llama-3.1-8b"]
    for option in data.draw(st.lists(st.sampled_from(OPTIONS[command]), min_size=1, max_size=3, unique=True)):
        words += [option, data.draw(NUMBERS)]

    loaded(command)

    def run():
        result = CliRunner().invoke(app, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in (0, 2), result.output
        assert "nan" not in result.output.lower().replace("nano", "") or result.exit_code, result.output
        return None

    answer_of(run)
