"""From which context a scheme makes a whole decode step faster: the equation, its condition, and the number or never.

The number is the last root of the full expression over the context, found on a grid and then by bisection; the equation is
where the binding branches of scheme and baseline cross. Both are printed, and how far they lie apart.
"""

from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import InputError
from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.ask.step import compare_steps
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.shared_terms import build_evaluators
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import Deployment

EQUATION = "T* = (t_fix - t_fix_baseline) / (κ_baseline - κ)"
CONDITION = (
    "where κ < κ_baseline; κ = B·H_loc·s·(1/η + μ/λ)/β where memory binds, τ·B·H_q/(u·S) where the multiprocessors bind"
)
LOWEST = 16.0
GRID = 400
TIE = 1e-9
HALVINGS = 24  # of one step of the grid, 2.3 %: far below a token


@dataclass(frozen=True)
class BreakEven:
    """The break-even of one scheme at one batch.

    ``context`` is in tokens, ``inf`` for never and ``LOWEST`` where the scheme wins from the start; ``low`` and ``high``
    bound it at 90 %. ``branches`` are what binds scheme and baseline there; ``line`` is the crossing of the two branches.
    """

    scheme: str
    baseline: str
    batch: float
    context: float
    low: float
    high: float
    branches: tuple[str, str]
    line: float
    terms: dict[str, float] = field(default_factory=dict)
    longest: float = np.inf

    @property
    def words(self) -> str:
        """The answer in words."""
        if np.isinf(self.context):
            return f"never, up to {self.longest:,.0f} tokens"
        if self.context <= LOWEST:
            return "from the first token"
        return f"from {self.context:,.0f} tokens"


def break_even(
    where: Deployment, scheme: str | compiled.Scheme, batch, longest: float | None = None, baseline: str | None = None
) -> list[BreakEven]:
    """The break-even context of a scheme at each batch.

    ``batch`` is a number or a list in sequences; ``longest`` the last context looked at (the model's by default). Raises
    InputError for a batch or a context that is not positive.
    """
    scheme = compiled.load_scheme(scheme) if isinstance(scheme, str) else scheme
    against = compiled.load_scheme(baseline or scheme.baseline)
    longest = min(where.model.max_context, 1e7) if longest is None else float(longest)
    batch = np.atleast_1d(np.asarray(batch, dtype=float))
    if not (batch > 0).all() or not longest > LOWEST:
        raise InputError(
            f"batch and context: found {batch.min():g} and {longest:g}, due numbers above 0 and {LOWEST:g}"
        )
    grid = np.geomspace(LOWEST, longest, GRID)
    table = _held(where, scheme, against, batch[:, None], grid[None, :])
    gain = np.broadcast_to(_gain(table), (len(batch), GRID))
    spread = Z90 * np.broadcast_to(drop_model_axes(table["speedup_spread"]), gain.shape)
    root = _last_crossing(where, scheme, against, batch, grid, gain)
    bounds = [[_grid_crossing(grid, row) for row in gain + sign * spread] for sign in (1, -1)]
    at = np.maximum(np.where(np.isfinite(root), root, longest), LOWEST)
    lines = [_lines(build_evaluator(where, each, batch, at, prompt=at), len(batch)) for each in (scheme, against)]
    rows = zip(batch, root, *bounds, *lines, strict=True)
    return [_answer(scheme, against, longest, *row) for row in rows]


def _held(where, scheme, against, batch, context) -> Evaluator:
    """The step of the scheme compared with that of the baseline."""
    return compare_steps(*build_evaluators(where, (scheme, against), batch, context))


def _gain(table: Evaluator) -> np.ndarray:
    """Log speed-up, less what rounding makes of a tie: a scheme that does nothing yet is no faster."""
    return np.log(drop_model_axes(table["speedup"])) - TIE


def _last_crossing(where, scheme, against, batch, grid, gain) -> np.ndarray:
    """The last root of every row, by bisection: the expression has ceilings, so no smoother method is safe."""
    rough = np.array([_grid_crossing(grid, row) for row in gain])
    open_ = np.isfinite(rough) & (rough > LOWEST)
    if not open_.any():
        return rough
    place = np.searchsorted(grid, rough[open_]) - 1
    low, high = grid[place], grid[np.minimum(place + 1, len(grid) - 1)]
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        losing = np.broadcast_to(_gain(_held(where, scheme, against, batch[open_], middle)), middle.shape) <= 0
        low, high = np.where(losing, middle, low), np.where(losing, high, middle)
    found = rough.copy()
    found[open_] = high
    return found


def _grid_crossing(grid, gain) -> float:
    """Context after which the gain stays positive; infinite where its last value is not."""
    losing = np.flatnonzero(gain <= 0)
    if losing.size == 0:
        return LOWEST
    if losing[-1] == len(grid) - 1:
        return np.inf
    place = losing[-1]
    share = -gain[place] / (gain[place + 1] - gain[place])
    return float(np.exp(np.log(grid[place]) + share * np.log(grid[place + 1] / grid[place])))


def _answer(scheme, against, longest, size, root, low, high, ours, theirs) -> BreakEven:
    terms = {
        "fixed_time": ours[0],
        "slope": ours[1],
        "baseline_fixed_time": theirs[0],
        "baseline_slope": theirs[1],
    }
    branches, line = (ours[2], theirs[2]), _crossing([ours, theirs])
    return BreakEven(scheme.id, against.id, float(size), float(root), low, high, branches, line, terms, longest)


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


def _crossing(lines) -> float:
    (fixed, slope, _), (base_fixed, base_slope, _) = lines
    if slope >= base_slope:
        return np.inf if fixed >= base_fixed else LOWEST
    function, arguments, _ = compiled.load_formulas().formulas["break_even_context"]
    values = {"fixed_time": fixed, "slope": slope, "baseline_fixed_time": base_fixed, "baseline_slope": base_slope}
    return max(float(function(*(values[name] for name in arguments))), LOWEST)
