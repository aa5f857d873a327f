"""Stored certainties: every shipped table reads, covers the numbers of its profile, and has no negative variance."""

import numpy as np
import pytest

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.facts.certainty import _read, load_fit_covariance

FITTED = [name for name in store.files("profiles") if "--" in name]


@pytest.mark.parametrize("profile", FITTED)
def test_every_fit_says_how_certain_it_is(profile):
    facts = store.read_fact_file("profiles", profile)
    keys = [("attention", fit["kernel"], fit["head_dim"]) for fit in facts.get("attention", [])]
    keys += [("gemm", fit["dtype"], None) for fit in facts.get("gemm", [])]
    assert keys
    for law, kernel, width in keys:
        covariance = load_fit_covariance(profile, law, kernel, width)
        assert covariance is not None and len(covariance.labels) == len(set(covariance.labels)) >= 3, (
            law,
            kernel,
            width,
        )
        assert (np.linalg.eigvalsh(covariance.covariance) > -1e-9 * covariance.covariance.max()).all()


def test_rows_by_hand():
    rows = [
        {"coefficient": "attention_launch", "kv_dtype": "fp8", "path": "main", "error": "0.1", "correlation": ""},
        {"coefficient": "overlap", "kv_dtype": "", "path": "", "error": "0.5", "correlation": "-0.40"},
    ]
    covariance = _read(rows, "here")
    assert covariance.covariance == pytest.approx(np.array([[0.01, -0.02], [-0.02, 0.25]]))
    assert covariance.place("attention_launch", "fp8") == 0 and covariance.place("attention_launch", "bfloat16") is None
    assert covariance.place("overlap", "fp8", "fallback") == 1


def test_a_row_that_is_short_is_named():
    rows = [{"coefficient": "a", "kv_dtype": "", "path": "", "error": "0.1", "correlation": "0.5"}]
    with pytest.raises(FactError, match="here: .*correlation for every row above"):
        _read(rows, "here")


def test_no_table_no_certainty():
    assert load_fit_covariance("ideal", "gemm", "bfloat16") is None
