"""``costmodel replay``: requests at a rate, or of a trace, through allocator and scheduler; percentiles of what they wait."""

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o

SCHEMES = ("none", "fp8", "int4", "kivi-2bit")
PERCENTILES = (50, 95, 99)
LEGEND = (
    "TTFT, TPOT: 50th, 95th, 99th percentile over requests, in ms. Preempted: preemptions a request (its tokens so far are "
    "computed again, or copied to the host and back). Waiting: share of decode time in which the head of the queue waits for "
    "blocks although the scheduler would run more. Running: mean sequences. Longest pause: of a request that was sent back, "
    "without a token. Kernel times are those of the formulas, without their intervals; the host's memory has room for all."
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
    admission: Annotated[
        str | None,
        typer.Option(
            "--admission",
            help="Policy of the engine, its default first. TensorRT-LLM: guaranteed-no-evict, max-utilization.",
        ),
    ] = None,
    conservativeness: Annotated[
        float | None, typer.Option("--conservativeness", help="SGLang's --schedule-conservativeness (1).")
    ] = None,
    max_output: Annotated[
        str | None,
        typer.Option(
            "--max-output", help="Tokens that every request may generate (max_tokens); else it knows its own."
        ),
    ] = None,
    preemption: Annotated[
        str, typer.Option("--preemption", help="recompute, or swap: copies to the host and back instead.")
    ] = "recompute",
    seed: Annotated[int | None, typer.Option("--seed", help="Of random requests (0); not with a trace.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave rows out that cannot be read.")] = False,
    json: o.Json = False,
) -> None:
    """Replay requests one by one: first come, first served, admission as the engine does it, preemption where the pool is full.

    Example: costmodel replay --model llama-8b --gpu h100-sxm --rate 8 --dispersion 4 --prompt 2K,1 --output 300,1
    """
    from costmodel.cli import replay_load, terminal
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.facts.admission import choose
    from costmodel.stress.replay import Scheduler, costs_of
    from costmodel.text.progress import progress
    from costmodel.traces import BadRows

    deployment = deployment_options.resolve(*(scheme or []))
    bad = BadRows(str(trace or ""), skip_bad)
    policy = choose(deployment.engine.admissions, admission, deployment.engine.id)
    if conservativeness is not None:
        policy = policy.scaled(replay_load.check_positive("--conservativeness", conservativeness))
    swaps = replay_load.is_swap(preemption)
    arrivals = replay_load.arrivals_of(trace, bad, rate, dispersion, prompt, output, requests, speed, seed)
    arrivals = replay_load.limit_outputs(arrivals, max_output)
    if too_long := int((arrivals.prompt + arrivals.output > deployment.model.max_context).sum()):
        limit = f"{deployment.model.max_context:,.0f} tokens"
        typer.echo(f"{too_long:,} of {len(arrivals):,} requests beyond the model's context limit of {limit}.", err=json)
    replayed = {}
    for name in scheme or SCHEMES:
        loaded = load_scheme(name)
        with progress(f"replaying {loaded.id}") as on_progress:
            replayed[loaded.id] = Scheduler(costs_of(deployment, loaded), arrivals, policy, swaps).run(on_progress)
    if json:
        terminal.print_json(_as_json(arrivals, replayed, bad, policy, preemption))
        return
    terminal.print_deployment(deployment)
    terminal.print_line(
        f"\n{len(arrivals):,} requests, {arrivals.rate:.3g} a second, dispersion {arrivals.dispersion:.2g}; prompts of "
        f"{arrivals.prompt.mean():,.0f} tokens on average, outputs of {arrivals.output.mean():,.0f}."
    )
    terminal.print_line(f"Admission: {policy.name}; preemption: {preemption}.")
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
        ">longest pause (s)",
        ">refused",
    )
    terminal.print_table("", heads, [_row(name, one) for name, one in replayed.items()], LEGEND)


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
    from costmodel.cli import terminal

    ttft, tpot = (
        ", ".join(terminal.format_digits(value) for value in _percentiles(values))
        for values in (one.first_token, one.later_token)
    )
    waiting, running, longest = f"{one.overflow:.1%}", f"{one.mean_running:,.1f}", terminal.format_digits(_longest(one))
    pause, refused = terminal.format_digits(one.longest_pause.max()), f"{one.refused:,}"
    return name, ttft, tpot, f"{one.preemption_rate:.3f}", waiting, running, longest, pause, refused


def _as_json(arrivals, replayed, bad, policy, preemption: str) -> dict:
    return {
        "requests": len(arrivals), "rate": arrivals.rate, "dispersion": arrivals.dispersion, "bad_rows": bad.count,
        "bad_rows_listed": bad.listed, "admission": policy.name, "preemption": preemption,
        "schemes": [
            {"scheme": name}
            | {f"ttft_ms_p{p}": value for p, value in zip(PERCENTILES, _percentiles(one.first_token), strict=True)}
            | {f"tpot_ms_p{p}": value for p, value in zip(PERCENTILES, _percentiles(one.later_token), strict=True)}
            | {
                "preemptions_per_request": one.preemption_rate, "waiting": one.overflow, "running": one.mean_running,
                "longest_wait_s": _longest(one), "longest_pause_s": float(one.longest_pause.max()),
                "refused": one.refused, "steps": one.steps, "seconds": one.seconds,
            }
            for name, one in replayed.items()
        ],
    }  # fmt: skip
