"""``costmodel recommend``: which set-up to run for so many users within targets, with the command that starts it."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli import workload_options as w
from costmodel.errors import InputError
from costmodel.text import parse

NOTE = (
    "Most users: requests in flight without think time, spread over the replicas, within the targets. TPOT, TTFT: at the "
    "percentile of the targets, in ms, with 90 % intervals, whose centre the targets bind; they and tokens/s are at the users "
    "asked for, or at the most where these are fewer. Cost: of a million output tokens, their prompts included. Loss: published "
    "for the cache (costmodel quality); nobody's figures of quantised weights are here."
)


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    gpu: Annotated[str, typer.Option("--gpu", help="GPU id or alias (costmodel gpus).")] = "h100-sxm",
    gpus: Annotated[str, typer.Option("--gpus", help="Numbers of GPUs that there may be.")] = "1,2,4,8",
    users: Annotated[float, typer.Option("--users", help="Requests in flight, without think time.")] = 16,
    tpot: Annotated[str | None, typer.Option("--tpot", help="Longest time of an output token, e.g. 30ms.")] = None,
    ttft: Annotated[str | None, typer.Option("--ttft", help="Longest time to the first token, e.g. 2s.")] = None,
    percentile: Annotated[float, typer.Option("--percentile", help="Of requests that targets bind (95).")] = 95,
    prompt: w.Prompt = None,
    output: w.Output = None,
    hit_rate: w.HitRate = None,
    engine: Annotated[
        list[str] | None, typer.Option("--engine", help="Engine; repeat (vllm, tensorrt-llm and sglang).")
    ] = None,
    weight_dtype: Annotated[
        list[str] | None, typer.Option("--weight-dtype", help="Type of weights; repeat (the checkpoint's, fp8, int4).")
    ] = None,
    price: Annotated[float | None, typer.Option("--price", help="Of a GPU for an hour, in any currency.")] = None,
    max_quality_loss: Annotated[
        str | None,
        typer.Option("--max-quality-loss", help="Published loss at most, e.g. 1%; what nobody published is left out."),
    ] = None,
    research: Annotated[
        bool, typer.Option("--research", help="Also caches and GPUs that nobody measured, at their estimates.")
    ] = False,
    pareto: Annotated[bool, typer.Option("--pareto", help="Also the front of cost and time per token.")] = False,
    speculative: Annotated[str | None, typer.Option("--speculative", hidden=True)] = None,
    disaggregated: w.Disaggregated = False,
    json: o.Json = False,
) -> None:
    """Recommend a set-up for so many users within targets: engine, GPUs, types of cache and weights, with the exact command.

    Every set-up that an engine ships and somebody measured is replayed under the load, from the fewest GPUs on.

    Example: costmodel recommend --model qwen3-32b --gpu h100-sxm --gpus 2,4 --users 50 --tpot 30ms --prompt 16K --output 512
    """
    from costmodel.analyses.recommend import Space, Targets, recommend
    from costmodel.cli import terminal
    from costmodel.facts import gpus as gpu_facts
    from costmodel.facts import models
    from costmodel.text.progress import progress

    w.refuse_disaggregated(disaggregated)
    if price is not None and not 0 < price < 1e6:
        raise InputError(f"--price: expected a price above 0, got {price:g}")
    if speculative is not None:
        raise InputError("--speculative: speculative decoding is not modelled")
    if (model is None) == (hf_config is None):
        raise InputError("give --model NAME or --hf-config PATH/config.json, one of them")
    facts = models.load(model) if hf_config is None else models.from_config(hf_config)
    counts = parse.parse_axis(gpus, "--gpus") or [1.0]
    if any(count != int(count) or count < 1 for count in counts):
        raise InputError(f"--gpus: expected whole numbers of GPUs, got {gpus!r}")
    space = Space(
        facts, gpu_facts.load(gpu), tuple(sorted({int(count) for count in counts})), is_research=research,
        **({"engines": tuple(engine)} if engine else {}), weight_dtypes=tuple(weight_dtype) if weight_dtype else None,
    )  # fmt: skip
    loss = None if max_quality_loss is None else parse.parse_fraction(max_quality_loss, "--max-quality-loss")
    targets = Targets(
        users, parse.parse_duration(tpot, "--tpot"), parse.parse_duration(ttft, "--ttft"), percentile, loss
    )
    workload = w.workload(users, None, None, prompt, output, hit_rate, None)
    if workload.prompt >= facts.max_context:
        raise InputError(
            f"--prompt: expected less than the model's context of {facts.max_context:,.0f}, got {workload.prompt:,.0f}"
        )
    if workload.longest > facts.max_context:
        limit = f"{facts.max_context:,.0f}"
        typer.echo(
            f"Requests of {workload.longest:,.0f} tokens: beyond the model's context limit of {limit}.", err=json
        )
    with progress("recommend") as on_progress:
        answer = recommend(space, workload, targets, pareto, on_progress)
    if json:
        terminal.print_json(_as_json(answer, price, pareto))
        return
    _print(answer, workload, price, pareto)


def _print(answer, workload, price: float | None, pareto: bool) -> None:
    from costmodel.cli import terminal

    targets, best = answer.best.targets, answer.best
    terminal.print_line(_sentence(answer))
    terminal.print_line(f"  {_flags(best)}")
    for remark in _remarks(best.setup):
        terminal.print_line(f"  {remark}")
    limits = " and ".join(
        f"{name} ≤ {_time(limit)}"
        for name, limit in (("TPOT", targets.tpot), ("TTFT", targets.ttft))
        if limit is not None
    )
    bound = f"{limits} for {targets.percentile:g} % of requests" if limits else "no time asked for (--tpot, --ttft)"
    if targets.ttft is None:
        bound += "; at most 5 % of the users wait for room (no --ttft)"
    terminal.print_line(f"\nAssumed: {workload.describe()}; {bound}.\n")
    rows = [("best", best), *([("runner-up", answer.runner_up)] if answer.runner_up else [])]
    if pareto:  # whatever the targets
        rows += [("front", one) for one in answer.front() if one is not best]
    heads = (
        "",
        "set-up",
        ">users",
        ">TPOT",
        ">TTFT",
        ">tokens/s",
        f">{'cost' if price else 'GPU h'}/M",
        ">loss",
        "evidence",
    )
    front = " Front: of all that was replayed at the users asked for, targets left aside." if pareto else ""
    terminal.print_table("", heads, [(name, *_row(one, price)) for name, one in rows], NOTE + front)
    for flip in answer.flips:
        terminal.print_line(f"Flips: {flip}.")
    if answer.left_out:
        reasons = "; ".join(f"{reason} ({count})" for reason, count in answer.left_out.items())
        terminal.print_line(f"Left out (set-ups): {reasons}.")


def _sentence(answer) -> str:
    best, targets = answer.best, answer.best.targets
    if not answer.is_feasible:
        most = f"at most {best.capacity:,} of {targets.users:,.0f} users" if best.capacity else "nobody"
        return f"No: the closest set-up serves {most} within the targets: {best.setup.describe()}."
    sure = "" if best.is_certain else " (a target lies within the 90 % interval)"
    unknown = "" if best.quality_is_known else f"; what {_unknown(best)} lose is unknown here"
    return f"Yes, {best.setup.describe()}: up to {best.capacity:,} users within the targets{sure}{unknown}."


def _unknown(one) -> str:
    deployment = one.setup.deployment
    weights = [f"{deployment.weight_dtype} weights"] if deployment.weight_dtype != deployment.model.weight_dtype else []
    return " and ".join([*weights, *([f"a {one.setup.scheme.id} cache"] if one.quality is None else [])])


def _row(one, price: float | None) -> tuple[str, ...]:
    from costmodel.cli.terminal import format_digits as digits

    def time(name: str) -> str:
        low, high = one.ends(name)
        return f"{digits(one.at_percentile(name))} [{digits(low)}, {digits(high)}]"

    cost = one.gpu_hours_per_million * (price or 1.0)
    users = "–" if one.capacity is None else f"{one.capacity:,}"
    return (
        one.setup.describe(), users, time("tpot_ms"), time("ttft_ms"), digits(one.throughput), digits(cost),
        _loss(one), one.answer.evidence,
    )  # fmt: skip


def _loss(one) -> str:
    if one.quality is None:
        return "unknown"
    weights = "" if one.quality_is_known else " + weights"
    return f"{100 * one.quality.value:.1f}%{weights}"


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1e3 * seconds:g} ms"


def _flags(one) -> str:
    """The command that starts the set-up, its limit of sequences that of the users within the targets."""
    from costmodel.facts.commands import command_line

    setup, deployment = one.setup, one.setup.deployment
    if not deployment.engine.command:
        return f"no command known for {deployment.engine.id}"
    model, numbers = deployment.model, deployment.engine.numbers
    weights = "" if deployment.weight_dtype == model.weight_dtype else deployment.weight_dtype
    seats = max(-(-(one.capacity or one.targets.users) // setup.replicas), 1)
    implementation = setup.implementation
    checkpoint = model.checkpoint
    if _is_placeholder(deployment):
        checkpoint = f"{checkpoint.rpartition('/')[2]}-WITH-{deployment.weight_dtype.upper()}-WEIGHTS"
    return command_line(
        deployment.engine.command, checkpoint, weights,
        implementation.flag if implementation else "", implementation.kv_cache_dtype if implementation else "",
        tensor_parallel=deployment.ranks, memory_fraction=deployment.memory_fraction,
        max_sequences=min(seats, numbers["max_sequences"]), max_batched_tokens=numbers["max_batched_tokens"],
    )  # fmt: skip


def _remarks(setup) -> list[str]:
    """What the command does not do: replicas beside the first, and weights that no option quantises."""
    deployment, remarks = setup.deployment, []
    if _is_placeholder(deployment):
        own = deployment.model.weight_dtype
        remarks.append(f"with a checkpoint whose weights are {deployment.weight_dtype} in place of {own}")
    if setup.replicas > 1:
        each = f"{deployment.ranks} GPU{'s' * (deployment.ranks > 1)}"
        remarks.append(f"{setup.replicas} times, each on {each} and a port of its own, requests spread evenly")
    return remarks


def _is_placeholder(deployment) -> bool:
    """Whether the weights are of another type than the checkpoint's, which no option of the engine makes while loading."""
    quantises = deployment.engine.command.get("weights", {})
    return deployment.weight_dtype != deployment.model.weight_dtype and deployment.weight_dtype not in quantises


