"""Turns: a conversation whose history grows; the cost of the next first token, and how many conversations the pool holds.

Where the cache of the history is still there, a turn prefills only its new tokens. A cache that was pruned for an earlier
prompt cannot serve another one: its history is prefilled again in every turn.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.suffix_prefill import compute_suffix_prefill
from costmodel.stress.times import duration
from costmodel.text.counted import counted


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Tokens of every turn's prompt, tokens reused of its history, conversations that fit, seconds of its prefill.

    All are vectors over the axis (the turn's number, from 1).
    """
    deployment, user = conditions.deployment, conditions["user"]
    lengths = build_evaluator(
        deployment, scheme, 1.0, 1.0, turn=conditions.axis_values, user_tokens=user, generated=conditions["output"]
    )
    prompt, end = drop_model_axes(lengths["turn_prompt"]), drop_model_axes(lengths["turn_end"])
    at_start = build_evaluator(deployment, scheme, 1.0, prompt, prompt=prompt, private_tokens=user)
    # A scheme that prunes at the end of the prompt prunes this turn's prompt; the answer is stored beside it.
    at_end = build_evaluator(deployment, scheme, 1.0, end, prompt=prompt)
    reused = drop_model_axes(at_start["reused_tokens"])
    return {
        "turn_prompt": prompt,
        "turn_end": end,
        "reused_tokens": reused,
        "max_batch_memory": drop_model_axes(at_end["max_batch_memory"]),
    } | compute_suffix_prefill(deployment, scheme, reused, prompt - reused)


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """What the last turn costs, why, and how many conversations fit."""
    wait, baseline_wait = (
        duration(columns, "suffix_prefill_time") for columns in (curve.columns, curve.baseline_columns)
    )
    capacity, baseline_capacity = (
        columns["max_batch_memory"][-1] for columns in (curve.columns, curve.baseline_columns)
    )
    turn = conditions.axis_values[-1]
    text = f"turn {turn:,.0f} waits {wait} for its first token; the pool holds {counted(capacity, 'such conversation')}"
    if curve.scheme == curve.baseline:
        return text
    text += f" ({curve.baseline}: {baseline_capacity:,.0f})"
    if curve.columns["reused_tokens"][-1] == 0:
        text += ": its cache was pruned for an earlier prompt, so the whole history is prefilled again"
        text += f" ({curve.baseline}: {baseline_wait})"
    return text


TEST = StressTest(
    id="turns",
    order=4,
    question="What does the hundredth turn of a conversation cost?",
    question_at="What does turn {last} of a conversation cost?",
    conditions_template="every turn adds {user:token} and is answered with {output}; its history is still in the pool",
    axis="turn",
    whole_axis=True,
    axis_label="turn",
    default_values=(1, 2, 4, 8, 16, 32, 64, 100),
    conditions={
        "user": Condition(512, "token/sequence", "Tokens that the user adds in a turn", 1, aliases=("asked",)),
        "output": Condition(512, "token/sequence", "Tokens of an answer"),
    },
    plot=PlotSpec("suffix_prefill_time", "first token of the turn (ms)", 1e3, log=True),
    compute=compute,
    summarize=summarize,
)
