"""Turns: a conversation whose history grows; what its next first token costs, and how many such conversations the pool holds.

Where the cache of the history is still there, a turn computes its new tokens only. A cache that was cut for the first question
cannot answer the second: its history is computed again in every turn.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.suffix_prefill import first_token

COLUMNS = ("reused_tokens", "turn_prompt", "turn_end", "max_batch_memory")


def find(asked: StressConditions, made: Scheme) -> dict[str, np.ndarray]:
    """The prompt pass of every turn, what of the history it need not compute, conversations that the pool holds."""
    same = {"turn": asked.over, "user_tokens": asked["asked"], "generated": asked["output"]}
    lengths = build_evaluator(asked.where, made, 1.0, 1.0, **same)
    found = {name: drop_model_axes(lengths[name]) for name in ("turn_prompt", "turn_end")}
    begun = build_evaluator(
        asked.where, made, 1.0, found["turn_prompt"], prompt=found["turn_prompt"], private_tokens=asked["asked"]
    )
    # What was kept of a prompt is said of this turn's prompt; its answer is stored beside it.
    ended = build_evaluator(asked.where, made, 1.0, found["turn_end"], prompt=found["turn_prompt"])
    found |= {
        "reused_tokens": drop_model_axes(begun["reused_tokens"]),
        "max_batch_memory": drop_model_axes(ended["max_batch_memory"]),
    }
    return found | first_token(asked.where, made, found["reused_tokens"], found["turn_prompt"] - found["reused_tokens"])


def tell(asked: StressConditions, curve: StressCurve) -> str:
    """What the last turn costs, why, and how many conversations fit."""
    ours, theirs = (1e3 * columns["suffix_prefill_time"][-1] for columns in (curve.columns, curve.against))
    held, last = curve.columns["max_batch_memory"][-1], asked.over[-1]
    told = f"turn {last:,.0f} waits {ours:,.0f} ms for its first token; the pool holds {held:,.0f} such conversations"
    if curve.scheme == curve.baseline:
        return told
    told += f" ({curve.baseline}: {curve.against['max_batch_memory'][-1]:,.0f})"
    if curve.columns["reused_tokens"][-1] == 0:
        told += f": its cache was cut for another question, so all history is computed again ({curve.baseline}: {theirs:,.0f} ms)"
    return told


TEST = StressTest(
    id="turns",
    place=4,
    question="What does the hundredth turn of a conversation cost?",
    conditions="every turn adds {asked} tokens and is answered with {output}; its history is still in the pool",
    axis="turn",
    axis_label="turn",
    over=(1, 2, 4, 8, 16, 32, 64, 100),
    knobs={
        "asked": Condition(512, "token/sequence", "Tokens that the user adds in a turn", 1),
        "output": Condition(512, "token/sequence", "Tokens of an answer"),
    },
    drawn=PlotSpec("suffix_prefill_time", "first token of the turn (ms)", 1e3, log=True),
    find=find,
    tell=tell,
)
