"""Proposed shapes: each takes variance away, the first as much as a hand-worked update says, and errors are reported."""

import numpy as np
import pytest

from calibration.__main__ import main
from calibration.profiles import proposal
from costmodel.evaluation.assemble.deployments import resolve_deployment


@pytest.fixture(scope="module")
def deployment():
    return resolve_deployment("llama-8b", "h100-sxm", ranks=1)


def test_a_gain_by_hand():
    """Variances 4 and 1; a shape that sees the first number alone with noise 2 halves its part: 4 → 2."""
    covariance, slope = np.diag([4.0, 1.0]), np.array([1.0, 1.0])
    assert proposal.variance_reduction(covariance, slope, np.array([1.0, 0.0]), 2.0) == pytest.approx(2.0)
    assert proposal.variance_reduction(covariance, slope, np.array([0.0, 0.0]), 2.0) == 0


@pytest.mark.parametrize("scheme", ["int4", "fp8"])
def test_every_shape_leaves_less(deployment, scheme):
    table, fraction = proposal.propose(deployment, scheme, 8, 16384, 6)
    assert len(table) == 6 and 0 < fraction < 1
    assert (np.diff([1.0, *table["left"]]) < 0).all() and (table["left"] > 0).all()
    shapes = table.drop(columns=["left", "fit"])
    assert not shapes.duplicated().any()


def test_gains_fall_as_shapes_are_added(deployment):
    left = np.array([1.0, *proposal.propose(deployment, "int4", 8, 16384, 8)[0]["left"]])
    assert (np.diff(-np.diff(left)) < 1e-9).all()


def test_the_command_takes_both_spellings(capsys, tmp_path):
    options = ["--model", "llama-8b", "--gpu", "h100-sxm", "--tp", "1", "--out", str(tmp_path / "n.csv")]
    assert main(["next", "3", *options]) == 0
    first = capsys.readouterr().out
    assert main([*options, "--next", "3"]) == 0
    assert capsys.readouterr().out == first and "wrote" in first
    assert (tmp_path / "n.csv").read_text().startswith("fit,")
    assert main(["next", "0", *options]) == 2 and "expected 1 to 1,000" in capsys.readouterr().err


def test_without_a_covariance_it_says_so(capsys):
    assert main(["next", "3", "--model", "llama-8b", "--gpu", "mi300x"]) == 2
    assert "stores no covariance" in capsys.readouterr().err
