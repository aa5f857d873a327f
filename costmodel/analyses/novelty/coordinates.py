"""What a scheme does, as numbers: every slot that mechanisms may redefine, over designed points, and every predicate.

A slot is compared by its values and not by its text, so that names, and orders of mechanisms that commute, do not matter.
Points are contexts and prompts of one model with grouped heads and one without.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.vocabulary import vocabulary

MODELS = ("llama-3.1-8b", "llama-2-7b")
CONTEXTS = np.unique(np.geomspace(48, 131_072, 24).round())
PROMPT_SHARE = 0.7
UNSTATED = 0.5  # distance from a predicate that nothing states
DERIVED = (
    "kept_growth", "prompt_growth",  # follow from kept_tokens
    "key_step_error", "value_step_error", "key_float_error", "value_float_error",  # from bits, and how they are spent
    "key_tile_tokens", "value_tile_tokens",  # from the records of metadata
)  # fmt: skip
EQUAL = 1e-9  # relative difference below which two values are one


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Values of every slot at the designed points, and the predicates that mechanisms and file imply."""

    slots: dict[str, np.ndarray]
    predicates: dict[str, Any]

    def distances(self, other: "Coordinates") -> dict[str, float]:
        """From 0 (equal) to 1, by coordinate: of a slot the mean of |a − b| / (|a| + |b|), of a predicate 0 or 1.

        A predicate that one of the two leaves open is ½ apart. Each is a metric (of slots Canberra's), and so is their sum.
        """
        slots = {name: _canberra(values, other.slots[name]) for name, values in self.slots.items()}
        return slots | {name: _apart(value, other.predicates[name]) for name, value in self.predicates.items()}

    def is_unstated(self, other: "Coordinates", name: str) -> bool:
        """Whether one of the two leaves a predicate open."""
        return name in self.predicates and (self.predicates[name] is None) != (other.predicates[name] is None)

    def is_proportional(self, other: "Coordinates", name: str) -> bool:
        """Whether a slot is that of the other scheme times a constant: it differs in a parameter alone."""
        if name not in self.slots:
            return False
        own, known = self.slots[name], other.slots[name]
        if not (np.isfinite(own) & np.isfinite(known) & (own != 0) & (known != 0)).all():
            return False
        ratio = own / known
        return bool(np.ptp(ratio) <= EQUAL * abs(ratio).max())


def coordinates_of(scheme: Scheme) -> Coordinates:
    """The coordinates of a scheme: its slots at the designed points, its life cycle."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in slot_names()}
    for deployment in _deployments():
        evaluator = build_evaluator(deployment, scheme, 1.0, CONTEXTS, prompt=(PROMPT_SHARE * CONTEXTS).round())
        layers = np.ravel(evaluator["layer_count"]).astype(int)
        for name, values in parts.items():
            by_group = np.broadcast_to(evaluator[name], (len(CONTEXTS), len(layers), 1))
            values.append(np.repeat(by_group, layers, axis=1).ravel())
    return Coordinates({name: np.concatenate(values) for name, values in parts.items()}, dict(scheme.spec.lifecycle))


@functools.cache
def slot_names() -> tuple[str, ...]:
    """Every slot, by name, but those that follow from others."""
    slots = {name for name, entry in vocabulary().items() if entry["kind"] == "slot"}
    return tuple(sorted(slots - set(DERIVED)))


@functools.cache
def _deployments() -> tuple[Deployment, ...]:
    return tuple(resolve_deployment(model, "h100-sxm", ranks=1, engine="vllm") for model in MODELS)


def _apart(own: Any, known: Any) -> float:
    return UNSTATED if (own is None) != (known is None) else float(own != known)


def _canberra(own: np.ndarray, known: np.ndarray) -> float:
    """Mean over the points; equal values are 0 apart, one that is infinite is 1 from any that is not."""
    size = abs(own) + abs(known)
    differs = ~np.isclose(own, known, rtol=EQUAL, atol=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(np.isinf(size), 1.0, abs(own - known) / size)
    return float(np.where(differs, apart, 0.0).mean())
