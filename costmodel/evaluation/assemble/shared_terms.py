"""What schemes share: terms of a step that no slot of a scheme reaches are those of the uncompressed cache.

Matrix products, all-reduces and small kernels are most of the work of a table and none of it is the scheme's, unless it
projects or shares heads; so many schemes on one deployment need them once.
"""

import functools

import numpy as np

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_formulas, load_scheme
from costmodel.facts.deployment import Deployment

TERMS = (
    "matrix_step_time", "matrix_launch_time", "matrix_memory_bound_time", "matrix_compute_bound_time",
    "communication_step_time", "small_kernel_time", "state_step_time", "gemm_spread", "pool_room",
)  # fmt: skip


@functools.cache
def dependencies(name: str) -> frozenset[str]:
    """Every quantity that a term stands on, through formulas and through the shapes of the matrix products."""
    found: set[str] = set()
    shapes = [arguments for fields in load_formulas().products.values() for _, arguments, _ in fields.values()]
    waiting = [name]
    while waiting:
        step = load_formulas().formulas.get(waiting.pop())
        for argument in step[1] if step else ():
            if argument not in found:
                found.add(argument)
                waiting.append(argument)
                if argument in ("rows", "columns", "inner", "product_count", "stored_weights"):
                    waiting += [each for arguments in shapes for each in arguments if each not in found]
                    found.update(each for arguments in shapes for each in arguments)
    return frozenset(found)


def terms_unaffected_by(made: Scheme) -> tuple[str, ...]:
    """Which of ``TERMS`` the slots of a scheme do not reach."""
    return tuple(name for name in TERMS if not dependencies(name) & made.slots.keys())


def compute_shared_terms(where: Deployment, batch, context) -> dict[str, np.ndarray]:
    """``TERMS`` of the uncompressed cache over broadcast arrays of batch and context."""
    plain = build_evaluator(where, load_scheme("none"), batch, context, prompt=context)
    return {name: plain[name] for name in TERMS}


def build_evaluator_with_shared(
    where: Deployment, made: Scheme, batch, context, known: dict[str, np.ndarray], **options
) -> Evaluator:
    """A table of one scheme that takes from ``known`` (``terms`` of the same axes) whatever its slots do not reach.

    Every prompt is as long as its context; ``options`` are further ones of ``setting.table``.
    """
    fresh = build_evaluator(where, made, batch, context, prompt=context, **options)
    fresh.values |= {name: known[name] for name in terms_unaffected_by(made) if name in known}
    return fresh
