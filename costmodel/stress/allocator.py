"""Allocator: how much of an eviction a paged pool gets back, in blocks that hold one head or all heads of a layer.

Without compaction a block is free only when all its entries are dropped; with it, what is kept is copied together. Fixed blocks
waste the tail of the last one beside that.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.times import duration, with_interval

COLUMNS = ("freed_by_head", "freed_by_layer", "tail_share")


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Share of blocks that are free by head and by layer, seconds of compaction, and the tail's share of a sequence's bytes.

    Vectors over the axis (share of the tokens that every head keeps).
    """
    context, shape = conditions["context"], conditions.axis_values.shape
    evaluator = build_evaluator(
        conditions.deployment,
        scheme,
        1.0,
        context,
        prompt=context,
        kept_share=conditions.axis_values,
        exact_lengths=0.0,
    )
    columns = {name: drop_model_axes(evaluator[name]) for name in COLUMNS}
    columns |= with_interval(evaluator, "compaction_time", "codec_spread")
    return {name: np.broadcast_to(column, shape) for name, column in columns.items()}


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """What is freed at the smallest budget, what compaction costs there, and the tail's waste."""
    columns, kept = curve.columns, conditions.axis_values[0]
    by_head, by_layer = columns["freed_by_head"][0], columns["freed_by_layer"][0]
    compaction, tail = duration(columns, "compaction_time", 0), columns["tail_share"][0]
    return (
        f"if every head kept {kept:.0%} of its tokens, {100 * by_head:.2g}% of the blocks would be free by head and "
        f"{100 * by_layer:.2g}% by layer; compaction would copy the rest in {compaction}; tails waste {tail:.2%}"
    )


TEST = StressTest(
    id="allocator",
    order=3.5,
    question="How much of an eviction does a paged pool get back?",
    conditions_template=(
        "a sequence of {context:token}; every head keeps tokens of its own, spread over the context "
        "(costmodel fragmentation compares blocks with other allocators, under a trace)"
    ),
    axis="kept_share",
    axis_label="share of the tokens that every head keeps",
    default_values=(0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9),
    conditions={"context": Condition(32768, "token/sequence", "Tokens of the sequence", 1)},
    plot=PlotSpec("freed_by_head", "blocks freed where every head has a table (%)", 100),
    compute=compute,
    summarize=summarize,
    log=False,
    schemes=("none", "fp8"),
)
