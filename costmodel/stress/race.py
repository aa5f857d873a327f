"""Race: can the eviction policy decide as fast as the codec encodes, and both as fast as tokens come?

In a step both stand on the critical path and add up. On a stream of their own each is a queue: it keeps up while its utilisation
stays below 1, decisions wait for one another, and where one stream does both they wait for flushes too.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.times import duration, read_interval, share, with_interval
from costmodel.text.digits import format_rounded

RATES = ("arriving_tokens", "deciding_rate", "encoding_rate", "deciding_backlog", "encoding_backlog", "step_time")
SPREADS = {
    "deciding_load": "side_load_spread", "encoding_load": "side_load_spread", "side_load": "side_load_spread",
    "deciding_step_time": "codec_spread", "encode_step_time": "codec_spread", "flush_step_time": "codec_spread",
    "flush_share": "step_share_spread",
}  # fmt: skip
WAITS = {"deciding_wait": "deciding_load", "encoding_wait": "encoding_load", "side_wait": "side_load"}
SCHEMES = ("fp8", "kivi-2bit", "gear-4bit", "h2o", "quest", "h2o+kivi-4bit", "scissorhands")


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Rates (tokens a second; NaN where there is nothing to do), utilisations, seconds of work and of waiting, a flush's share.

    A wait is NaN from a utilisation of 1 on. All are vectors over the axis (batch), with intervals but for the rates.
    """
    context = conditions["context"]
    evaluator = build_evaluator(conditions.deployment, scheme, conditions.axis_values, context, prompt=context)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {name: drop_model_axes(evaluator[name]) for name in RATES}
        for name, spread in SPREADS.items():
            columns |= with_interval(evaluator, name, spread)
        for end in ("", "_lo", "_hi"):
            columns |= _waits(evaluator, columns, end)
    shape = conditions.axis_values.shape
    return {
        name: np.broadcast_to(np.where(np.isfinite(values), values, np.nan), shape) for name, values in columns.items()
    }


def _waits(evaluator: Evaluator, columns: dict[str, np.ndarray], end: str) -> dict[str, np.ndarray]:
    """Mean waits at the middle or at one end of the intervals of utilisation and service, which rise together."""
    at_end = evaluator.with_inputs(**{name: columns[name + end][..., None, None] for name in SPREADS})
    waits = {}
    for name, load in WAITS.items():
        waits[name + end] = np.where(columns[load + end] < 1, drop_model_axes(at_end[name]), np.nan)
    return waits


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """Which of the two is slower at the largest batch, whether it keeps up and how long it waits; what a flush costs its step."""
    last = {name: float(values[-1]) for name, values in curve.columns.items()}
    deciding, encoding = last["deciding_step_time"], last["encode_step_time"]
    if not deciding and not encoding:
        return "nothing to decide and nothing to encode beside the cache write"
    batch, flush = f"batch {conditions.axis_values[-1]:,.0f}", _flush(curve, encoding / last["step_time"])
    if not encoding:
        return f"nothing to encode; {_queue(curve, 'deciding', batch)}"
    if not deciding:
        return f"nothing to decide; {_queue(curve, 'encoding', batch)}{flush}"
    slower, faster = ("deciding", "encoding") if deciding > encoding else ("encoding", "deciding")
    factor = max(deciding, encoding) / min(deciding, encoding)
    return f"{slower} is {factor:,.1f} × slower than {faster}; {_queue(curve, slower, batch)}{_together(curve)}{flush}"


def _queue(curve: StressCurve, kind: str, batch: str) -> str:
    """One of the two on a stream of its own: its utilisation, whether it keeps up, both rates, and the mean wait."""
    columns, load = curve.columns, f"{kind}_load"
    text = (
        f"{kind} takes {share(columns, load)} of the bare step at {batch} and {_keeps_up(read_interval(columns, load))}"
    )
    arriving, served = (columns[name][-1] for name in ("arriving_tokens", f"{kind}_rate"))
    text += f": {format_rounded(arriving)} tokens arrive each second, it serves {format_rounded(served)}"
    if columns[load][-1] >= 1:
        return f"{text}, so that its queue grows by {format_rounded(columns[f'{kind}_backlog'][-1])} each second"
    job = "decision" if kind == "deciding" else "flush"
    return f"{text}; a {job} waits {duration(columns, f'{kind}_wait')}"


def _keeps_up(load: tuple[float, float, float]) -> str:
    """Whether a stream of that utilisation keeps up, as far as its interval tells."""
    value, low, high = load
    word = "keeps up" if value < 1 else "falls behind"
    return f"probably {word}" if low < 1 <= high else word


def _together(curve: StressCurve) -> str:
    """Both on one stream."""
    columns = curve.columns
    text = f"; one stream for both is busy {share(columns, 'side_load')} of the bare step"
    return f"{text}, and a decision waits {duration(columns, 'side_wait')}" if columns["side_load"][-1] < 1 else text


def _flush(curve: StressCurve, mean_share: float) -> str:
    """How much longer the step is that flushes, where that is more than any step encodes."""
    value, low, high = (1 + end for end in read_interval(curve.columns, "flush_share"))
    if value - 1 <= 1.05 * mean_share:
        return ""
    ends = f" ({low:.2f}–{high:.2f})" if high > low else ""
    return f"; done in the step, a flush makes it {value:.2f}{ends} × as long"


TEST = StressTest(
    id="race",
    order=2.5,
    question="Can the eviction policy decide faster than the codec runs?",
    conditions_template=(
        "a decode step at {context:token}; work beside the steps is a queue on a stream of its own, its arrivals Poisson "
        "(steps that come like a metronome wait less)"
    ),
    axis="batch",
    axis_label="sequences decoded together",
    default_values=(1, 4, 16, 64, 256),
    conditions={"context": Condition(8192, "token/sequence", "Tokens of every sequence", 1)},
    plot=PlotSpec("deciding_load", "time to decide over the bare step (%)", 100),
    compute=compute,
    summarize=summarize,
    schemes=SCHEMES,
)
