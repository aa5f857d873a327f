"""Prefix: concurrent requests that begin with the same tokens (a system prompt, a document, a few examples).

A paged cache stores and computes the prefix once. Where later tokens decide what is kept, no other request can use it: such a
scheme pays for the whole prompt in every request, in bytes and in time to first token.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.suffix_prefill import compute_suffix_prefill
from costmodel.stress.times import duration
from costmodel.text.counted import counted

COLUMNS = ("max_branches", "history_size", "branch_size", "prefix_hit_tokens")


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Requests that fit at once, bytes that they share, tokens found in the prefix cache, seconds of the suffix's prefill.

    All are vectors over the axis (tokens of the common prefix).
    """
    deployment, prompt = conditions.deployment, conditions["context"]
    prefix, full = np.minimum(conditions.axis_values, prompt), prompt + conditions["output"]
    requests = build_evaluator(
        deployment, scheme, 1.0, full, private_tokens=full - prefix, prompt=prompt, across_requests=1.0
    )
    columns = {name: np.broadcast_to(drop_model_axes(requests[name]), prefix.shape) for name in COLUMNS}
    # At least one token is computed, because the request needs its logits.
    hit = np.minimum(columns["prefix_hit_tokens"], prompt - 1)
    return columns | compute_suffix_prefill(deployment, scheme, hit, prompt - hit)


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """Whether the prefix is shared, and from which length on the baseline holds as many requests."""
    requests, baseline_requests = curve.columns["max_branches"], curve.baseline_columns["max_branches"]
    prefix, wait = conditions.axis_values, duration(curve.columns, "suffix_prefill_time")
    text = (
        f"{counted(requests[0], 'request')} at {counted(prefix[0], 'token')} of prefix, {requests[-1]:,.0f} at "
        f"{prefix[-1]:,.0f}; first token after {wait} there"
    )
    if curve.columns["prefix_hit_tokens"][-1] == 0:
        text += ", because its cache depends on later tokens and cannot be prefix-cached"
    if curve.scheme == curve.baseline:
        return text
    overtaken = np.flatnonzero(baseline_requests >= requests)
    if len(overtaken) and requests[0] > baseline_requests[0]:
        return f"{text}; from a prefix of {counted(prefix[overtaken[0]], 'token')} the baseline holds as many or more"
    return text


TEST = StressTest(
    id="prefix",
    order=1,
    question="Does a scheme still hold more requests where their prompts share a prefix?",
    conditions_template="prompts of {context:token} with a common prefix, {output:token} out; all run at once, at full length",
    axis="prefix",
    axis_within="context",
    whole_axis=True,
    axis_label="tokens that the prompts have in common",
    default_values=tuple(range(0, 16384, 256))[1:],
    conditions={
        "context": Condition(16384, "token/sequence", "Tokens of every prompt", 1),
        "output": Condition(256, "token/sequence", "Tokens that every request generates"),
    },
    plot=PlotSpec("max_branches", "requests at once", log=True),
    compute=compute,
    summarize=summarize,
    log=False,
)
