"""How long the prompt pass of new tokens behind a cached history takes, with its interval."""

import numpy as np

from costmodel.evaluation.ask.intervals import interval_columns
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.suffix import build_suffix_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment


def compute_suffix_prefill(
    deployment: Deployment, scheme: Scheme, cached_tokens: np.ndarray, new_tokens: np.ndarray
) -> dict[str, np.ndarray]:
    """``suffix_prefill_time`` in seconds with its 90 % interval, for vectors of cached and new tokens."""
    evaluator = build_suffix_evaluator(deployment, scheme, cached_tokens, new_tokens)
    return interval_columns(
        "suffix_prefill_time",
        drop_model_axes(evaluator["suffix_prefill_time"]),
        drop_model_axes(evaluator["rest_prefill_spread"]),
    )
