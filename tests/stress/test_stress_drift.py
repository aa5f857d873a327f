"""The law of drift holds what long conversations gave: by hand, and at turns that it was not fitted on."""

import math

import numpy as np
import pytest

from costmodel import stress
from costmodel.errors import FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import decoders
from costmodel.facts.decoders import load_decoder_facts

HERE = resolve_deployment("smollm2-135m", "h100-sxm", ranks=1)
# docs/howto/numerics.md: nats in turns 40 to 100 of two conversations, with their intervals.
MEASURED = {
    "fp8": (0.015, 0.0065, 0.023), "int4": (0.066, 0.062, 0.07), "kivi-4bit[residual=32]": (0.009, 0.0086, 0.0095),
    "kivi-2bit[residual=32]": (0.32, 0.03, 0.61),
}  # fmt: skip


def curves(turns):
    result = stress.run_test(stress.load_test("drift"), HERE, list(MEASURED), turns)
    return {curve.scheme: (curve.columns, result.summaries[curve.scheme]) for curve in result.curves}


def test_the_interval_of_late_turns_holds_what_was_measured_there():
    for scheme, (columns, summary) in curves([40, 100]).items():
        low, high = (columns[f"answer_divergence{end}"][-1] for end in ("_lo", "_hi"))
        assert low <= MEASURED[scheme][0] <= high, scheme
        assert f"{MEASURED[scheme][0]:.2g} nats in turns 40 to 100" in summary


def test_the_late_factor_is_the_spread_of_the_laws_misses():
    law = {scheme: float(columns["answer_divergence"][-1]) for scheme, (columns, _) in curves([100]).items()}
    misses = [math.log(MEASURED[scheme][0] / law[scheme]) for scheme in MEASURED]
    by_hand = math.exp(1.645 * math.sqrt(sum(miss**2 for miss in misses) / 4))
    assert load_decoder_facts().late.factor == pytest.approx(by_hand, rel=0.01)


def test_the_interval_widens_behind_the_turns_of_the_fit_alone():
    columns, _ = curves([20, 21])["fp8"]  # 800 and 840 tokens
    widths = columns["answer_divergence_hi"] / columns["answer_divergence"]
    assert widths == pytest.approx([1.806, 2.02]) and np.ptp(columns["attention_output_error_hi"]) == 0


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"turns": [100, 40]}, "turns: expected [first, last], got [100, 40]"),
        ({"factor": 0}, "factor: expected a positive number, got 0"),
        ({"last": {"fp8": 1.0}}, "expected first and last of the same schemes, got ['int4']"),
        ({"first": {"fp8": 1.0, "int4": True}}, "first.int4: expected a positive number, got True"),
    ],
)
def test_a_table_of_late_turns_is_checked(table, words):
    good = {"factor": 2.0, "turns": [40, 100], "first": {"fp8": 1.0, "int4": 1.0}, "last": {"fp8": 2.0, "int4": 1.0}}
    assert decoders._late(good, "here").last == {"fp8": 2.0, "int4": 1.0}
    with pytest.raises(FactError) as caught:
        decoders._late(good | table, "here")
    assert words in str(caught.value)
