"""The context from which a scheme makes a whole decode step faster: the equation, its condition, and the number or never.

The number is the last root of the full expression over the context, located on a grid and then by bisection; the equation is
where the binding branches of scheme and baseline cross. Both are printed, so that their distance is visible.
"""

import functools
from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.bisection import halve
from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.ask.step import compare_steps
from costmodel.evaluation.assemble.assembly import assemble, with_ideal_kernels
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.shared_terms import build_evaluators
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment
from costmodel.facts.evidence import is_decisive, weakest

EQUATION = "T* = (t_fix - t_fix_baseline) / (κ_baseline - κ)"
CONDITION = (
    "where κ < κ_baseline; κ = B·H_loc·s·(1/η + μ/λ)/β where memory binds, τ·B·H_q/(u·S) where the multiprocessors bind"
)
MIN_CONTEXT = 16.0
GRID_POINTS = 400
WIDE = 8.0
TIE = 1e-9
HALVINGS = 6  # to one call
BISECTION_STEPS = 24  # of one step of the grid, 2.3 %: far below a token


@dataclass(frozen=True)
class BreakEven:
    """The break-even of one scheme at one batch.

    ``context`` is in tokens, ``inf`` for never and ``MIN_CONTEXT`` where the scheme wins from the start; ``low`` and ``high``
    bound it at 90 %: for a kernel that nobody measured, with an ideal and with a slow one. ``evidence`` is what the steps are
    known from. ``branches`` are what binds scheme and baseline there; ``branch_crossing`` is where the two branches
    cross (tokens); ``max_context`` is the largest context that was searched.
    """

    scheme: str
    baseline: str
    batch: float
    context: float
    low: float
    high: float
    branches: tuple[str, str]
    branch_crossing: float
    terms: dict[str, float] = field(default_factory=dict)
    max_context: float = np.inf
    evidence: str = "measured"

    @property
    def is_wide(self) -> bool:
        """Whether the interval leaves the answer to the kernel: its ends are a factor of eight apart, or one is never."""
        return bool(self.high > WIDE * max(self.low, MIN_CONTEXT))

    @property
    def text(self) -> str:
        """The answer as a phrase; where nobody measured the kernel, that of the estimate, said so."""
        return self._text if is_decisive(self.evidence) else f"{self._text} ({self.evidence})"

    @property
    def _text(self) -> str:
        if np.isinf(self.context):
            return f"never, up to {self.max_context:,.0f} tokens"
        if self.context <= MIN_CONTEXT:
            return "from the first token"
        return f"from {self.context:,.0f} tokens"


def break_even(
    deployment: Deployment,
    scheme: str | compiled.Scheme,
    batch,
    max_context: float | None = None,
    baseline: str | None = None,
) -> list[BreakEven]:
    """The break-even context of a scheme at each batch.

    ``batch`` is a number or a list in sequences; ``max_context`` the largest context to search in tokens (the model's by
    default); ``baseline`` replaces the scheme's own. Returns one BreakEven per batch. Raises InputError for a batch or a
    context that is not positive.
    """
    scheme = compiled.load_scheme(scheme) if isinstance(scheme, str) else scheme
    baseline_scheme = compiled.load_scheme(baseline or scheme.baseline)
    max_context = min(deployment.model.max_context, 1e7) if max_context is None else float(max_context)
    batch = np.atleast_1d(np.asarray(batch, dtype=float))
    if not (batch > 0).all() or not max_context > MIN_CONTEXT:
        raise InputError(
            f"batch and context: expected numbers above 0 and {MIN_CONTEXT:g}, got {batch.min():g} and {max_context:g}"
        )
    return list(_break_evens(deployment, scheme, baseline_scheme, tuple(batch.tolist()), max_context))


@functools.lru_cache(maxsize=256)
def _break_evens(
    deployment: Deployment,
    scheme: compiled.Scheme,
    baseline_scheme: compiled.Scheme,
    batches: tuple[float, ...],
    max_context: float,
) -> tuple[BreakEven, ...]:
    """The same, of what was checked; lines of one deployment are asked for again with every scheme that is shown in detail."""
    batch = np.array(batches)
    grid = np.geomspace(MIN_CONTEXT, max_context, GRID_POINTS)
    comparison = _compare(deployment, scheme, baseline_scheme, batch[:, None], grid[None, :])
    gain = np.broadcast_to(_gain(comparison), (len(batch), GRID_POINTS))
    root = _last_crossing(deployment, scheme, baseline_scheme, batch, grid, gain)
    evidence = weakest(assemble(deployment, side).evidence for side in (scheme, baseline_scheme))
    bounds = [
        [_grid_crossing(grid, row) for row in np.broadcast_to(end, gain.shape)]
        for end in _gain_ends(deployment, scheme, baseline_scheme, batch[:, None], grid[None, :], comparison, evidence)
    ]
    point = np.maximum(np.where(np.isfinite(root), root, max_context), MIN_CONTEXT)
    branch_lines = [
        _lines(build_evaluator(deployment, side, batch, point, prompt=point), len(batch))
        for side in (scheme, baseline_scheme)
    ]
    rows = zip(batch, root, *bounds, *branch_lines, strict=True)
    return tuple(_break_even(scheme, baseline_scheme, max_context, evidence, *row) for row in rows)


