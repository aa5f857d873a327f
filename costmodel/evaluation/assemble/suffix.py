"""The evaluator of new tokens behind a cached history, from three: the new tokens, the history, and both together."""

import numpy as np

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment


def build_suffix_evaluator(
    deployment: Deployment, scheme: Scheme, cached_tokens: np.ndarray, new_tokens: np.ndarray
) -> Evaluator:
    """The evaluator of new tokens behind cached ones, vectors of both.

    Of the cached tokens each layer attends to those that the scheme keeps; 0 cached tokens is a prompt without a history.
    """
    has_history = cached_tokens[:, None, None] > 0
    new_alone = build_prefill_evaluator(deployment, scheme, new_tokens)
    at_least_one = np.maximum(cached_tokens, 1.0)
    history = build_evaluator(deployment, scheme, 1.0, at_least_one, prompt=at_least_one)
    kept_tokens = np.where(has_history, history["kept_tokens"], 0.0)
    history_alone, together = (
        _prompt_evaluator(deployment, scheme, new_tokens, length)
        for length in (np.maximum(kept_tokens, 1.0), kept_tokens + new_tokens[:, None, None])
    )
    return together.with_inputs(
        new_passes_time=new_alone["passes_time"],
        new_prefill_time=new_alone["prefill_time"],
        new_host_time=new_alone["prefill_host_time"],
        new_prefill_spread=new_alone["prefill_time_spread"],
        carried_attention_time=np.where(has_history, history_alone["prefill_attention_total"], 0.0),
        carried_attention_error=np.where(has_history, history_alone["prefill_attention_error"], 0.0),
        carried_codec_time=np.where(has_history, history_alone["prefill_codec_total"], 0.0),
    )


def _prompt_evaluator(deployment: Deployment, scheme: Scheme, new_tokens: np.ndarray, prompt: np.ndarray) -> Evaluator:
    """An evaluator of a prompt whose length (tokens; rows × layer groups × 1) may differ from layer to layer."""
    evaluator = build_evaluator(deployment, scheme, 1.0, new_tokens)
    evaluator.values |= {"context": prompt, "prompt": prompt}
    return evaluator
