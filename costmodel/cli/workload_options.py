"""Options of a load, for every command that takes one: lengths, requests in flight or a rate, hits, a trace."""

from pathlib import Path
from typing import Annotated

import typer

from costmodel.errors import InputError

Concurrency = Annotated[float | None, typer.Option("--concurrency", help="Requests in flight (16).")]
Rate = Annotated[float | None, typer.Option("--rate", help="Requests a second, in place of --concurrency.")]
Dispersion = Annotated[
    float | None, typer.Option("--dispersion", help="With --rate: variance of counts over their mean (1: Poisson).")
]
Prompt = Annotated[
    str | None, typer.Option("--prompt", help="Mean tokens of a prompt and their spread: 2K, or 2K,0.5 (1K,0.5).")
]
Output = Annotated[
    str | None, typer.Option("--output", help="Mean tokens of an output and their spread: 256,1 (512,0.5).")
]
HitRate = Annotated[
    str | None, typer.Option("--hit-rate", help="Share of every prompt that the prefix cache holds: 0.4 or 40% (0).")
]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", help="Requests as they came: Azure or BurstGPT CSV, Mooncake JSON Lines."),
]
Speed = Annotated[float | None, typer.Option("--speed", help="With --trace: times as fast as it came (1).")]
Disaggregated = Annotated[bool, typer.Option("--disaggregated", hidden=True)]
DEFAULT_CONCURRENCY = 16.0


def refuse_disaggregated(is_asked: bool) -> None:
    """InputError where prompts and decoding are to run on different GPUs."""
    from costmodel.evaluation.ask.point_table import DISAGGREGATED

    if is_asked:
        raise InputError(f"--disaggregated: {DISAGGREGATED}")


def workload(concurrency, rate, dispersion, prompt, output, hit_rate, trace, speed=None, skip_bad=False):
    """The Workload that these options describe; InputError for what contradicts or cannot be."""
    from costmodel.analyses.load import Workload
    from costmodel.text import parse

    drawn = {"--concurrency": concurrency, "--rate": rate, "--prompt": prompt, "--output": output}
    if trace is not None:
        for name, value in {**drawn, "--dispersion": dispersion}.items():
            if value is not None:
                raise InputError(f"{name} belongs to random requests; a trace states its own")
        return Workload(trace=_replayed(trace, speed, skip_bad), hit_rate=_share(hit_rate))
    if speed is not None:
        raise InputError("--speed belongs to a trace")
    if concurrency is not None and rate is not None:
        raise InputError("give --concurrency or --rate, one of them")
    if dispersion is not None and rate is None:
        raise InputError("--dispersion is of arrivals; it needs --rate")
    given = {"rate": rate} if rate is not None else {"concurrency": concurrency or DEFAULT_CONCURRENCY}
    if concurrency is not None and not concurrency >= 1:
        raise InputError(f"--concurrency: expected at least 1, got {concurrency:g}")
    laws = parse.parse_lengths(prompt or "1K", "--prompt"), parse.parse_lengths(output or "512", "--output")
    (mean, spread), (out_mean, out_spread) = laws
    return Workload(
        mean, spread, out_mean, out_spread, **given, dispersion=1.0 if dispersion is None else dispersion,
        hit_rate=_share(hit_rate),
    )  # fmt: skip


def _share(text: str | None) -> float:
    from costmodel.text import parse

    return 0.0 if text is None else parse.parse_fraction(text, "--hit-rate")


def _replayed(trace, speed, skip_bad):
    from costmodel.cli.replay_load import read_arrivals
    from costmodel.traces import BadRows

    bad = BadRows(str(trace), skip_bad)
    arrivals = read_arrivals(trace, bad, speed)
    if bad.text:
        typer.echo(bad.text, err=True)
    return arrivals
