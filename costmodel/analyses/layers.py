"""Tokens, bytes and time of every kind of layer in one decode step: full attention, windows, recurrent layers, schedules.

A scheme whose budget differs with depth has as many kinds as it has budgets. Seconds are of all layers of a kind together,
tokens and bytes of one layer of it.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

TIMES = {
    "attention": "group_attention_time",
    "codec": "group_codec_time",
    "products": "group_weight_time",
}
PER_LAYER = ("layer_count", "layer_index", "kept_tokens", "read_tokens", "sequence_size")


@dataclass(frozen=True)
class LayerGroup:
    """One kind of layers: how many, index of the first, tokens and bytes of one of them, seconds of all of them by operation."""

    scheme: str
    kind: str
    count: int
    first_index: int
    kept_tokens: float
    read_tokens: float
    sequence_bytes: float
    seconds: dict[str, float]


def layers(deployment: Deployment, schemes: list[str], batch: float, context: float) -> list[LayerGroup]:
    """Every kind of layer under every scheme, at ``batch`` sequences of ``context`` tokens.

    The output head, which is no layer, is left out.
    """
    layer_groups = []
    for name in schemes:
        scheme = compiled.load_scheme(name)
        step = build_evaluator(deployment, scheme, float(batch), float(context), prompt=float(context))
        groups = step["layer_count"].shape[0]
        per_layer = np.stack([_per_group(step[q], groups) for q in PER_LAYER], axis=-1)
        times = {operation: _per_group(step[q], groups) for operation, q in TIMES.items()}
        kinds = [_describe_group(step, group) for group in range(groups)]
        for group in np.flatnonzero(per_layer[:, 0] > 0):
            count, first_index, kept_tokens, read_tokens, sequence_bytes = map(float, per_layer[group])
            seconds = {operation: float(values[group]) for operation, values in times.items()}
            layer_groups.append(
                LayerGroup(
                    scheme.id,
                    kinds[group],
                    int(count),
                    int(first_index),
                    kept_tokens=kept_tokens,
                    read_tokens=read_tokens,
                    sequence_bytes=sequence_bytes,
                    seconds=seconds,
                )
            )
    return layer_groups


def _per_group(values, groups: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(values)[..., 0], (groups,)) if np.ndim(values) else np.full(groups, float(values))


def _describe_group(step, group: int) -> str:
    def value_of(name):
        return _per_group(step[name], step["layer_count"].shape[0])[group]

    if not value_of("attends"):
        return "recurrent"
    return "window" if np.isfinite(value_of("window")) else "full attention"
