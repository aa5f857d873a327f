"""The prompt pass of new tokens behind a cached history, from three tables: the new tokens, the history, and both together."""

import numpy as np

from costmodel.evaluation.ask.intervals import interval_columns
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment


def first_token(where: Deployment, scheme: Scheme, known: np.ndarray, new: np.ndarray) -> dict[str, np.ndarray]:
    """``suffix_prefill_time`` with its 90 % ends: seconds of ``new`` tokens behind ``known`` ones, vectors of tokens.

    Of the known tokens each layer attends to those that the scheme keeps; 0 known tokens is a prompt from nothing.
    """
    alone = build_prefill_evaluator(where, scheme, new)
    history = build_evaluator(where, scheme, 1.0, np.maximum(known, 1.0), prompt=np.maximum(known, 1.0))
    kept = np.where(known[:, None, None] > 0, history["kept_tokens"], 0.0)
    before, both = (
        _behind(where, scheme, new, length) for length in (np.maximum(kept, 1.0), kept + new[:, None, None])
    )
    there = known[:, None, None] > 0
    table = both.with_inputs(
        new_passes_time=alone["passes_time"],
        new_prefill_time=alone["prefill_time"],
        new_prefill_spread=alone["prefill_time_spread"],
        carried_attention_time=np.where(there, before["prefill_attention_total"], 0.0),
        carried_attention_error=np.where(there, before["prefill_attention_error"], 0.0),
        carried_codec_time=np.where(there, before["prefill_codec_total"], 0.0),
    )
    return interval_columns(
        "suffix_prefill_time",
        drop_model_axes(table["suffix_prefill_time"]),
        drop_model_axes(table["rest_prefill_spread"]),
    )


def _behind(where: Deployment, scheme: Scheme, new: np.ndarray, length: np.ndarray):
    """A table of a prompt whose length may differ from layer to layer."""
    made = build_evaluator(where, scheme, 1.0, new)
    made.values |= {"context": length, "prompt": length}
    return made
