"""A ratio of capacities is infinite, 0 or no number only beside the word that says who fits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.evaluation.ask.columns import select_columns
from costmodel.evaluation.ask.compare import WHO_FITS, Ratio, fitting_ratio, who_fits
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.ask.sweep import sweep

# 16.06 GB of weights on 24 GB: about 5 GB of pool; 131,072 B a token at 16 bit, half of it at fp8.
TIGHT = {"model": "llama-3.1-8b", "gpu": "rtx-3090", "tp": 1, "scheme": "fp8", "batch": 1}


def rows(*contexts, **changes):
    return predict(pd.DataFrame([TIGHT | changes | {"context": context} for context in contexts]))[0]


def test_a_pool_by_hand_says_who_fits():
    pool = rows(1024, scheme="none")["kv_pool_bytes"].item()
    longest = int(pool // 131_072)  # tokens of one sequence at 16 bit
    found = rows(longest // 2, int(1.5 * longest), int(2.5 * longest))
    assert list(found["capacity_fits"]) == ["both fit", "only the scheme fits", "neither fits"]
    ratio = found["speedup_capacity"].to_numpy()
    assert 1 < ratio[0] < np.inf and np.isposinf(ratio[1]) and np.isnan(ratio[2])
    # against itself
    assert list(rows(int(1.5 * longest), scheme="none")["capacity_fits"]) == ["neither fits"]


def test_a_scheme_that_stores_more_than_its_baseline_is_the_one_that_does_not_fit():
    assert list(who_fits(np.array([False, True]), np.array([True, True]))) == ["only the baseline fits", "both fit"]


@given(st.booleans(), st.booleans(), st.floats(0.01, 100))
def test_no_ratio_is_infinite_or_nothing_without_its_word(scheme, baseline, value):
    ratio = fitting_ratio(Ratio(value, value / 2, value * 2), np.array(scheme), np.array(baseline)).value
    word = str(who_fits(np.array(scheme), np.array(baseline)))
    assert word == {
        (True, True): "both fit", (True, False): "only the scheme fits", (False, True): "only the baseline fits",
        (False, False): "neither fits",
    }[scheme, baseline]  # fmt: skip
    assert np.isfinite(ratio) == (word in ("both fit", "only the baseline fits"))
    assert (ratio == 0) == (word == "only the baseline fits") and np.isnan(ratio) == (word == "neither fits")


def test_the_word_comes_with_the_ratio_into_every_table():
    assert select_columns(["speedup_capacity"]) == (
        "speedup_capacity", "speedup_capacity_lo", "speedup_capacity_hi", "capacity_fits",
    )  # fmt: skip
    axes = {"scheme": ["none", "fp8", "kivi-2bit"], "batch": [1, 4], "context": [1024, 32768, 65536, 262144]}
    result = grid("llama-3.1-8b", "rtx-3090", outputs=["speedup_capacity"], ranks=1, **axes)
    words, ratios = result.columns["capacity_fits"], result.columns["speedup_capacity"]
    assert set(words.ravel()) <= set(WHO_FITS) and len(set(words.ravel())) > 1
    np.testing.assert_array_equal(
        np.isfinite(ratios), np.isin(words.astype(str), ("both fit", "only the baseline fits"))
    )
    labelled = sweep("llama-3.1-8b", "rtx-3090", outputs=["speedup_capacity"], ranks=1, **axes)
    np.testing.assert_array_equal(labelled["capacity_fits"].to_numpy(), words)


@pytest.mark.parametrize("mode", ["static", "serving"])
def test_under_load_too(mode):
    found = rows(60_000, 1024, mode=mode, prompt_len=1000, gen_len=24, concurrency=2)
    unknown = ~np.isfinite(found["speedup_capacity"].to_numpy(float))
    assert (found["capacity_fits"][unknown] != "both fit").all() and not found["capacity_fits"].isna().any()
