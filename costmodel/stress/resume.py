"""Resume: a conversation pauses and goes on; its cache rested coded, or as plain pages on the host, or is computed again.

No decode step pays for a code of resting caches. What it must beat is the plain copy over the link and the prompt pass; what it
buys beside time is room on the host, hence pauses that may last longer before the cache is gone.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator, build_prefill_evaluator
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.times import duration, read_interval, with_interval
from costmodel.text.counted import counted
from costmodel.text.durations import format_duration

COLUMNS = (
    "resting_fetch_time",
    "resting_decode_time",
    "resting_sequence_size",
    "resting_sequences",
    "covered_pause",
)
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
    links = with_interval(resting, "break_even_link", "codec_spread")
    for name, link in links.items():
        links[name] = np.where(np.isfinite(link) & (link > 0), link, np.nan)  # nothing to decode, or to save
    return (
        columns
        | links
        | with_interval(resting, "resume_time", "resume_spread")
        | with_interval(plain, "plain_fetch_time", "host_link_spread")
        | with_interval(prefill, "prefill_time", "prefill_time_spread")
    )


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """How long the hit takes against plain pages and computing, which part decides, and the pause that the host covers."""
    resume, plain, computed = (
        duration(curve.columns, name) for name in ("resume_time", "plain_fetch_time", "prefill_time")
    )
    fetch, decode, pause = (
        read_interval(curve.columns, name)[0] for name in ("resting_fetch_time", "resting_decode_time", "covered_pause")
    )
    tokens = conditions.axis_values[-1]
    text = (
        f"{counted(tokens, 'token')} {'is' if tokens == 1 else 'are'} back after {resume} (computed again: {computed}"
    )
    text += ")" if curve.scheme == curve.baseline else f", the baseline's pages as they are: {plain})"
    if decode > 0:
        part = "decoding" if decode > fetch else "the link"
        text += f", most of it {part}"
        if link := format_link(read_interval(curve.columns, "break_even_link")):
            text += f"; plain pages are faster over a link beyond {link}"
    if curve.columns["resting_sequences"][-1] < 1:
        return f"{text}; the host's memory does not hold one of them"
    return f"{text}; the host covers pauses of {format_duration(pause)}"


def format_link(rate: tuple[float, float, float]) -> str:
    """A link's rate with the ends of its interval (byte/second) as text; "" where there is none."""
    value, low, high = (f"{end / 1e9:,.3g}" for end in rate)
    if not np.isfinite(rate[0]):
        return ""
    return f"{value} GB/s" if not np.isfinite(rate[1]) else f"{value} GB/s ({low}–{high})"


TEST = StressTest(
    id="resume",
    order=5,
    question="How soon is the cache of a conversation back that rested, and is its code worth it?",
    conditions_template=(
        "conversations pause and come back, {arrivals} a second; {host_memory} GiB of host memory for each GPU hold their "
        "caches; what the link reaches of its rate is assumed"
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
    bands="Bands: 90 % intervals of the kernels and of what the link reaches, which is assumed",
    schemes=SCHEMES,
    evidence="assumed",  # the share that the link reaches; the kernels that decode are ideal at best
)
