"""A sweep in a few words a scheme: its verdict at the same batch and what that stands on, its capacity, loss and flag.

Cells are counted by their verdicts, so that nothing wins that nobody measured. The reason is the term of the step that
shrinks most (or grows most, where a scheme never wins) between baseline and scheme at the named point.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.analyses.availability import where_it_runs
from costmodel.analyses.quality import first_published
from costmodel.evaluation.ask.grid import Grid
from costmodel.evaluation.ask.step import waterfall
from costmodel.evaluation.ask.verdicts import BEYOND, LOSES, NEEDS_KERNEL, WINS
from costmodel.evaluation.compile.compiled import load_scheme, load_terms
from costmodel.facts.evidence import weakest
from costmodel.facts.schemes import SchemeSpec, parse_scheme

OUTPUTS = (
    *(
        "fits",
        "speedup_lo",
        "speedup",
        "speedup_hi",
        "verdict",
        "evidence",
        "implementation",
        "kernel_budget_ns",
        "ttft_ratio",
    ),
    *("speedup_capacity_lo", "speedup_capacity", "speedup_capacity_hi", "local_sequence_size", "step_time"),
)


SLOW_PROMPT = 0.9  # ratio of times to first token below which it is printed beside the verdict
CAPACITY_IS = "decode only: static, no prompts, each side at its own largest batch"


def needed_outputs() -> tuple[str, ...]:
    """The columns of a sweep that a summary reads."""
    terms = [quantity for term in load_terms() for quantity in term.quantities]
    return tuple(dict.fromkeys([*OUTPUTS, *terms]))


@dataclass(frozen=True)
class SchemeSummary:
    """Summary of one scheme over a sweep.

    ``kv_bytes_ratio`` is bytes of a sequence over the baseline's at the longest context; fractions are of cells that fit;
    ``max_speedup`` is 0 where the scheme never wins; ``min_ratio`` and ``max_ratio`` are the ends of the speed-up over all
    cells. ``kernel_budget`` (ns a token and KV head) is at the longest context and the largest batch that fits there.
    ``capacity`` is static: decode steps alone, each side at its own largest batch; ``capacity_low`` and ``capacity_high`` are
    its 90 % ends. ``quality`` is the published loss in words, ``runs`` where the scheme runs, ``ttft_ratio`` the least ratio
    of times to first token.
    """

    scheme: str
    baseline: str
    kv_bytes_ratio: float
    win_region: str
    loss_fraction: float
    max_speedup: float
    main_change: str
    wins: int
    loses: int
    inconclusive: int
    capacity: float
    capacity_at: str
    needs_kernel: int
    min_ratio: float
    max_ratio: float
    evidence: str
    implementation: str
    kernel_budget: float
    capacity_low: float
    capacity_high: float
    ttft_ratio: float
    quality: str
    runs: str
    runs_in_short: str

    @property
    def verdict(self) -> str:
        """The verdict at the same batch as a phrase."""
        slow_prompt = f", first token {self.ttft_ratio:.2f}×" if self.ttft_ratio < SLOW_PROMPT else ""
        if self.wins:
            return f"wins {self.win_region}, {self.max_speedup:.2f}×{slow_prompt}"
        if self.needs_kernel:
            return f"needs kernel (ideal {self.max_ratio:.2f}×)"
        if self.loses:
            return f"loses, {self.min_ratio:.2f}×{slow_prompt}"
        return self.win_region

    def as_dict(self) -> dict:
        """Values by the keys of ``costmodel sweep --json``."""
        return {
            "scheme": self.scheme,
            "baseline": self.baseline,
            "sequence_share": self.kv_bytes_ratio,
            "where": self.win_region,
            "losing": self.loss_fraction,
            "best": self.max_speedup,
            "why": self.main_change,
            "wins": self.wins,
            "loses": self.loses,
            "unsure": self.inconclusive,
            "capacity": self.capacity,
            "capacity_at": self.capacity_at,
            "capacity_lo": self.capacity_low,
            "capacity_hi": self.capacity_high,
            "capacity_is": CAPACITY_IS,
            "verdict": self.verdict,
            "needs_kernel": self.needs_kernel,
            "evidence": self.evidence,
            "implementation": self.implementation,
            "kernel_budget_ns": self.kernel_budget,
            "ttft_ratio": self.ttft_ratio,
            "quality_loss": self.quality,
            "runs": self.runs,
        }


def with_baselines(schemes: Sequence[str]) -> list[str]:
    """The schemes, preceded by every baseline that one of them is compared with and that is not among them."""
    specs = [parse_scheme(text) for text in schemes]
    baselines = [load_scheme(spec.baseline).id for spec in specs]
    listed = {spec.id: text for spec, text in zip(specs, schemes, strict=True)}
    return [baseline for baseline in dict.fromkeys(baselines) if baseline not in listed] + list(schemes)


def summarise(grid: Grid) -> list[SchemeSummary]:
    """A summary of every scheme of a one-deployment grid that is not its own baseline.

    The grid must hold ``needed_outputs``; raises UnknownName otherwise.
    """
    pairs = [(scheme.id, load_scheme(scheme.baseline).id) for scheme in grid.schemes]
    return [_summarise_scheme(grid, scheme, baseline) for scheme, baseline in pairs if scheme != baseline]


def _summarise_scheme(grid: Grid, scheme: str, baseline: str) -> SchemeSummary:
    verdict, evidence = grid.column("verdict", scheme), grid.column("evidence", scheme)
    fits = grid.column("fits", scheme) & grid.column("fits", baseline) & (verdict != BEYOND)
    low, high, ratio = (grid.column(f"speedup{end}", scheme) for end in ("_lo", "_hi", ""))
    wins, loses, needs = (fits & (verdict == word) for word in (WINS, LOSES, NEEDS_KERNEL))
    tokens_in_flight = grid.batch[:, None] * grid.context[None, :]
    best = np.unravel_index(np.where(fits, ratio, -np.inf).argmax(), ratio.shape)
    worst = np.unravel_index(np.where(fits, ratio, np.inf).argmin(), ratio.shape)
    capacity = grid.column("speedup_capacity", scheme)[0]
    served = ~(verdict == BEYOND).all(axis=0)
    capacity = np.where(np.isfinite(capacity) & served, capacity, -1.0)
    top = int(capacity.argmax())
    capacity_ends = [float(grid.column(f"speedup_capacity{end}", scheme)[0][top]) for end in ("_lo", "_hi")]
    loaded = next(candidate for candidate in grid.schemes if candidate.id == scheme)
    largest = int(fits[:, -1].sum()) - 1 if fits[:, -1].any() else 0
    sizes = [grid.column("local_sequence_size", side)[0, -1] for side in (scheme, baseline)]
    return SchemeSummary(
        scheme,
        baseline,
        float(sizes[0] / sizes[1]),
        _describe_region(wins, loses, fits, tokens_in_flight),
        float(loses[fits].mean()) if fits.any() else 0.0,
        float(ratio[best]) if wins.any() else 0.0,
        _describe_change(grid, scheme, baseline, best if wins.any() else worst, bool(wins.any())),
        int(wins.sum()),
        int(loses.sum()),
        int((fits & ~wins & ~loses & ~needs).sum()),
        max(float(capacity[top]), 0.0),
        _format_short(grid.context[top]),
        needs_kernel=int(needs.sum()),
        min_ratio=float(ratio[worst]),
        max_ratio=float(np.where(fits, high, -np.inf).max()),
        evidence=weakest(set(evidence[fits])) if fits.any() else "",
        implementation=str(grid.column("implementation", scheme)[0, 0]),
        kernel_budget=float(grid.column("kernel_budget_ns", scheme)[largest, -1]),
        capacity_low=capacity_ends[0],
        capacity_high=capacity_ends[1],
        ttft_ratio=float(grid.column("ttft_ratio", scheme)[0].min()),
        quality=quality_in_words(loaded.spec, grid.deployments[0][0].model.id),
        runs=where_it_runs(grid.deployments[0][0], loaded),
        runs_in_short=where_it_runs(grid.deployments[0][0], loaded, in_short=True),
    )


def quality_in_words(setting: SchemeSpec, model: str) -> str:
    """The published loss of a setting on the first benchmark that has one, or ``unknown``."""
    loss = first_published(setting, model)
    return "unknown" if loss is None else f"{loss.value:.1%} {loss.benchmark.name}"


def _describe_region(wins, loses, fits, tokens_in_flight) -> str:
    if not fits.any():
        return "nothing fits"
    if not wins.any():
        return "nowhere" if loses.any() else "cannot tell"
    if wins[fits].all():
        return "everywhere"
    last_not_won = tokens_in_flight[fits & ~wins].max()
    beyond = tokens_in_flight[fits & (tokens_in_flight > last_not_won)]
    if beyond.size:
        return f"from {_format_short(beyond.min())} tokens in flight"
    return f"in {wins[fits].mean():.0%} of cells"


def _describe_change(grid: Grid, scheme: str, baseline: str, index, wins: bool) -> str:
    amounts, baseline_amounts = (
        waterfall(lambda name, side=side: grid.column(name, side)[index]) for side in (scheme, baseline)
    )
    change = {term: amounts[term] - baseline_amounts[term] for term in amounts}
    term = (min if wins else max)(change, key=lambda name: change[name])
    return f"{term} {change[term] / grid.column('step_time', baseline)[index]:+.0%} of the step"


def _format_short(number: float) -> str:
    for size, letter in ((1024**2, "M"), (1024, "K")):
        if number >= size and number % size == 0:
            return f"{number / size:.0f}{letter}"
    return f"{number:,.0f}"