def _as_json(answer, price: float | None, pareto: bool) -> dict:
    record = {"feasible": answer.is_feasible, **_record(answer.best, price)}
    record["runner_up"] = None if answer.runner_up is None else _record(answer.runner_up, price)
    record |= {"flips": list(answer.flips), "left_out": answer.left_out}
    if pareto:
        record["front"] = [_record(one, price) for one in answer.front()]
    return record


def _record(one, price: float | None) -> dict:
    columns, deployment = one.answer.columns, one.setup.deployment
    return {
        "users": one.capacity, "users_asked": one.targets.users, "is_certain": one.is_certain,
        "setup": {
            "engine": deployment.engine.id, "gpu": deployment.gpu.id, "gpus": one.setup.gpus, "tp": deployment.ranks,
            "replicas": one.setup.replicas, "weight_dtype": deployment.weight_dtype, "scheme": one.setup.scheme.id,
            "implementation": one.answer.implementation, "memory_fraction": deployment.memory_fraction,
        },
        "flags": _flags(one), **columns, "running": one.answer.running, "waiting": one.answer.waiting,
        "limited_by": one.answer.limited_by, "throughput_all_tok_s": one.throughput,
        "gpu_hours_per_million": one.gpu_hours_per_million,
        "cost_per_million": None if price is None else price * one.gpu_hours_per_million,
        "quality_loss": one.quality.value if one.quality is not None and one.quality_is_known else None,
        "quality_is_known": one.quality_is_known, "evidence": one.answer.evidence,
    }  # fmt: skip
