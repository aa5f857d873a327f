"""Drift: how far the answers of a long conversation move from those of the full cache, by what rounding did to what is stored.

A number that is rounded once keeps its error, and attention averages errors away as it averages values: by this law nothing grows
with the turns. Where a decoder gave otherwise over a hundred turns, the sentence says so, and beyond the turns that the law was
fitted on the interval is as wide as it missed them. An open tile that is coded again with every token that joins it is off by
more. What dropped tokens cost is measured (``--numerics``), not derived.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.decoders import FACTORS, DecoderFacts, load_decoder_facts
from costmodel.facts.schemes import SchemeSpec
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.text.counted import counted

EXACT = ("rest", "tier", "entropy", "share")  # what is stored is what was computed
OF_ANSWERS = ("attention_output_error", "answer_divergence")
GREW = 1.25  # times the first turns' divergence, from which later turns count as further off
MODELLED = ("quantize", "precise_zone", "window", "score", "evict", *EXACT)


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Errors of stored keys and values and of attention's output, nats of divergence, with intervals; tokens dropped a layer."""
    decoder = load_decoder_facts()
    lengths = build_evaluator(
        conditions.deployment, scheme, 1.0, 1.0, turn=conditions.axis_values, user_tokens=conditions["user"],
        generated=conditions["output"],
    )  # fmt: skip
    end = drop_model_axes(lengths["turn_end"])
    at_end = build_evaluator(conditions.deployment, scheme, 1.0, end, prompt=end, **decoder.drift)
    columns = {"dropped_tokens": drop_model_axes(at_end["dropped_tokens"] / at_end["attending_layers"])}
    for name in FACTORS:
        value = drop_model_axes(at_end[name]) if unmodelled(scheme.spec) is None else np.array(np.nan)
        if name in OF_ANSWERS:  # dropping tokens moves them too, and no formula says how far
            value = np.where(columns["dropped_tokens"] > 0, np.nan, value)
        factor = decoder.factor[name]
        if name == "answer_divergence":
            factor = np.where(end > decoder.longest_conversation, max(factor, decoder.late.factor), factor)
        columns |= {name: value, f"{name}_lo": value / factor, f"{name}_hi": value * factor}
    return columns


def unmodelled(spec: SchemeSpec) -> str | None:
    """The first mechanism whose effect on answers no formula tells; None where there is none."""
    kinds = [table.get("kind") for part in spec.parts for table in part.facts.get("mechanism", [])]
    return next((str(kind) for kind in kinds if kind not in MODELLED), None)


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """How far the last turn's answers are off by rounding, whether that grew, and what is not in the number."""
    if kind := unmodelled(curve.spec):
        return f"what {kind} does to answers is not modelled; costmodel quality lists what was published"
    value, low, high = (curve.columns[f"answer_divergence{suffix}"] for suffix in ("", "_lo", "_hi"))
    keys, values = curve.columns["stored_key_error"][-1], curve.columns["stored_value_error"][-1]
    stored = f"stored keys are off by {keys:.1%}, values by {values:.1%}" if keys or values else "nothing is rounded"
    turn, decoder = conditions.axis_values[-1], load_decoder_facts()
    if curve.columns["dropped_tokens"][-1] > 0:
        dropped = f"by turn {turn:,.0f} a layer has dropped {counted(curve.columns['dropped_tokens'][-1], 'token')}"
        return f"{stored}; {dropped}: how far that moves answers no formula says (--numerics measures it)"
    if value[-1] == 0:
        return stored
    grown = len(value) > 1 and value[-1] > 1.01 * value[-2]
    trend = "still growing" if grown else "by this law no more than the turns before"
    return (
        f"{stored}, attention's output by {curve.columns['attention_output_error'][-1]:.1%}; turn {turn:,.0f} answers "
        f"{value[-1]:.2g} ({low[-1]:.2g}–{high[-1]:.2g}) nats from the full cache, {trend} (law of {decoder.name}; another model "
        f"differs in size){_measured_trend(curve.scheme, decoder)}"
    )


def _measured_trend(scheme: str, decoder: DecoderFacts) -> str:
    """What a hundred turns gave, where the decoder's file holds them; it stands beside the law, which knows no growth."""
    late = decoder.late
    if scheme not in late.last:
        grew = [name for name in late.last if late.last[name] > GREW * late.first[name]]
        turns = f"in {late.end} turns only {', '.join(grew)} was measured to grow" if grew else ""
        return f"; {turns}" if turns else ""
    first, last = late.first[scheme], late.last[scheme]
    change = last / first
    word = (
        f"{change:.2g} times"
        if change > GREW
        else f"{1 / change:.2g} times less than"
        if change < 1 / GREW
        else "about"
    )
    return f"; measured, it is {last:.2g} nats in turns {late.begin} to {late.end}, {word} that of the first three ({first:.2g})"


TEST = StressTest(
    id="drift",
    order=4.5,
    question="How far do answers drift from the full cache's over a hundred turns?",
    question_at="How far do answers drift from the full cache's by turn {last}?",
    conditions_template="every turn adds {user:token} and is answered with {output}; nothing is computed again",
    axis="turn",
    whole_axis=True,
    axis_label="turn",
    default_values=(1, 2, 4, 8, 16, 32, 64, 100),
    conditions={
        "user": Condition(32, "token/sequence", "Tokens that the user adds in a turn", 1),
        "output": Condition(8, "token/sequence", "Tokens of an answer", 1),
    },
    plot=PlotSpec("answer_divergence", "divergence from the full cache (nats)", log=True),
    compute=compute,
    summarize=summarize,
    bands="Bands: 90 % of one decoder, SmolLM2-135M; another model's errors differ in size",
    schemes=("none", "fp8", "int4", "kivi-4bit", "kivi-2bit", "hf-quantized", "h2o"),
)
