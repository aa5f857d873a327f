"""The room itself: tests are found by file, conditions are checked in words, every quantity is of the vocabulary."""

from pathlib import Path

import numpy as np
import pytest

from costmodel import stress
from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts.vocabulary import vocabulary

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
SCHEMES = ["none", "fp8", "kivi-2bit", "h2o", "snapkv", "streaming-llm", "quest", "mla", "hypothetical"]
OUTSIDE_VOCABULARY = {"overflow_probability"}  # a function of a quantity of the vocabulary


def test_every_file_that_holds_a_test_is_one():
    files = {path.stem for path in Path(stress.__file__).parent.glob("*.py")} - {
        "__init__",
        "base",
        "run",
        "suffix_prefill",
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
