"""What every kind of layer holds, reads and takes in one decode step: full attention, windows, recurrent layers, schedules.

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
    "products": "group_product_time",
}
EACH = ("layer_count", "layer_index", "kept_tokens", "read_tokens", "sequence_size")


@dataclass(frozen=True)
class LayerGroup:
    """One kind of layers: how many, first place, tokens and bytes of one of them, seconds of all of them by operation."""

    scheme: str
    kind: str
    count: int
    place: int
    kept_tokens: float
    read_tokens: float
    sequence_bytes: float
    seconds: dict[str, float]


def layers(where: Deployment, schemes: list[str], batch: float, context: float) -> list[LayerGroup]:
    """Every kind of layer of the model under every scheme; the output head, which is no layer, is left out."""
    found = []
    for name in schemes:
        scheme = compiled.load_scheme(name)
        step = build_evaluator(where, scheme, float(batch), float(context), prompt=float(context))
        groups = step["layer_count"].shape[0]
        each = np.stack([_over(step[q], groups) for q in EACH], axis=-1)
        times = {word: _over(step[q], groups) for word, q in TIMES.items()}
        kinds = [_kind(step, group) for group in range(groups)]
        for group in np.flatnonzero(each[:, 0] > 0):
            count, place, *one = each[group]
            seconds = {word: float(values[group]) for word, values in times.items()}
            found.append(LayerGroup(scheme.id, kinds[group], int(count), int(place), *map(float, one), seconds))
    return found


def _over(values, groups: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(values)[..., 0], (groups,)) if np.ndim(values) else np.full(groups, float(values))


def _kind(step, group: int) -> str:
    def here(name):
        return _over(step[name], step["layer_count"].shape[0])[group]

    if not here("attends"):
        return "recurrent"
    return "window" if np.isfinite(here("window")) else "full attention"
