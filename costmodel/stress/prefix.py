"""Prefix: requests that begin alike (a system prompt, a document, a few shots) and run at once.

A paged cache holds the prefix once and computes it once. Where later tokens decide what is kept, no other request can use it:
such a scheme pays the whole prompt for every request, in bytes and in time to first token.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.suffix_prefill import first_token

COLUMNS = ("max_branches", "history_size", "branch_size", "prefix_hit_tokens")


def find(asked: StressConditions, made: Scheme) -> dict[str, np.ndarray]:
    """Requests that fit at once, what they share, what is found computed, the prompt pass of the rest."""
    prefix, full = np.minimum(asked.over, asked["context"]), asked["context"] + asked["output"]
    options = {"prompt": asked["context"], "across_requests": 1.0}
    held = build_evaluator(asked.where, made, 1.0, full, private_tokens=full - prefix, **options)
    found = {name: np.broadcast_to(drop_model_axes(held[name]), prefix.shape) for name in COLUMNS}
    # At least one token is computed, since its logits are what is asked for.
    hit = np.minimum(found["prefix_hit_tokens"], asked["context"] - 1)
    return found | first_token(asked.where, made, hit, asked["context"] - hit)


def tell(asked: StressConditions, curve: StressCurve) -> str:
    """Whether the prefix is shared, and from which on the baseline holds as many requests."""
    ours, theirs = curve.columns["max_branches"], curve.against["max_branches"]
    first = 1e3 * curve.columns["suffix_prefill_time"][-1]
    held = f"{ours[0]:,.0f} requests at {asked.over[0]:,.0f} tokens of prefix, {ours[-1]:,.0f} at {asked.over[-1]:,.0f}"
    told = f"{held}; first token after {first:,.0f} ms there"
    if curve.columns["prefix_hit_tokens"][-1] == 0:
        told += ", since no other request can use what it keeps"
    if curve.scheme == curve.baseline:
        return told
    worse = np.flatnonzero(theirs >= ours)
    if len(worse) and ours[0] > theirs[0]:
        return f"{told}; from a prefix of {asked.over[worse[0]]:,.0f} tokens the baseline holds as many or more"
    return told


TEST = StressTest(
    id="prefix",
    place=1,
    question="Does a scheme still hold more requests where their prompts begin alike?",
    conditions="prompts of {context} tokens that begin alike, {output} tokens out; all run at once, at full length",
    axis="prefix",
    axis_label="tokens that the prompts have in common",
    over=tuple(range(0, 16384, 256))[1:],
    knobs={
        "context": Condition(16384, "token/sequence", "Tokens of every prompt", 1),
        "output": Condition(256, "token/sequence", "Tokens that every request generates"),
    },
    drawn=PlotSpec("max_branches", "requests at once", log=True),
    find=find,
    tell=tell,
    log=False,
)
