"""From which context a scheme makes a whole decode step faster: the equation, its condition, and the number or never.

The number is the last root of the full expression over the context, found on a grid and then by bisection; the equation is
where the binding branches of scheme and baseline cross. Both are printed, and how far they lie apart.
"""

from dataclasses import dataclass, field

import numpy as np

from costmodel.errors import FactError
from costmodel.evaluation import library, setting
from costmodel.evaluation.outputs import Z90, Passes, flat, held, passes
from costmodel.facts.deployment import Deployment

EQUATION = "T* = (t_fix - t_fix_baseline) / (κ_baseline - κ)"
CONDITION = (
    "where κ < κ_baseline; κ = B·H_loc·s·(1/η + μ/λ)/β where memory binds, τ·B·H_q/(u·S) where the multiprocessors bind"
)
LOWEST = 16.0
GRID = 400


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
    where: Deployment, scheme: str | library.Scheme, batch, longest: float | None = None, baseline: str | None = None
) -> list[BreakEven]:
    """The break-even context of a scheme at each batch.

    ``batch`` is a number or a list in sequences; ``longest`` the last context looked at (the model's by default). Raises
    FactError for a batch or a context that is not positive.
    """
    scheme = library.scheme(scheme) if isinstance(scheme, str) else scheme
    against = library.scheme(baseline or scheme.baseline)
    longest = min(where.model.max_context, 1e7) if longest is None else float(longest)
    batch = np.atleast_1d(np.asarray(batch, dtype=float))
    if not (batch > 0).all() or not longest > LOWEST:
        raise FactError(f"batch and context: found {batch.min():g} and {longest:g}, due numbers above 0 and {LOWEST:g}")
    grid = np.geomspace(LOWEST, longest, GRID)
    ours = passes(where, scheme, batch[:, None], grid[None, :])
    theirs = passes(where, against, batch[:, None], grid[None, :])
    table = held(ours.step, theirs.step)
    gain = np.log(np.broadcast_to(flat(table["speedup"]), (len(batch), GRID)))
    spread = np.broadcast_to(flat(table["speedup_spread"]), gain.shape)
    found = []
    for row, size in enumerate(batch):
        root = _last_crossing(where, scheme, against, size, grid, gain[row])
        bounds = [_grid_crossing(grid, gain[row] + sign * Z90 * spread[row]) for sign in (1, -1)]
        found.append(_answer(where, scheme, against, size, root, bounds, longest))
    return found


def _last_crossing(where, scheme, against, size, grid, gain) -> float:
    rough = _grid_crossing(grid, gain)
    if np.isinf(rough) or rough <= LOWEST:
        return rough
    place = int(np.searchsorted(grid, rough)) - 1
    low, high = grid[place], grid[min(place + 1, len(grid) - 1)]
    for _ in range(40):  # bisection: the expression has ceilings, so no smoother method is safe
        middle = np.sqrt(low * high)
        value = _gain(where, scheme, against, size, middle)
        low, high = (middle, high) if value <= 0 else (low, middle)
    return float(high)


def _gain(where, scheme, against, size, context) -> float:
    ours, theirs = (setting.table(where, each, size, context, prompt=context) for each in (scheme, against))
    return float(np.log(flat(held(ours, theirs)["speedup"])))


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


def _answer(where, scheme, against, size, root, bounds, longest) -> BreakEven:
    at = root if np.isfinite(root) else longest
    pair = [passes(where, each, size, max(at, LOWEST)) for each in (scheme, against)]
    lines = [_line(made) for made in pair]
    line = _crossing(lines)
    terms = {
        "fixed_time": lines[0][0],
        "slope": lines[0][1],
        "baseline_fixed_time": lines[1][0],
        "baseline_slope": lines[1][1],
    }
    branches = (lines[0][2], lines[1][2])
    return BreakEven(scheme.id, against.id, float(size), root, bounds[0], bounds[1], branches, line, terms, longest)


def _line(made: Passes) -> tuple[float, float, str]:
    """Fixed time, slope and binding branch of the layers whose cache grows, a layer on average."""
    step = made.step
    weights = np.asarray(step["layer_count"] * step["grows"])
    memory, busy = (np.asarray(step[n]) for n in ("attention_memory_time", "multiprocessor_time"))

    def mean(name):
        return float(
            (np.broadcast_to(step[name], np.broadcast_shapes(np.shape(step[name]), weights.shape)) * weights).sum()
            / weights.sum()
        )

    branch = "memory" if float((memory * weights).sum()) >= float((busy * weights).sum()) else "multiprocessors"
    slope = mean("memory_slope" if branch == "memory" else "multiprocessor_slope")
    reads = mean("read_tokens")
    slope *= min(1.0, reads / float(flat(step["context"]))) if reads > 0 else 0.0
    return mean("attention_floor") + mean("codec_time"), slope, branch


def _crossing(lines) -> float:
    (fixed, slope, _), (base_fixed, base_slope, _) = lines
    if slope >= base_slope:
        return np.inf if fixed >= base_fixed else LOWEST
    function, arguments, _ = library.law().formulas["break_even_context"]
    values = {"fixed_time": fixed, "slope": slope, "baseline_fixed_time": base_fixed, "baseline_slope": base_slope}
    return max(float(function(*(values[name] for name in arguments))), LOWEST)
