"""How fast a kernel must be for a scheme to pay: the budget, and what the kernels that exist or could exist take.

The budget solves baseline step = rest of the scheme's step + budget × cached work for the budget; beside it stand the
16-bit kernel, an ideal one, the estimate from compiled code and every implementation that somebody measured.
"""

from dataclasses import dataclass, field

import numpy as np

from costmodel.evaluation.ask.compare import full_step, same_step
from costmodel.evaluation.ask.passes import Passes, build_passes
from costmodel.evaluation.ask.step import compare_steps
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import implementations
from costmodel.facts.deployment import COMPILED, IDEAL, Deployment
from costmodel.facts.evidence import is_decisive
from costmodel.facts.slowdowns import slowdowns

EQUATION = "τ* = (t_step⁰·B/B⁰ − t_rest) / N_c"
CONDITION = (
    "t_rest: the scheme's step without its attention; N_c: tokens × KV heads of the baseline's cache on one GPU, "
    "over the full-attention layers; launches included"
)


@dataclass(frozen=True)
class KernelTime:
    """What a kernel takes a token and head of the baseline's cache: seconds over the points, and what that is known from."""

    name: str
    evidence: str
    seconds: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class KernelBudget:
    """Budgets of a scheme over points: at the same batch, and each at its own largest batch; seconds a token and head.

    Negative: even a kernel that takes no time loses. ``kernels`` are the baseline's, an ideal one, the compiled estimate and
    the implementations known; ``slow_end`` is how much slower than ideal shipped kernels are at worst, in words.
    """

    scheme: str
    baseline: str
    latency: np.ndarray
    capacity: np.ndarray
    kernels: tuple[KernelTime, ...]
    slow_end: str


def kernel_budget(deployment: Deployment, scheme: str | Scheme, batch, context) -> KernelBudget:
    """The budget of a scheme at ``batch`` (sequences) and ``context`` (tokens), which broadcast against each other.

    Raises UnknownName for a scheme that no file has.
    """
    scheme = load_scheme(scheme) if isinstance(scheme, str) else scheme
    baseline = load_scheme(scheme.baseline)
    batch, context = np.asarray(batch, dtype=float), np.asarray(context, dtype=float)
    passes, against = (build_passes(deployment, side, batch, context) for side in (scheme, baseline))
    shape = np.broadcast_shapes(batch.shape, context.shape)

    def over(value) -> np.ndarray:
        return np.broadcast_to(drop_model_axes(value), shape)

    latency = over(compare_steps(same_step(passes), same_step(against))["kernel_budget"])
    capacity = over(compare_steps(full_step(passes), full_step(against))["kernel_budget"])
    kernels = [KernelTime(f"{baseline.id}, {deployment.engine.id}", against.assembly.evidence, over(_time(against)))]
    for name, sides in _variants(deployment, scheme, batch, context):
        kernels.append(KernelTime(name, sides.assembly.evidence, over(_time(sides))))
    kind = assemble(deployment, scheme).choice.kind
    described = slowdowns("selection" if kind == "selection" else "format").describe()
    return KernelBudget(scheme.id, baseline.id, latency, capacity, tuple(kernels), described)


def _time(passes: Passes):
    return passes.step["kernel_time"]


def _variants(deployment: Deployment, scheme: Scheme, batch, context):
    """The scheme with an ideal kernel, a compiled one, and every measured implementation that runs on the GPU."""
    for word in (IDEAL, COMPILED):
        yield word, build_passes(deployment.with_options(implementation=word), scheme, batch, context)
    base = scheme.spec.parts[0].id if len(scheme.spec.parts) == 1 else ""
    names = [i.id for i in implementations.of_scheme(base, deployment.engine.id) if i.runs_on(deployment.gpu)]
    shown = set()
    for name in [*names, deployment.implementation]:
        sides = build_passes(deployment.with_options(implementation=name), scheme, batch, context)
        choice = sides.assembly.choice
        if choice.id not in shown and is_decisive(sides.assembly.evidence):
            shown.add(choice.id)
            yield choice.id, sides
