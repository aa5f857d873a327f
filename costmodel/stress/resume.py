"""Resume: a conversation pauses and goes on; its cache rested coded, or as plain pages on the host, or is computed again.

No decode step pays for a code of resting caches. What it must beat is the plain copy over the link and the prompt pass; what it
buys beside time is room on the host, hence pauses that may last longer before the cache is gone.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest

COLUMNS = (
    "resume_time", "resting_fetch_time", "resting_decode_time", "resting_sequence_size", "resting_sequences", "covered_pause",
    "break_even_link",
)  # fmt: skip
SCHEMES = ("none", "fp8", "kivi-2bit", "kvtc", "cachegen", "flexkv-ans")
GIBI = 2**30


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Seconds until the cache is back, in parts; bytes at rest; conversations that the host holds, and the pause it covers.

    Times of the rivals: pages of the baseline copied as they are, and the history computed again. Vectors over the axis
    (tokens of the history); sizes in bytes on one GPU's side.
    """
    deployment, history = conditions.deployment, conditions.axis_values
    store = conditions["host_memory"] * GIBI
    resting = build_evaluator(
        deployment, scheme, 1.0, history, prompt=history, resting_store=store, returning_rate=conditions["arrivals"]
    )
    plain = build_evaluator(deployment, load_scheme(scheme.baseline), 1.0, history, prompt=history, resting_store=store)
    prefill = build_prefill_evaluator(deployment, scheme, history)
    columns = {name: drop_model_axes(resting[name]) for name in COLUMNS}
    link = columns["break_even_link"]
    columns["break_even_link"] = np.where(np.isfinite(link) & (link > 0), link, np.nan)  # nothing to decode, or to save
    return columns | {
        "plain_fetch_time": drop_model_axes(plain["plain_fetch_time"]),
        "prefill_time": drop_model_axes(prefill["prefill_time"]),
    }


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """How long the hit takes against plain pages and computing, which part decides, and the pause that the host covers."""
    last = {name: float(np.ravel(values)[-1]) for name, values in curve.columns.items()}
    resume, plain, computed = (1e3 * last[name] for name in ("resume_time", "plain_fetch_time", "prefill_time"))
    fetch, decode = last["resting_fetch_time"], last["resting_decode_time"]
    tokens = conditions.axis_values[-1]
    text = f"{tokens:,.0f} tokens are back after {resume:,.3g} ms (computed again: {computed:,.3g} ms"
    text += ")" if curve.scheme == curve.baseline else f", the baseline's pages as they are: {plain:,.3g} ms)"
    if decode > 0:
        part = "decoding" if decode > fetch else "the link"
        text += f", most of it {part}"
        if np.isfinite(last["break_even_link"]):
            text += f"; plain pages are faster over a link beyond {last['break_even_link'] / 1e9:,.3g} GB/s"
    return f"{text}; the host covers pauses of {_duration(last['covered_pause'])}"


def _duration(seconds: float) -> str:
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:,.3g} s"


TEST = StressTest(
    id="resume",
    order=5,
    question="How soon is the cache of a conversation back that rested, and is its code worth it?",
    conditions_template=(
        "{arrivals} conversations a second pause and come back; {host_memory} GiB of host memory for each GPU hold their caches"
    ),
    axis="context",
    axis_label="tokens of the history",
    default_values=tuple(float(1024 << k) for k in range(8)),
    conditions={
        "host_memory": Condition(512, "", "Host memory for resting caches, GiB for each GPU", 1e-3, 1e6),
        "arrivals": Condition(1, "", "Conversations that come back, each second", 1e-6, 1e6),
    },
    plot=PlotSpec("resume_time", "until the cache is back (ms)", 1e3, log=True),
    compute=compute,
    summarize=summarize,
    bands="",
    schemes=SCHEMES,
)
