"""The load that ``costmodel replay`` replays: random requests, or those of a trace; every option checked."""

from dataclasses import replace

from costmodel.errors import InputError, UnknownName


def arrivals_of(trace, bad, rate, dispersion, prompt, output, requests, speed, seed):
    """The trace's requests, or random ones; InputError for options that belong to the other."""
    from costmodel.stress.replay import arrivals
    from costmodel.text.progress import progress
    from costmodel.traces import read_trace

    drawn = {
        "--rate": rate, "--dispersion": dispersion, "--prompt": prompt, "--output": output, "--requests": requests,
        "--seed": seed,
    }  # fmt: skip
    if trace is not None:
        for name, value in drawn.items():
            if value is not None:
                raise InputError(f"{name} belongs to random requests; a trace states its own")
        factor = 1.0 if speed is None else check_positive("--speed", speed)
        with progress(f"reading {trace.name}") as on_progress:
            return arrivals.from_trace(read_trace(trace, bad, on_progress)[1], str(trace), factor)
    if speed is not None:
        raise InputError("--speed belongs to a trace; random requests have --rate")
    count = 2000 if requests is None else requests
    if not 2 <= count <= arrivals.MAX_REQUESTS:
        raise InputError(f"--requests: expected 2 to {arrivals.MAX_REQUESTS:,}, got {count:,}")
    return arrivals.random_arrivals(
        count,
        check_positive("--rate", 4.0 if rate is None else rate),
        check_positive("--dispersion", 1.0 if dispersion is None else dispersion),
        _law("--prompt", prompt or "2K,0"),
        _law("--output", output or "256,1"),
        seed or 0,
    )


def is_swap(preemption: str) -> bool:
    """Whether sequences are copied to the host rather than computed again; UnknownName for another word."""
    kinds = ("recompute", "swap")
    if preemption not in kinds:
        raise UnknownName("preemption mode", preemption, kinds)
    return preemption == "swap"


def limit_outputs(arrivals, max_output: str | None):
    """The arrivals, with the longest output that each may ask for; InputError where one of them is longer."""
    from costmodel.text import parse

    if max_output is None:
        return arrivals
    limit = int(parse.parse_count(max_output, "--max-output"))
    if limit < arrivals.output.max():
        raise InputError(f"--max-output: the longest output has {arrivals.output.max():,} tokens, got {limit:,}")
    return replace(arrivals, stated_limit=limit)


def check_positive(name: str, value: float) -> float:
    """The value, above 0; InputError naming the option otherwise."""
    if not 0 < value < 1e9:
        raise InputError(f"{name}: expected a number above 0, got {value:g}")
    return value


def _law(name: str, text: str) -> tuple[float, float]:
    """Mean and coefficient of variation: ``2K`` or ``2K,0.5``."""
    from costmodel.text import parse

    mean, comma, spread = text.partition(",")
    try:
        variation = float(spread) if comma else 0.0
    except ValueError:
        variation = -1.0
    if not 0 <= variation <= 10:
        raise InputError(f"{name}: expected tokens, or tokens and a spread from 0 to 10 such as 2K,0.5, got {text!r}")
    return parse.parse_count(mean, name), variation
