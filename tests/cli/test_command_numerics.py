"""``costmodel stress --numerics`` as a user types it: what reaches the experiment, and what is printed of it."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from costmodel import stress
from costmodel.cli.app import app
from costmodel.stress import numerics
from costmodel.stress.numerics import Comparison

TESTS = [test.id for test in stress.load_tests().values() if numerics.has_experiment(test)]
TABLE = SimpleNamespace(title="What came back", heads=("scheme", ">found"), rows=(("fp8", "3 of 4"),))
MEASURED = SimpleNamespace(
    data=SimpleNamespace(to_dict=dict), tables=(TABLE,), sentences={"fp8": "told"}, evidence="measured on a decoder",
    conditions="two conversations", last=6.0, idle={"h2o": "nothing was evicted"},
)  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """What the command asked the decoder for; it answers with one table and one comparison."""
    calls = []

    def measure(test, schemes, axis, numbers, folder, text, on_progress):
        calls.append((test.id, schemes, axis, numbers))
        return MEASURED, [Comparison("fp8", "answer_divergence", (0.2, 0.1, 0.3), (0.4, 0.35, 0.5))]

    monkeypatch.setattr(numerics, "measure", measure)
    return calls


def test_two_tests_have_a_decoder():
    assert TESTS == ["retrieval", "drift"]


@pytest.mark.parametrize("test", TESTS)
def test_without_a_deployment_every_test_reaches_its_decoder(test, asked):
    done = CliRunner().invoke(app, ["stress", test, "--numerics"], catch_exceptions=False)
    assert done.exit_code == 0 and asked == [(test, None, None, {})]
    assert "Two conversations." in done.output and "3 of 4" in done.output and "do not meet" in done.output
    assert "h2o: nothing was evicted." in done.output and ("by turn 6?" in done.output) == (test == "drift")


@pytest.mark.parametrize("test", TESTS)
def test_schemes_axis_and_conditions_reach_it_too(test, asked):
    typed = ["--scheme", "fp8", "--scheme", "int4", "--over", "8,16", "--with", "user=4", "--json"]
    done = CliRunner().invoke(app, ["stress", test, "--numerics", *typed], catch_exceptions=False)
    assert asked == [(test, ["fp8", "int4"], [8, 16], {"user": 4})]
    assert json.loads(done.output)["comparisons"][0]["agree"] is False
