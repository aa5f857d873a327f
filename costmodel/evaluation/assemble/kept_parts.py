"""What weights of a narrow type would take if a checkpoint kept attention wider, which checkpoints of one type do or do not.

A type says how numbers are stored, not which: published checkpoints of 4 bit leave attention, and the mixers of recurrent
layers, at 4, 8 or 16 bit, each by a list of its own.
"""

from dataclasses import replace

from costmodel.facts.deployment import Deployment
from costmodel.facts.models import Model
from costmodel.facts.weight_types import WEIGHT_TYPES, served_weight_type

KEPT = {"fp8": "8 bit", "bfloat16": "16 bit"}
PARTS = ("attention", "mixer")


def is_unknown_which(model: Model, weight_type: str) -> bool:
    """Whether weights narrower than 8 bits were asked of a model whose own checkpoint has another type, and so no list."""
    kind = WEIGHT_TYPES[weight_type]
    return kind.weight < 1 and not kind.experts_only and weight_type != served_weight_type(model.weight_dtype)


def with_parts_kept(deployment: Deployment, weight_type: str) -> Deployment:
    """The deployment of a checkpoint that keeps attention and recurrent mixers in that type."""
    parts = dict.fromkeys(PARTS, weight_type)
    model = replace(deployment.model, weight_dtype=deployment.weight_dtype, part_types=parts)
    return deployment.with_options(model=model)
