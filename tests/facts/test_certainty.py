"""Stored certainties: every shipped table reads, covers the numbers of its profile, and has no negative variance."""

import numpy as np
import pytest

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.facts.fit_covariance import load_fit_covariance, parse_fit_covariance

FITTED = [name for name in store.files("profiles") if "--" in name]


@pytest.mark.parametrize("profile", FITTED)
def test_every_fit_says_how_certain_it_is(profile):
    facts = store.read_fact_file("profiles", profile)
    keys = [("attention", fit["kernel"], fit["head_dim"]) for fit in facts.get("attention", [])]
    keys += [("gemm", fit["dtype"], None) for fit in facts.get("gemm", [])]
    assert keys
    for law, kernel, width in keys:
        fit = load_fit_covariance(profile, law, kernel, width)
        assert fit is not None and len(fit.labels) == len(set(fit.labels)) >= 3, (law, kernel, width)
        assert (np.linalg.eigvalsh(fit.covariance) > -1e-9 * fit.covariance.max()).all()


def test_rows_by_hand():
    rows = [
        {"coefficient": "attention_launch", "kv_dtype": "fp8", "path": "main", "error": "0.1", "correlation": ""},
        {"coefficient": "overlap", "kv_dtype": "", "path": "", "error": "0.5", "correlation": "-0.40"},
    ]
    fit = parse_fit_covariance(rows, "table.csv")
    assert fit.covariance == pytest.approx(np.array([[0.01, -0.02], [-0.02, 0.25]]))
    assert fit.index_of("attention_launch", "fp8") == 0 and fit.index_of("attention_launch", "bfloat16") is None
    assert fit.index_of("overlap", "fp8", "fallback") == 1
    assert fit.standard_error("overlap", "fp8") == pytest.approx(0.5)


def test_a_row_that_is_short_is_named():
    rows = [{"coefficient": "a", "kv_dtype": "", "path": "", "error": "0.1", "correlation": "0.5"}]
    with pytest.raises(FactError, match="table.csv: .*correlation for every row above"):
        parse_fit_covariance(rows, "table.csv")


def test_no_table_no_certainty():
    assert load_fit_covariance("ideal", "gemm", "bfloat16") is None


def test_names_of_version_0_1_are_accepted():
    row = {"coefficient": "launch", "kv_dtype": "fp8", "path": "main", "error": "0.1", "correlation": ""}
    assert parse_fit_covariance([row], "table.csv").labels == (("attention_launch", "fp8", "main"),)
