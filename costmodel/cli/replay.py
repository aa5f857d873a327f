"""``costmodel replay``: requests at a rate, or of a trace, through allocator and scheduler; percentiles of what they wait."""

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o

SCHEMES = ("none", "fp8", "int4", "kivi-2bit")
PERCENTILES = (50, 95, 99)
LEGEND = (
    "TTFT, TPOT: 50th, 95th, 99th percentile over requests, in ms. Preempted: preemptions a request (its tokens so far are "
    "computed again). Waiting: share of the time in which a request waits although the scheduler would run more. Running: mean "
    "sequences. Kernel times are those of the formulas, without their intervals."
)


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    trace: Annotated[
        Path | None,
        typer.Argument(help="Trace (Azure or BurstGPT CSV, Mooncake JSON Lines); without one, random requests."),
    ] = None,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several (costmodel schemes).")
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", help="Requests a second (4); not with a trace.")] = None,
    dispersion: Annotated[
        float | None,
        typer.Option("--dispersion", help="Variance of counts over their mean (1: Poisson); not with a trace."),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", help="Mean tokens of a prompt (2K), or 2K,0.5 with a spread.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", help="Mean tokens of an output (256,1), with its spread.")
    ] = None,
    requests: Annotated[int | None, typer.Option("--requests", help="Random requests (2,000).")] = None,
    speed: Annotated[float | None, typer.Option("--speed", help="Times as fast as the trace (1).")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of random requests.")] = 0,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave rows out that cannot be read.")] = False,
    json: o.Json = False,
) -> None:
    """Replay requests one by one: first come, first served, admission as the engine does it, preemption where the pool is full.

    Example: costmodel replay --model llama-8b --gpu h100-sxm --rate 8 --dispersion 4 --prompt 2K,1 --output 300,1
    """
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.stress.replay import Scheduler, costs_of
    from costmodel.text.progress import progress
    from costmodel.traces import BadRows

    deployment = deployment_options.resolve(*(scheme or []))
    bad = BadRows(str(trace or ""), skip_bad)
    arrivals = _arrivals(trace, bad, rate, dispersion, prompt, output, requests, speed, seed)
    replayed = {}
    for name in scheme or SCHEMES:
        loaded = load_scheme(name)
        with progress(f"replaying {loaded.id}") as on_progress:
            replayed[loaded.id] = Scheduler(costs_of(deployment, loaded), arrivals).run(on_progress)
    if json:
        terminal.print_json(_as_json(arrivals, replayed, bad))
        return
    terminal.print_deployment(deployment)
    terminal.print_line(
        f"\n{len(arrivals):,} requests, {arrivals.rate:.3g} a second, dispersion {arrivals.dispersion:.2g}; prompts of "
        f"{arrivals.prompt.mean():,.0f} tokens on average, outputs of {arrivals.output.mean():,.0f}."
    )
    if bad.text:
        terminal.print_line(bad.text)
    heads = (
        "scheme",
        ">TTFT (ms)",
        ">TPOT (ms)",
        ">preempted",
        ">waiting",
        ">running",
        ">longest wait (s)",
        ">refused",
    )
    terminal.print_table("", heads, [_row(name, one) for name, one in replayed.items()], LEGEND)


def _arrivals(trace, bad, rate, dispersion, prompt, output, requests, speed, seed):
    """The trace's requests, or random ones; InputError for options that belong to the other."""
    from costmodel.errors import InputError
    from costmodel.stress.replay import arrivals
    from costmodel.text.progress import progress
    from costmodel.traces import read_trace

    drawn = {"--rate": rate, "--dispersion": dispersion, "--prompt": prompt, "--output": output, "--requests": requests}
    if trace is not None:
        for name, value in drawn.items():
            if value is not None:
                raise InputError(f"{name} belongs to random requests; a trace states its own")
        factor = 1.0 if speed is None else _positive("--speed", speed)
        with progress(f"reading {trace.name}") as on_progress:
            return arrivals.from_trace(read_trace(trace, bad, on_progress)[1], str(trace), factor)
    if speed is not None:
        raise InputError("--speed belongs to a trace; random requests have --rate")
    count = 2000 if requests is None else requests
    if not 2 <= count <= arrivals.MAX_REQUESTS:
        raise InputError(f"--requests: expected 2 to {arrivals.MAX_REQUESTS:,}, got {count:,}")
    return arrivals.random_arrivals(
        count,
        _positive("--rate", 4.0 if rate is None else rate),
        _positive("--dispersion", 1.0 if dispersion is None else dispersion),
        _law("--prompt", prompt or "2K,0"),
        _law("--output", output or "256,1"),
        seed,
    )


def _positive(name: str, value: float) -> float:
    from costmodel.errors import InputError

    if not 0 < value < 1e9:
        raise InputError(f"{name}: expected a number above 0, got {value:g}")
    return value


def _law(name: str, text: str) -> tuple[float, float]:
    """Mean and coefficient of variation: ``2K`` or ``2K,0.5``."""
    from costmodel.errors import InputError
    from costmodel.text import parse

    mean, comma, spread = text.partition(",")
    try:
        variation = float(spread) if comma else 0.0
    except ValueError:
        variation = -1.0
    if not 0 <= variation <= 10:
        raise InputError(f"{name}: expected tokens, or tokens and a spread from 0 to 10 such as 2K,0.5, got {text!r}")
    return parse.parse_count(mean, name), variation


def _percentiles(values) -> list[float]:
    import numpy as np

    served = values[~np.isnan(values)]
    return (
        [1e3 * float(np.percentile(served, p)) for p in PERCENTILES]
        if len(served)
        else [float("nan")] * len(PERCENTILES)
    )


def _longest(one) -> float:
    import numpy as np

    served = one.first_token[~np.isnan(one.first_token)]
    return float(served.max()) if len(served) else float("nan")


def _row(name: str, one) -> tuple:
    ttft, tpot = (
        ", ".join(f"{value:,.3g}" for value in _percentiles(values)) for values in (one.first_token, one.later_token)
    )
    waiting, running, longest = f"{one.overflow:.1%}", f"{one.mean_running:,.1f}", f"{_longest(one):,.3g}"
    return name, ttft, tpot, f"{one.preemption_rate:.3f}", waiting, running, longest, f"{one.refused:,}"


def _as_json(arrivals, replayed, bad) -> dict:
    return {
        "requests": len(arrivals), "rate": arrivals.rate, "dispersion": arrivals.dispersion, "bad_rows": bad.count,
        "bad_rows_listed": bad.listed,
        "schemes": [
            {"scheme": name}
            | {f"ttft_ms_p{p}": value for p, value in zip(PERCENTILES, _percentiles(one.first_token), strict=True)}
            | {f"tpot_ms_p{p}": value for p, value in zip(PERCENTILES, _percentiles(one.later_token), strict=True)}
            | {
                "preemptions_per_request": one.preemption_rate, "waiting": one.overflow, "running": one.mean_running,
                "longest_wait_s": _longest(one), "refused": one.refused, "steps": one.steps, "seconds": one.seconds,
            }
            for name, one in replayed.items()
        ],
    }  # fmt: skip