def _compare(deployment, scheme, baseline, batch, context) -> Evaluator:
    """The step of the scheme compared with that of the baseline."""
    return compare_steps(*build_evaluators(deployment, (scheme, baseline), batch, context))


def _gain_ends(deployment, scheme, baseline, batch, context, comparison: Evaluator, evidence: str):
    """The most and the least of the log speed-up at 90 %."""
    if is_decisive(evidence) or assemble(deployment, scheme).choice.kind == "same":
        spread = Z90 * drop_model_axes(comparison["speedup_spread"])
        return _gain(comparison) + spread, _gain(comparison) - spread
    ideal = with_ideal_kernels(deployment)
    fastest = compare_steps(
        build_evaluator(ideal, scheme, batch, context), build_evaluator(deployment, baseline, batch, context)
    )
    spread = Z90 * drop_model_axes(fastest["speedup_spread"])
    slowest = np.log(drop_model_axes(fastest["baseline_step_time"] / fastest["slow_step_time"]))
    return _gain(fastest) + spread, slowest - spread


def _gain(comparison: Evaluator) -> np.ndarray:
    """Log speed-up, less what rounding makes of a tie: a scheme that does nothing yet is no faster."""
    return np.log(drop_model_axes(comparison["speedup"])) - TIE


def _last_crossing(deployment, scheme, baseline, batch, grid, gain) -> np.ndarray:
    """The last root of every row, by bisection: the expression has ceilings, so no smoother method is safe."""
    rough = np.array([_grid_crossing(grid, row) for row in gain])
    is_bracketed = np.isfinite(rough) & (rough > MIN_CONTEXT)
    if not is_bracketed.any():
        return rough
    index = np.searchsorted(grid, rough[is_bracketed]) - 1
    low, high = grid[index], grid[np.minimum(index + 1, len(grid) - 1)]

    def is_losing(context: np.ndarray) -> np.ndarray:
        return _gain(_compare(deployment, scheme, baseline, batch[is_bracketed], context)) <= 0

    for _ in range(BISECTION_STEPS // HALVINGS):
        low, high = halve(low, high, is_losing, lambda one, other: np.sqrt(one * other), HALVINGS)
    roots = rough.copy()
    roots[is_bracketed] = high
    return roots


def _grid_crossing(grid, gain) -> float:
    """Context after which the gain stays positive; infinite where its last value is not."""
    losing = np.flatnonzero(gain <= 0)
    if losing.size == 0:
        return MIN_CONTEXT
    if losing[-1] == len(grid) - 1:
        return np.inf
    index = losing[-1]
    fraction = -gain[index] / (gain[index + 1] - gain[index])
    return float(np.exp(np.log(grid[index]) + fraction * np.log(grid[index + 1] / grid[index])))


def _break_even(
    scheme, baseline, max_context, evidence, batch, root, low, high, scheme_line, baseline_line
) -> BreakEven:
    terms = {
        "fixed_time": scheme_line[0],
        "slope": scheme_line[1],
        "baseline_fixed_time": baseline_line[0],
        "baseline_slope": baseline_line[1],
    }
    branches, branch_crossing = (scheme_line[2], baseline_line[2]), _crossing([scheme_line, baseline_line])
    return BreakEven(
        scheme.id,
        baseline.id,
        float(batch),
        float(root),
        low,
        high,
        branches,
        branch_crossing,
        terms,
        max_context,
        evidence,
    )


def _lines(step: Evaluator, count: int) -> list[tuple[float, float, str]]:
    """Fixed time, slope and binding branch at every batch, of the layers whose cache grows, a layer on average."""
    weights = np.asarray(step["layer_count"] * step["grows"])

    def summed(name):
        return np.broadcast_to((step[name] * weights).sum(axis=(-2, -1)), (count,))

    def mean(name):
        return summed(name) / weights.sum()

    memory = summed("attention_memory_time") >= summed("multiprocessor_time")
    slope = np.where(memory, mean("memory_slope"), mean("multiprocessor_slope"))
    reads, context = mean("read_tokens"), np.broadcast_to(drop_model_axes(step["context"]), (count,))
    slope = slope * np.where(reads > 0, np.minimum(1.0, reads / context), 0.0)
    fixed = mean("attention_floor") + mean("codec_time")
    branches = np.where(memory, "memory", "multiprocessors")
    return [(float(f), float(s), str(b)) for f, s, b in zip(fixed, slope, branches, strict=True)]


def _crossing(branch_lines) -> float:
    (fixed, slope, _), (baseline_fixed, baseline_slope, _) = branch_lines
    if slope > baseline_slope or (slope == baseline_slope and fixed >= baseline_fixed):
        return np.inf
    if slope == baseline_slope:
        return MIN_CONTEXT
    function, arguments, _ = compiled.load_formulas().formulas["break_even_context"]
    values = {
        "fixed_time": fixed,
        "slope": slope,
        "baseline_fixed_time": baseline_fixed,
        "baseline_slope": baseline_slope,
    }
    return max(float(function(*(values[name] for name in arguments))), MIN_CONTEXT)
