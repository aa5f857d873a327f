"""One scheme under a load: means and percentiles over requests, from a replay whose steps take the time of the formulas.

Intervals are those of the closed form of the same load: what its kernels, scheduling and host may be wrong by, as a factor of
the replayed time. Conditions: one replica, first come first served, the engine's own admission.
"""

from dataclasses import dataclass

import numpy as np

from costmodel.analyses.load.workload import Workload
from costmodel.evaluation.ask.load import Load, binding_term_under_load, load_times, serve_load
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.stress.replay import Costs, Replayed, Scheduler, costs_of

PERCENTILES = (50, 95, 99)
BUSY = 0.02  # share of the time in which requests wait, above which that is what limits
OVERLOAD = 0.05  # of the arrivals that are not served, above which a replica is overloaded
MILLI = 1e3
POOL, SEATS, REPLICA, NOTHING = "pool", "max_num_seqs", "replica", "nothing"
LIMITS = {
    POOL: "the pool of the cache",
    SEATS: "the scheduler's limit of sequences",
    REPLICA: "more arrive than the replica serves; waits grow for as long as they do",
    NOTHING: "nobody waits for room",
}


@dataclass(frozen=True)
class UnderLoad:
    """``columns``: tpot_ms, ttft_ms (mean, _lo, _hi, _p50, _p95, _p99), throughput_tok_s (mean, _lo, _hi).

    ``running`` and ``waiting`` are means over time, ``preemptions`` those of a request; ``limited_by`` is what makes requests
    wait (a key of LIMITS), ``binding_term`` what takes most of a token's time. ``fits`` is False where the pool holds no request.
    """

    scheme: str
    columns: dict[str, float]
    running: float
    waiting: float
    preemptions: float
    refused: int
    limited_by: str
    binding_term: str
    evidence: str
    implementation: str
    fits: bool

    def percentile(self, name: str, percent: float) -> float:
        """A time at one of the percentiles of the columns, e.g. ``percentile("tpot_ms", 95)``."""
        return self.columns[f"{name}_p{percent:g}"]


def under_load(
    deployment: Deployment, scheme: Scheme, workload: Workload, costs: Costs | None = None, percentiles=PERCENTILES
) -> UnderLoad:
    """What users of a deployment meet with a scheme under a load.

    ``costs`` are those of the same deployment, scheme and hit rate, where they are at hand. Raises InputError for a load that
    is none.
    """
    costs = costs_of(deployment, scheme, workload.hit_rate) if costs is None else costs
    assembly = assemble(deployment, scheme)
    names = {"evidence": assembly.evidence, "implementation": assembly.choice.id}
    arrivals = workload.arrivals(deployment.max_model_length)
    if costs.blocks < costs.blocks_of(workload.longest):
        return _nothing_fits(scheme.id, len(arrivals), names, percentiles)
    replayed = Scheduler(costs, arrivals, deployment.engine.admissions[0]).run()
    settled = workload.measured(len(arrivals))
    if np.isnan(replayed.first_token[settled]).all():
        return _nothing_fits(scheme.id, replayed.refused, names, percentiles)
    columns = _times(replayed, settled, percentiles)
    arriving = np.inf if workload.rate is None else workload.rate * arrivals.output.mean()
    columns["throughput_tok_s"] = min(_throughput(replayed, arrivals.output, settled), float(arriving))
    running, waiting = replayed.meter.mean_running, replayed.meter.mean_waiting
    closed = serve_load(deployment, scheme, _closed(workload, arrivals, running, waiting))
    for name, value in _ends(load_times(closed), columns).items():
        columns[name] = value
    limited = _limit(replayed, workload, columns["throughput_tok_s"] / arrivals.output.mean(), costs)
    binding = str(np.ravel(binding_term_under_load(closed))[0])
    return UnderLoad(
        scheme.id,
        columns,
        running,
        waiting,
        replayed.preemption_rate,
        replayed.refused,
        limited,
        binding,
        **names,
        fits=True,
    )


def _times(replayed: Replayed, settled: slice, percentiles) -> dict[str, float]:
    """Mean and percentiles of both times, in milliseconds."""
    columns = {}
    for name, seconds in (("tpot_ms", replayed.later_token), ("ttft_ms", replayed.first_token)):
        times = MILLI * seconds[settled]
        times = times[~np.isnan(times)]
        columns[name] = float(times.mean()) if times.size else np.nan
        for percent in percentiles:
            columns[f"{name}_p{percent:g}"] = float(np.percentile(times, percent)) if times.size else np.nan
    return columns


def _throughput(replayed: Replayed, output: np.ndarray, settled: slice) -> float:
    """Output tokens a second between the ends of the first and the last request that counts.

    Each request's tokens come evenly from its first to its last: requests of one length end together, their tokens do not.
    """
    served = ~np.isnan(replayed.ended)
    last, tokens = replayed.ended[served], output[served]
    ends = np.sort(last)
    start, end = (ends[min(place, len(ends) - 1)] for place in (settled.start, settled.stop - 1))
    if end <= start:
        return float(output.sum() / max(replayed.seconds, 1e-9))
    lasting = np.maximum(np.nan_to_num(replayed.later_token[served]) * (tokens - 1), 1e-9)
    within = np.minimum(last, end) - np.maximum(last - lasting, start)
    return float((tokens * np.clip(within / lasting, 0, 1)).sum() / (end - start))


def _closed(workload: Workload, arrivals, running: float, waiting: float) -> Load:
    """The closed loop that has as many in flight; of the prompts what the prefix cache lacks."""
    in_flight = max(workload.concurrency or running + waiting, 1.0)
    spread = float(arrivals.output.std() / arrivals.output.mean())
    lengths = (np.array(value) for value in (arrivals.prompt.mean(), arrivals.output.mean(), spread, np.nan))
    return Load(np.array(in_flight), *lengths, hit_rate=workload.hit_rate)


def _ends(closed: dict[str, np.ndarray], columns: dict[str, float]) -> dict[str, float]:
    """The 90 % ends of the closed form as factors of the replayed values."""
    ends = {}
    for name in ("tpot_ms", "ttft_ms", "throughput_tok_s"):
        value = float(np.ravel(closed[name])[0])
        for end in ("_lo", "_hi"):
            ends[name + end] = columns[name] * float(np.ravel(closed[name + end])[0]) / value
    return ends


def _limit(replayed: Replayed, workload: Workload, served: float, costs: Costs) -> str:
    """What makes requests wait; ``served`` is the number that ends in a second."""
    running, waiting = replayed.meter.mean_running, replayed.meter.mean_waiting
    if workload.rate is not None and served < (1 - OVERLOAD) * workload.rate and waiting > running:
        return REPLICA
    if replayed.overflow > BUSY:
        return POOL
    return SEATS if waiting > BUSY * (running + waiting) and running > costs.max_sequences / 2 else NOTHING


def _nothing_fits(scheme: str, refused: int, names: dict[str, str], percentiles) -> UnderLoad:
    ends = ["", "_lo", "_hi", *(f"_p{percent:g}" for percent in percentiles)]
    columns = {f"{name}{end}": np.nan for name in ("tpot_ms", "ttft_ms") for end in ends}
    columns |= {f"throughput_tok_s{end}": 0.0 for end in ("", "_lo", "_hi")}
    return UnderLoad(scheme, columns, 0.0, 0.0, 0.0, refused, POOL, "none", **names, fits=False)
