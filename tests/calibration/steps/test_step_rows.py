"""What is no time of a step is refused in words, before anything is fitted or written."""

import numpy as np
import pandas as pd
import pytest
from step_tables import ENGINE, WHERE, table

from calibration.steps.learn import learn_steps
from calibration.steps.rows import step_rows
from costmodel.errors import CostModelError

GOOD = table("int8", rule="none")


def rows(frame, scheme="int8", engine=ENGINE):
    return step_rows(pd.DataFrame(frame), scheme, engine, "mine.csv")


def changed(**columns):
    return GOOD.assign(**columns)


def one(column, value, row=2):
    frame = GOOD.astype(object)
    frame.loc[row, column] = value
    return frame


REFUSED = {
    "a batch of nothing": (one("batch", 0), ["mine.csv", "row 3", "batch", "0"]),
    "a negative context": (one("context", -5), ["row 3", "context", "-5"]),
    "a time that is no number": (one("step_ms", "slow"), ["row 3", "step_ms", "'slow'"]),
    "an empty cell": (one("step_ms", float("nan")), ["row 3", "step_ms"]),
    "an endless time": (one("step_ms", float("inf")), ["row 3", "step_ms", "inf"]),
    "seconds for milliseconds": (changed(step_ms=GOOD["step_ms"] / 1e3), ["step_ms", "look like seconds"]),
    "microseconds for milliseconds": (changed(step_ms=GOOD["step_ms"] * 1e3), ["step_ms", "expected milliseconds"]),
    "two times of one step": (
        pd.concat([GOOD, GOOD.iloc[:1].assign(step_ms=2 * GOOD["step_ms"][0])]),
        ["rows 1 and 10", "contradict", "batch 1, context 2048", "25 %"],
    ),
    "fewer rows than constants": (GOOD.iloc[:3], ["at least 4 different steps", "got 3"]),
    "no rows": (GOOD.iloc[:0], ["mine.csv"]),
    "a near miss of a column": (GOOD.rename(columns={"step_ms": "step_m"}), ["'step_ms'", "step_m"]),
    "no time at all": (GOOD.drop(columns="step_ms"), ["'step_ms'", "batch, context, step_ms"]),
    "no context": (GOOD.rename(columns={"context": "contxt"}), ["'context'", "contxt", "prompt_len"]),
    "an unknown cache type": (
        changed(kv_cache_dtype="int8_per_tokn_head"), ["mine.csv: row 1", "'int8_per_tokn_head'", "int8_per_token_head"],
    ),
    "an unknown scheme": (changed(scheme="int9"), ["mine.csv: row 1: scheme", "scheme 'int9'", "int8"]),
    "a prompt that is no number": (
        GOOD.rename(columns={"context": "prompt_len"}).assign(prompt_len="long"), ["mine.csv: row 1: prompt_len", "'long'"],
    ),
    "an output that is no number": (
        GOOD.rename(columns={"context": "prompt_len"}).assign(gen_len="long"), ["mine.csv: row 1: gen_len", "'long'"],
    ),
    "rows of other schemes alone": (changed(scheme="fp8"), ["expected rows of int8", "got fp8"]),
    "the 16-bit rows alone": (changed(kv_cache_dtype="auto"), ["expected rows of int8", "none"]),
    "less than the step without attention": (
        one("step_ms", 2.0, 0), ["2 ms is less", "without attention", "batch 1, context 2048", "--tp"],
    ),
    "half a sequence": (one("batch", 1.5), ["row 3", "batch", "whole sequences", "1.5"]),
    "less than a step that reads less": (
        one("step_ms", 7.0, 8), ["batch 64, context 8192", "7 ms, less than", "which reads less"],
    ),
    "one in another unit": (
        one("step_ms", 1e6, 8), ["batch 64, context 8192", "times off what the other steps predict", "leave it out"],
    ),
    "beyond the model's context": (one("context", 500_000, 3), ["context 500000", "ends at 131072 tokens"]),
    "beyond the pool": (one("batch", 512, 8), ["batch 512, context 8192", "the pool holds", "--tp"]),
    "rows of another engine": (changed(engine="sglang"), ["row 1", "engine", "expected vllm", "got sglang"]),
    "rows of another GPU": (changed(gpu="a100"), ["row 1", "gpu", "expected h100-sxm", "got a100-sxm"]),
    "rows of another model": (changed(model="llama-70b"), ["row 1", "model", "llama-3.1-8b"]),
    "rows of more GPUs": (changed(tp=4), ["row 1", "tp", "expected 1"]),
    "no number of GPUs": (changed(tp="two"), ["row 1", "tp", "'two'"]),
    "two words that contradict": (changed(scheme="int8", kv_cache_dtype="auto"), ["row 1", "contradict each other"]),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_place_and_reason(what, data_folder):
    frame, words = REFUSED[what]
    with pytest.raises(CostModelError) as error:
        learn_steps(frame, scheme="int8", location="mine.csv", **WHERE)
    for word in words:
        assert word in str(error.value), str(error.value)
    assert not (data_folder / "profiles" / "implementations").exists(), "nothing half-written"


def test_a_composition_is_refused(data_folder):
    with pytest.raises(CostModelError, match="expected one scheme"):
        learn_steps(GOOD, scheme="int8+streaming-llm", **WHERE)


def test_repeats_are_one_step_of_their_median():
    frame = pd.DataFrame({"batch": [4, 4, 4, 8], "context": 1024, "step_ms": [10.0, 12.0, 11.0, 20.0]})
    found = rows(frame)
    assert found["step_ms"].tolist() == [11.0, 20.0] and found["batch"].tolist() == [4, 8]


def test_a_context_is_the_prompt_and_half_of_what_was_generated():
    frame = pd.DataFrame({"batch": [1, 1], "prompt_len": [1000, 2000], "gen_len": [64, 64], "step_ms": [5.0, 6.0]})
    assert rows(frame)["context"].tolist() == [1032, 2032]
    assert rows(frame.drop(columns="gen_len"))["context"].tolist() == [1000, 2000]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("scheme", ["int8", "INT8-token-head", "none", "fp8"]),
        ("kv_cache_dtype", ["int8_per_token_head", "int8", "auto", "fp8"]),
        ("kv_cache_dtype", ["int8_per_token_head", "int8", "bfloat16", "turboquant_4bit_nc"]),
    ],
)
def test_schemes_are_told_apart_by_their_words(column, words):
    frame = pd.DataFrame({"batch": [1, 2, 3, 4], "context": 1024, "step_ms": [5.0, 6.0, 7.0, 8.0], column: words})
    found = rows(frame)
    assert found[~found["baseline"]]["batch"].tolist() == [1, 2]
    assert found[found["baseline"]]["batch"].tolist() == [3]


def test_16_bit_rows_are_not_fitted_and_show_how_far_the_rest_is_right(data_folder):
    plain = table("int8", rule="none").assign(kv_cache_dtype="int8")
    extra = pd.DataFrame({"batch": [1, 8], "context": [2048, 8192], "step_ms": [7.0, 8.0], "kv_cache_dtype": "auto"})
    alone = learn_steps(plain, scheme="int8", **WHERE)
    both = learn_steps(pd.concat([plain, extra]), scheme="int8", **WHERE)
    assert both.fit.constants == pytest.approx(alone.fit.constants, rel=1e-9)
    assert len(alone.baseline_errors) == 0 and len(both.baseline_errors) == 2
    doubled = learn_steps(pd.concat([plain, extra.assign(step_ms=2 * extra["step_ms"])]), scheme="int8", **WHERE)
    np.testing.assert_allclose(doubled.baseline_errors, both.baseline_errors - np.log(2), rtol=1e-9)
