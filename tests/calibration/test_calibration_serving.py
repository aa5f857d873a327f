"""Published serving runs: errors by concurrency, nothing left out in silence."""

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.serving import by_concurrency, compared
from calibration.sources.aiconfigurator import serving_runs


def test_errors_by_concurrency_are_counted_by_hand():
    rows = pd.DataFrame(
        {"concurrency": [1, 4, 4, 5, 64, 512], "tpot_ms": 10.0, "predicted_ms": [11.0, 8.0, 10.5, 5.0, 10.0, 2.0]}
    )
    found = by_concurrency(rows)
    assert list(found["n"]) == [3, 1, 1, 1]
    assert found.loc["1 to 4", ["median", "p90", "bias"]].tolist() == pytest.approx([10.0, 18.0, 5.0])
    assert found["bias"].tolist()[1:] == pytest.approx([-50.0, 0.0, -80.0])


@pytest.fixture
def measured():
    """The package of measured tables, or a skip."""
    return pytest.importorskip(
        "aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'"
    )


def test_every_run_is_compared_or_counted_as_left_out(measured):
    rows, left_out = compared()
    assert len(rows) + sum(left_out.values()) == len(serving_runs())
    assert np.isfinite(rows["predicted_ms"]).all() and (rows["predicted_ms"] > 0).all()


def test_the_static_step_holds_where_few_requests_share_it_and_is_too_fast_beyond(measured, capsys):
    assert main(["serving"]) == 0
    assert "left out: " in capsys.readouterr().out
    errors = by_concurrency(compared()[0])
    assert errors.loc["1 to 4", "median"] < 10
    assert (errors["bias"].diff().dropna() < 0).all()
