"""Fork: one history continued by many branches (parallel samples, beams, agents), each of which adds tokens of its own.

A paged cache stores full blocks of the history once. What a scheme replaces in place or holds outside of blocks, every branch
must hold for itself, so that a small cache may grow with the branches where the plain one does not.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest

TOGETHER = ("branched_size", "stored_ratio", "sharing_gain", "max_branches", "break_even_branches")
PARTING = ("local_copy_on_write_size", "copy_on_write_time")


def find(asked: StressConditions, made: Scheme) -> dict[str, np.ndarray]:
    """Bytes of all branches, what they would take unshared, how many the pool holds; what one copies when it parts."""
    length = asked["context"] + asked["own"]
    same = {"prompt": asked["context"], "across_requests": 0.0}
    ours, theirs = (
        build_evaluator(asked.where, each, 1.0, length, private_tokens=asked["own"], branches=asked.over, **same)
        for each in (made, load_scheme(made.baseline))
    )
    table = ours.with_inputs(baseline_history_size=theirs["history_size"], baseline_branch_size=theirs["branch_size"])
    parting = build_evaluator(asked.where, made, 1.0, asked["context"], private_tokens=0.0, **same)
    return {name: drop_model_axes(of[name]) for of, names in ((table, TOGETHER), (parting, PARTING)) for name in names}


def tell(asked: StressConditions, curve: StressCurve) -> str:
    """Whether branches eat the saving, and from how many on."""
    ratio, equal = curve.columns["stored_ratio"], float(curve.columns["break_even_branches"][0])
    most, theirs = (columns["max_branches"][0] for columns in (curve.columns, curve.against))
    if curve.scheme == curve.baseline:
        return f"shares all full blocks; the pool holds {most:,.0f} branches"
    held = f"the pool holds {most:,.0f} branches ({curve.baseline}: {theirs:,.0f})"
    if ratio[0] > 1 and ratio[-1] > 1:
        return f"stores {ratio[0]:.2f}× the bytes however many branches; {held}"
    if np.isfinite(equal) and equal > 0:
        return f"stores less up to {np.floor(equal):,.0f} branches, more beyond: a branch holds more of its own; {held}"
    if np.isclose(ratio[0], ratio[-1], rtol=0.02):
        return f"keeps its saving; {held}"
    first, last = (f"{1 / ratio[place]:.1f}× at {asked.over[place]:,.0f}" for place in (0, -1))
    return f"saves {first} and {last} branches; {held}"


TEST = StressTest(
    id="fork",
    place=0,
    question="How much of its saving does a scheme keep when one history is continued by many branches?",
    conditions="a history of {context} tokens, {own} more in every branch, all branches alike",
    axis="branches",
    axis_label="branches of one history",
    over=(1, 2, 4, 8, 16, 32, 64, 128),
    knobs={
        "context": Condition(32768, "token/sequence", "Tokens of the history that is forked", 1),
        "own": Condition(512, "token/sequence", "Tokens that every branch adds"),
    },
    drawn=PlotSpec("stored_ratio", "bytes of all branches over the baseline's", log=True, one=True),
    find=find,
    tell=tell,
)
