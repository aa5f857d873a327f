"""Evaluators of a scheme on a deployment under a workload: a decode step, and the passes of a prompt."""

import numpy as np
from numpy.typing import ArrayLike

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import as_leading
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment


def build_evaluator(
    deployment: Deployment, scheme: Scheme, batch: ArrayLike, context: ArrayLike, **options
) -> Evaluator:
    """An evaluator of one scheme on one deployment over broadcast arrays of batch and context.

    ``batch`` (sequences of all groups) and ``context`` (tokens of a sequence) are arrays that broadcast against each other;
    ``options`` are
    ``prompt`` (the context where it is not given), ``generated``, ``generated_cv``, ``exact_lengths``, ``forward_tokens``,
    ``decode_tokens``, ``head_rows``, ``warm`` and whatever else of the vocabulary a caller supplies, each an array that
    broadcasts likewise; None leaves the default.
    """
    of_group, busy = split_requests(deployment, as_leading(batch))
    workload = {"batch": of_group, "context": as_leading(context)}
    workload |= {"prompt": workload["context"], "generated": 0.0, "generated_cv": 0.0, "exact_lengths": 1.0}
    workload |= {"prompts": 1.0, "decode_tokens": 0.0, "warm": 0.0}
    workload |= {"forward_tokens": workload["batch"], "head_rows": workload["batch"]}
    workload |= {name: as_leading(value) for name, value in options.items() if value is not None}
    workload |= {"expert_tokens": busy * workload["forward_tokens"]}
    return assemble(deployment, scheme).evaluate(workload)


def build_prefill_evaluator(
    deployment: Deployment, scheme: Scheme, prompt: ArrayLike, decoding: ArrayLike = 0.0, **options
) -> Evaluator:
    """An evaluator of one prompt in forward passes that ``decoding`` sequences share with it, one token each.

    ``prompt`` (tokens) and ``decoding`` (sequences) are arrays that broadcast against each other; ``options`` are those of
    ``build_evaluator``.
    """
    lengths = {"prompt": prompt, "decode_tokens": decoding, **options}
    chunk = build_evaluator(deployment, scheme, 1.0, prompt, **lengths)["chunk_tokens"]
    rows = 1.0 + np.asarray(decoding, dtype=float)
    return build_evaluator(deployment, scheme, 1.0, prompt, forward_tokens=chunk, head_rows=rows, **lengths)


def split_requests(deployment: Deployment, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of a group that has some, and how many groups have: requests are spread evenly over groups."""
    busy = np.minimum(float(deployment.attention_groups), np.maximum(batch, 1.0))
    return batch / busy, busy
