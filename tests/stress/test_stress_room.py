"""The room itself: tests are found by file, conditions are checked in words, every quantity is of the vocabulary."""

from pathlib import Path

import numpy as np
import pytest

from costmodel import stress
from costmodel.errors import InputError, UnknownName
from costmodel.facts.deployment import resolve_deployment
from costmodel.facts.vocabulary import vocabulary

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
ALL = ["none", "fp8", "kivi-2bit", "h2o", "snapkv", "streaming-llm", "quest", "mla", "hypothetical"]
OWN = {"overflow_probability"}  # a function of a quantity of the vocabulary


def test_every_file_that_holds_a_test_is_one():
    files = {path.stem for path in Path(stress.__file__).parent.glob("*.py")} - {"__init__", "base", "suffix_prefill"}
    assert set(stress.tests()) == files >= {"fork", "prefix", "burst", "retrieval", "turns"}


@pytest.mark.parametrize("test", stress.tests().values(), ids=lambda test: test.id)
def test_a_test_answers_for_every_scheme(test):
    found = stress.run_test(test, HERE, ALL)
    assert "{" not in found.conditions and test.question.endswith("?")
    for curve in found.curves:
        assert test.drawn.column in curve.columns and found.said[curve.scheme]
        for name, values in curve.columns.items():
            stem = name.removesuffix("_lo").removesuffix("_hi")
            assert stem in vocabulary() or stem in OWN, name
            assert values.shape == found.asked.over.shape
        assert np.isfinite(curve.columns[test.drawn.column]).all(), curve.scheme


def test_conditions_are_checked():
    fork = stress.named("fork")
    with pytest.raises(UnknownName, match="context"):
        stress.run_test(fork, HERE, ["fp8"], contxt=5.0)
    with pytest.raises(InputError, match="due 1 to"):
        stress.run_test(fork, HERE, ["fp8"], context=0.0)
    with pytest.raises(InputError, match="branches"):
        stress.run_test(fork, HERE, ["fp8"], [-1.0])
    with pytest.raises(UnknownName, match="fork"):
        stress.named("forks")
