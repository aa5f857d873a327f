"""How ``costmodel recommend`` says its answer: as text, and as one JSON record."""

NOTE = (
    "Most users: requests in flight without think time, spread over the replicas, within the targets. TPOT, TTFT: at the "
    "percentile of the targets, in ms, with 90 % intervals, whose centre the targets bind; they and tokens/s are at the users "
    "asked for, or at the most where these are fewer. Cost: of a million output tokens, their prompts included. Loss: published "
    "for the cache (costmodel quality); nobody's figures of quantised weights are here."
)


def print_text(answer, workload, price: float | None, pareto: bool) -> None:
    """The answer in one sentence, the command that starts it, what was assumed, the table, and where it flips."""
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


def as_json(answer, price: float | None, pareto: bool) -> dict:
    """The answer as one record."""
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
