"""Fork: one history continued by many branches (parallel samples, beams, agents), each of which adds private tokens.

A paged cache stores the full blocks of the history once. What a scheme replaces in place, or holds outside of blocks, every
branch must hold for itself, so that a small cache may grow with the branches where the uncompressed one does not.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.times import with_interval
from costmodel.text.counted import counted

STORAGE_COLUMNS = ("branched_size", "stored_ratio", "sharing_gain", "max_branches", "break_even_branches")


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Bytes of all branches, the same unshared, the branches that the pool holds; bytes and seconds of one branch's copy.

    All are vectors over the axis (branches of one history) or single numbers.
    """
    deployment, history, private = conditions.deployment, conditions["context"], conditions["private"]
    shared_options = {"prompt": history, "across_requests": 0.0}
    evaluator, baseline_evaluator = (
        build_evaluator(
            deployment, side, 1.0, history + private, private_tokens=private, branches=conditions.axis_values,
            **shared_options,
        )
        for side in (scheme, load_scheme(scheme.baseline))
    )  # fmt: skip
    branches = evaluator.with_inputs(
        baseline_history_size=baseline_evaluator["history_size"],
        baseline_branch_size=baseline_evaluator["branch_size"],
    )
    first_write = build_evaluator(deployment, scheme, 1.0, history, private_tokens=0.0, **shared_options)
    columns = {name: drop_model_axes(branches[name]) for name in STORAGE_COLUMNS}
    equal = columns["break_even_branches"]
    columns["break_even_branches"] = np.where(equal > 0, equal, np.nan)  # lines that never meet
    columns["local_copy_on_write_size"] = drop_model_axes(first_write["local_copy_on_write_size"])
    return columns | with_interval(first_write, "copy_on_write_time", "codec_spread")


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """Whether branches consume the saving, and from how many on."""
    ratio, equal = curve.columns["stored_ratio"], float(curve.columns["break_even_branches"][0])
    max_branches, baseline_max = (columns["max_branches"][0] for columns in (curve.columns, curve.baseline_columns))
    if curve.scheme == curve.baseline:
        return f"shares all full blocks; the pool holds {_branches(max_branches)}"
    capacity = f"the pool holds {_branches(max_branches)} ({curve.baseline}: {_number(baseline_max)})"
    if ratio[0] > 1 and ratio[-1] > 1:
        return f"stores {ratio[0]:.2f}× the bytes however many branches there are; {capacity}"
    if np.isfinite(equal):
        return (
            f"stores less than the baseline up to {counted(np.floor(equal), 'branch', 'branches')} and more beyond, because each "
            f"branch keeps more private data; {capacity}"
        )
    if np.isclose(ratio[0], ratio[-1], rtol=0.02):
        return f"keeps its saving; {capacity}"
    first, last = (f"{1 / ratio[index]:.1f}× at {conditions.axis_values[index]:,.0f}" for index in (0, -1))
    return f"saves {first} and {last} branches; {capacity}"


def _number(count: float) -> str:
    return f"{count:,.0f}" if np.isfinite(count) else "any number"


def _branches(count: float) -> str:
    """``12 branches``; in words where a branch keeps nothing of its own."""
    return (
        counted(count, "branch", "branches")
        if np.isfinite(count)
        else "any number of branches, which keep nothing of their own"
    )


TEST = StressTest(
    id="fork",
    order=0,
    question="How much of its saving does a scheme keep when one history is continued by many branches?",
    conditions_template="a history of {context:token}, {private} more in every branch, all branches alike",
    axis="branches",
    whole_axis=True,
    axis_label="branches of one history",
    default_values=(1, 2, 4, 8, 16, 32, 64, 128),
    conditions={
        "context": Condition(32768, "token/sequence", "Tokens of the history that is forked", 1),
        "private": Condition(512, "token/sequence", "Tokens that every branch adds", aliases=("own",)),
    },
    plot=PlotSpec("stored_ratio", "bytes of all branches relative to the baseline's", log=True, has_unity_line=True),
    compute=compute,
    summarize=summarize,
)
