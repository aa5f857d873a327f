"""The room itself: tests are found by file, conditions are checked in words, every quantity is of the vocabulary."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from costmodel import stress
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts.vocabulary import vocabulary

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
SCHEMES = ["none", "fp8", "kivi-2bit", "h2o", "snapkv", "streaming-llm", "quest", "mla", "hypothetical"]
# A function of a quantity of the vocabulary, and answers of a stationary law.
OUTSIDE_VOCABULARY = {"overflow_probability"} | {
    f"arriving_{name}" for name in ("overflow", "preemptions", "running", "waiting", "load", "prompt_share")
}


def test_every_file_that_holds_a_test_is_one():
    files = {path.stem for path in Path(stress.__file__).parent.glob("*.py")} - {
        "__init__",
        "base",
        "evidence",
        "numerics",
        "pool_tokens",
        "run",
        "suffix_prefill",
        "table",
        "times",
    }
    assert set(stress.load_tests()) == files >= {"fork", "prefix", "burst", "retrieval", "turns"}


@pytest.mark.parametrize("test", stress.load_tests().values(), ids=lambda test: test.id)
def test_a_test_answers_for_every_scheme(test):
    stress_result = stress.run_test(test, DEPLOYMENT, SCHEMES)
    assert "{" not in stress_result.conditions_text and test.question.endswith("?")
    for curve in stress_result.curves:
        assert test.plot.column in curve.columns and stress_result.summaries[curve.scheme]
        for name, values in curve.columns.items():
            stem = name.removesuffix("_lo").removesuffix("_hi")
            assert stem in vocabulary() or stem in OUTSIDE_VOCABULARY, name
            assert values.shape == stress_result.conditions.axis_values.shape
        if not any(words in stress_result.summaries[curve.scheme] for words in ("is not modelled", "no formula says")):
            assert np.isfinite(curve.columns[test.plot.column]).all(), curve.scheme


def test_conditions_are_checked():
    fork = stress.load_test("fork")
    with pytest.raises(UnknownName, match="context"):
        stress.run_test(fork, DEPLOYMENT, ["fp8"], contxt=5.0)
    with pytest.raises(InputError, match="expected 1 to"):
        stress.run_test(fork, DEPLOYMENT, ["fp8"], context=0.0)
    with pytest.raises(InputError, match="branches"):
        stress.run_test(fork, DEPLOYMENT, ["fp8"], [-1.0])
    with pytest.raises(UnknownName, match="fork"):
        stress.load_test("forks")


FILE = """
from dataclasses import replace

from costmodel.stress.base import PlotSpec
from costmodel.stress.prefix import TEST as PREFIX

TEST = {}
"""
# What a file holds, and words that the message must contain.
WRONG = {
    "an id twice": ("replace(PREFIX, order=50)", ["stress test 'prefix'", "prefix.py"]),
    "no test": ("PREFIX.id", ["TEST: expected a StressTest, got 'prefix'"]),
    "unknown condition": (
        "replace(PREFIX, id='mine', conditions_template='{{ctx}} tokens')",
        ["stress test mine: conditions_template", "'ctx'"],
    ),
    "text for an order": ("replace(PREFIX, id='mine', order='9')", ["order: expected a number, got '9'"]),
    "default out of bounds": (
        "replace(PREFIX, conditions={{'context': replace(PREFIX.conditions['context'], default=0)}}, id='mine')",
        ["stress test mine: context: expected a default of 1 to", "got 0"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_in_a_file_is_an_error_that_names_it(what, tmp_path, monkeypatch):
    text, words = WRONG[what]
    name = f"test_of_a_test_{list(WRONG).index(what)}"
    (tmp_path / f"{name}.py").write_text(FILE.format(text.replace("{{", "{").replace("}}", "}")))
    monkeypatch.setattr(stress, "__path__", [*stress.__path__, str(tmp_path)])
    with pytest.raises(InputError) as error:
        stress.load_tests.__wrapped__()
    for word in [f"{name}.py", *words]:
        assert word in str(error.value)


def test_a_plot_of_a_column_that_is_not_computed_is_an_error():
    prefix = stress.load_test("prefix")
    with pytest.raises(InputError, match=r"prefix\.py: stress test prefix: plot: .*'max_brnches'.*max_branches"):
        stress.run_test(replace(prefix, plot=replace(prefix.plot, column="max_brnches")), DEPLOYMENT, ["fp8"])


@pytest.mark.parametrize(
    ("test", "earlier", "name"), [("fork", "own", "private"), ("turns", "asked", "user"), ("burst", "cv", "output_cv")]
)
def test_earlier_spellings_of_conditions_still_work(test, earlier, name):
    test = stress.load_test(test)
    results = [stress.run_test(test, DEPLOYMENT, ["fp8"], **{spelling: 3.0}) for spelling in (earlier, name)]
    assert [stress_result.conditions[name] for stress_result in results] == [3.0, 3.0]
    np.testing.assert_equal(*(stress_result.curves[0].columns for stress_result in results))
    with pytest.raises(InputError, match=f"{earlier} is an earlier spelling of {name}"):
        stress.run_test(test, DEPLOYMENT, ["fp8"], **{earlier: 1.0, name: 2.0})


def test_a_run_asks_about_as_many_turns_as_it_has():
    for name, words in (("drift", "by turn 6?"), ("turns", "turn 6 of a conversation")):
        result = stress.run_test(stress.load_test(name), DEPLOYMENT, ["fp8"], [1, 6])
        assert words in result.question and "hundred" not in result.question
    assert stress.run_test(stress.load_test("fork"), DEPLOYMENT, ["fp8"]).question == stress.load_test("fork").question


def test_documents_name_every_test():
    root = Path(stress.__file__).parents[2]
    for document, start in (("docs/dashboard.md", "| Stress |"), ("README.md", "| `costmodel/stress` |")):
        line = next(
            line for line in (root / document).read_text(encoding="utf-8").splitlines() if line.startswith(start)
        )
        assert [name for name in stress.load_tests() if name not in line] == []
