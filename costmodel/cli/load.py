"""``costmodel load``: what users meet on a deployment under a load, scheme by scheme."""

import math
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli import workload_options as w
from costmodel.errors import InputError
from costmodel.text.counted import counted

SCHEMES = ("none", "fp8")
LEGEND = (
    "TPOT: time of an output token; TTFT: from a request to its first token; over requests, in ms, with 90 % intervals. Running, "
    "waiting: mean requests. Limited by: what makes requests wait. Binds: what takes most of a token's time."
)
PERCENTILES = "Percentiles over requests, in ms; preempted: times that a request is sent back and computed again"


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several (none and fp8).")
    ] = None,
    concurrency: w.Concurrency = None,
    rate: w.Rate = None,
    dispersion: w.Dispersion = None,
    prompt: w.Prompt = None,
    output: w.Output = None,
    hit_rate: w.HitRate = None,
    trace: w.Trace = None,
    speed: w.Speed = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave rows out that cannot be read.")] = False,
    disaggregated: w.Disaggregated = False,
    json: o.Json = False,
) -> None:
    """Say what users meet under a load: times, throughput, who waits, and what limits them.

    Requests are replayed one by one through the engine's admission and paged pool, whose steps and prompts take the time of the
    formulas; intervals are what kernels, scheduling and host may be wrong by.

    Example: costmodel load --model qwen3-32b --gpu h100-sxm --tp 2 --prompt 16K --output 512 --concurrency 20
    """
    from costmodel.analyses.load import under_load
    from costmodel.analyses.load.answer import LIMITS
    from costmodel.cli import terminal
    from costmodel.evaluation.ask.engine_versions import version_remarks
    from costmodel.evaluation.ask.starting import starting_remarks
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.text.progress import progress

    w.refuse_disaggregated(disaggregated)
    if skip_bad and trace is None:
        raise InputError("--skip-bad belongs to a trace")
    names = list(dict.fromkeys(scheme or SCHEMES))
    deployment = deployment_options.resolve(*names)
    workload = w.workload(concurrency, rate, dispersion, prompt, output, hit_rate, trace, speed, skip_bad)
    if workload.longest > deployment.max_model_length:
        limit = f"{deployment.max_model_length:,.0f}"
        typer.echo(f"Requests of {workload.longest:,.0f} tokens: beyond the context limit of {limit}.", err=json)
    if workload.trace is None and workload.prompt >= deployment.max_model_length:
        raise InputError(
            f"--prompt: expected less than the context limit of {deployment.max_model_length:,.0f}, got {workload.prompt:,.0f}"
        )
    version, schemes = deployment_options.engine_version, [load_scheme(name) for name in names]
    remarks = [text for one in schemes for text in starting_remarks(deployment, one)]
    remarks += [text for one in schemes if version is not None for text in version_remarks(deployment, one, version)]
    for remark in dict.fromkeys(remarks):
        typer.echo(f"{remark}.", err=json)
    answers = []
    with progress("load") as on_progress:
        for done, name in enumerate(names):
            on_progress(done, len(names))
            answers.append(under_load(deployment, load_scheme(name), workload))
    if json:
        records = [_as_json(answer) for answer in answers]
        terminal.print_json({"deployment": deployment.label, "load": workload.describe(), "schemes": records})
        return
    for answer in answers:
        terminal.print_line(_sentence(answer, answers[0]))
    terminal.print_line()
    terminal.print_deployment(deployment)
    terminal.print_line(f"{workload.describe()[:1].upper()}{workload.describe()[1:]}.\n")
    heads = ("scheme", ">TPOT", ">TTFT", ">tokens/s", ">running", ">waiting", "limited by", "binds", "evidence")
    terminal.print_table("", heads, [_means(answer) for answer in answers], LEGEND)
    reasons = dict.fromkeys(answer.limited_by for answer in answers)
    terminal.print_line("; ".join(f"{word}: {LIMITS[word]}" for word in reasons) + ".\n")
    heads = ("scheme", *(f">{name} {p} %" for name in ("TPOT", "TTFT") for p in (50, 95, 99)), ">preempted")
    terminal.print_table(PERCENTILES, heads, [_percentiles(answer) for answer in answers])


def _sentence(answer, first) -> str:
    """The answer in one sentence, against the first scheme."""
    from costmodel.cli.terminal import format_digits as digits

    if not answer.fits:
        return f"{answer.scheme}: the pool holds not one of these requests."
    columns = answer.columns
    rate = f"{digits(columns['throughput_tok_s'])} tokens/s"
    if answer is not first and first.fits:
        rate += f" ({columns['throughput_tok_s'] / first.columns['throughput_tok_s']:.2f} × {first.scheme})"
    if answer.limited_by == "replica":
        return f"{answer.scheme}: more arrive than the replica serves ({rate}); waits grow for as long as they do."
    waits = "none waiting" if answer.waiting < 0.5 else _waits(answer)
    running = round(answer.running)
    token = f"{digits(columns['tpot_ms'])} ms a token" if math.isfinite(columns["tpot_ms"]) else "one token each"
    return (
        f"{answer.scheme}: {rate}, {token}, first token after "
        f"{digits(columns['ttft_ms'])} ms; {counted(running, 'request')} running, {waits}."
    )


def _waits(answer) -> str:
    """How many wait, and for what: where nothing is short, for the pass under way."""
    from costmodel.analyses.load.answer import NOTHING

    waiting = round(answer.waiting)
    reason = "for the pass under way" if answer.limited_by == NOTHING else f"({answer.limited_by})"
    return f"{waiting:,} waiting {reason}"


def _means(answer) -> tuple[str, ...]:
    from costmodel.cli.terminal import format_digits as digits

    if not answer.fits:
        return answer.scheme, *("–",) * 5, answer.limited_by, "–", answer.evidence
    columns = answer.columns
    means = (
        f"{digits(columns[name])} [{digits(columns[f'{name}_lo'])}, {digits(columns[f'{name}_hi'])}]"
        if math.isfinite(columns[name])
        else "–"
        for name in ("tpot_ms", "ttft_ms", "throughput_tok_s")
    )
    counts = f"{answer.running:,.1f}", f"{answer.waiting:,.1f}"
    return answer.scheme, *means, *counts, answer.limited_by, answer.binding_term, answer.evidence


def _percentiles(answer) -> tuple[str, ...]:
    from costmodel.cli.terminal import format_digits as digits

    names = [f"{name}_p{p}" for name in ("tpot_ms", "ttft_ms") for p in (50, 95, 99)]
    values = (
        digits(answer.columns[name]) if answer.fits and math.isfinite(answer.columns[name]) else "–" for name in names
    )
    return answer.scheme, *values, f"{answer.preemptions:.2f}"


def _as_json(answer) -> dict:
    return {
        "scheme": answer.scheme, "fits": answer.fits, **answer.columns, "running": answer.running, "waiting": answer.waiting,
        "preemptions_per_request": answer.preemptions, "refused": answer.refused, "limited_by": answer.limited_by,
        "binding_term": answer.binding_term, "evidence": answer.evidence, "implementation": answer.implementation,
    }  # fmt: skip
