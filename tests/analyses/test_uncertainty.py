"""The interval taken apart: shares sum to one, and what is advised is what holds most of what can be measured."""

import json

import pytest
from typer.testing import CliRunner

from costmodel.analyses import uncertainty as analysis
from costmodel.cli.app import app
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile import compiled


@pytest.fixture(scope="module")
def deployment():
    return resolve_deployment("llama-8b", "h100-sxm", ranks=1)


@pytest.mark.parametrize("scheme", ["none", "fp8", "kivi-2bit", "h2o"])
def test_terms_are_shares_of_the_variance_of_the_step(deployment, scheme):
    analysis_of_step = analysis.uncertainty(deployment, scheme, 8, 16384)
    assert sum(analysis_of_step.terms.values()) == pytest.approx(1)
    step = build_passes(deployment, compiled.load_scheme(scheme), 8.0, 16384.0).step
    assert analysis_of_step.spread == pytest.approx(float(drop_model_axes(step["step_spread"])))
    assert 0 < analysis_of_step.numbers_share <= 1 and all(
        0 <= number.share <= 1.5 for number in analysis_of_step.numbers
    )


def test_a_codec_that_nobody_measured_is_what_to_measure(deployment):
    assert "codec's own kernel" in analysis.uncertainty(deployment, "kivi-2bit", 32, 65536).advice
    assert "codec" not in analysis.uncertainty(deployment, "fp8", 32, 65536).terms or (
        analysis.uncertainty(deployment, "fp8", 32, 65536).terms["codec"] < 0.01
    )


def test_a_borrowed_kernel_is_less_certain_than_a_measured_one(deployment):
    plain, coded = (build_passes(deployment, compiled.load_scheme(s), 32.0, 65536.0).step for s in ("fp8", "int4"))
    assert float(drop_model_axes(plain["proxy_kernel_error"])) == 0
    sixteen = build_passes(deployment, compiled.load_scheme("none"), 32.0, 65536.0).step
    assert (
        float(drop_model_axes(sixteen["proxy_kernel_error"])) == 0 < float(drop_model_axes(sixteen["token_cost_error"]))
    )
    assert float(drop_model_axes(coded["proxy_kernel_error"])) > 0.02 * float(drop_model_axes(coded["step_time"]))


def test_the_command_prints_and_gives_json():
    command_line = [
        "explain",
        "--model",
        "llama-8b",
        "--gpu",
        "h100-sxm",
        "--tp",
        "1",
        "--scheme",
        "int4",
        "--uncertainty",
    ]
    assert "To narrow the interval: " in CliRunner().invoke(app, command_line, catch_exceptions=False).output
    document = json.loads(CliRunner().invoke(app, [*command_line, "--json"], catch_exceptions=False).output)
    assert set(document["terms"]) <= set(analysis.TERMS) and document["numbers"][0]["coefficient"]
