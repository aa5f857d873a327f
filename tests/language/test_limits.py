"""Work has limits that are held before it is done: towers, long numbers, deep and wide trees, in any text that is read."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import CostModelError, FactError, InputError, UnitError, shown
from costmodel.evaluation.compile import pipeline  # noqa: F401 - importing defines every name
from costmodel.facts import store
from costmodel.language import arithmetic, expression, units
from costmodel.language.quantity import catalogue
from costmodel.text.json_text import parse_documents, parse_json

SECONDS = 0.5  # a refusal takes a thousandth of it; a tower that is computed takes a hundred times as long
HERE = "mine.toml: mechanism[0].decode_instructions"
TOWER = "(" * 24 + "9" + "**3)" * 24


@pytest.fixture
def quick():
    units.registry()  # pint itself takes longer to load than any refusal
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TOWER, "powers of powers up to 9"),
        (TOWER.replace("9", "min(9, 9)", 1), "powers of powers up to 9"),
        ("*".join(["1e29"] * 60), "numbers below 1e+30"),
        ("9" * 400, "below 1e+30"),
        ("1/(" + "*".join(["1e25"] * 20) + ")", "numbers below 1e+30"),
        ("min(" + ",".join(["1"] * 500) + ")", "at most 400 numbers"),
        ("-" * 150 + "1", "at most 100 deep"),
        ("1 + " * 1000 + "1", "at most 2,000 characters, got 4,001"),
        ("2 ** 100000", "cannot use"),
    ],
)
def test_work_is_refused_before_it_is_done(text, words, quick):
    with pytest.raises(FactError) as error:
        expression.parse_expression(text, catalogue, "", HERE)
    assert HERE in str(error.value) and words in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize(
    "text",
    ["1 bit**9**9**9**9", "1 bit^9^9", "1 bit ** 99", "1 bit**9 ** 9", "1 bit²²²²", "1 bit" + "*bit" * 99, "9" * 5000],
)
def test_a_unit_is_no_tower(text, quick):
    with pytest.raises(UnitError) as error:
        units.parse_quantity(text, "byte")
    assert len(str(error.value)) < 300


def test_units_with_one_power_stay_valid():
    assert units.parse_quantity("8 bit**2 / bit", "byte") == 1
    assert units.parse_quantity("3 m^2/s^2", "meter**2/second**2") == 3


NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "9", "0.1", "1e29", "context", "window"]), st.integers(0, 10**40).map(str)
)
TREES = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, st.sampled_from(["2", "3", "0.5"])).map(lambda parts: f"({parts[0]} ** {parts[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
        inner.map(lambda text: f"ceil({text})"),
    ),
    max_leaves=40,
)


@given(TREES)
def test_any_arithmetic_is_read_or_refused_in_words_and_soon(text):
    start = time.process_time()
    try:
        expression.parse_expression(text, catalogue, "", HERE)
    except CostModelError as error:
        assert HERE in str(error)
    assert time.process_time() - start < 2


@given(st.text(max_size=60))
def test_any_text_is_parsed_within_the_limits(text):
    tree = arithmetic.parse(text)
    assert tree is None or not arithmetic.excess(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a = " + "9" * 400, "integer within 64 bits, got an integer of 1,329 bits"),
        ("a = 0x" + "f" * 9000, "integer within 64 bits"),
        ("a = " + "9" * 5000, "not a TOML file"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a." * 500 + "b = 1", "nested at most 12 deep"),
        ("a = 1\n#" + "x" * (5 << 20), "at most 4,096 KiB"),
    ],
)
def test_a_toml_file_has_limits(tmp_path, content, words):
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(FactError) as error:
        store.read_toml(path)
    assert str(path) in str(error.value) and words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 101 + "]" * 101, "nested at most 100 deep"),
        ('{"a":' * 50_000, "nested at most 100 deep"),
        ('{"a": ' + "9" * 400 + "}", "at most 40 digits"),
        ("{", "not JSON"),
        ('{"a": 1} {"b": 2}', "Extra data"),
        ("", "not JSON"),
    ],
)
def test_json_has_limits(text, words, quick):
    with pytest.raises(InputError, match=words):
        parse_json(text, "mine.json")


def test_json_within_the_limits_is_read():
    assert parse_json("[" * 100 + "]" * 100, "x") and parse_json('{"a": "[[{\\"", "b": NaN}', "x")["a"] == '[[{"'
    assert parse_documents('{"a": 1}\n{"a": 2}\n\n[3]', "x") == [{"a": 1}, {"a": 2}, [3]]


def test_a_message_quotes_any_value_briefly():
    assert shown("x" * 1000) == "'" + "x" * 56 + "..." and shown(10**5000) == "an integer of 16,610 bits"
    assert shown([10**5000]) == "a list" and shown(12) == "12"
