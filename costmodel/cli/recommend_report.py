"""How ``costmodel recommend`` prints its answer: as text, and as one JSON record. The words are ``recommend.words``."""


def print_text(answer, workload, price: float | None, pareto: bool) -> None:
    """The answer in one sentence, the command that starts it, what was assumed, the table, and where it flips."""
    from costmodel.analyses.recommend import words
    from costmodel.cli import terminal

    best = answer.best
    terminal.print_line(words.sentence(answer))
    terminal.print_line(f"  {words.start_command(best)}")
    for remark in words.remarks(best.setup):
        terminal.print_line(f"  {remark}")
    terminal.print_line(f"\nAssumed: {words.assumed(workload, best.targets)}.\n")
    rows = words.rows(answer, price)
    if pareto:  # whatever the targets
        rows += [("front", *words.row(one, price)) for one in answer.front() if one is not best]
    front = " Front: of all that was replayed at the users asked for, targets left aside." if pareto else ""
    terminal.print_table("", words.heads(price), rows, words.NOTE + front)
    for flip in answer.flips:
        terminal.print_line(f"Flips: {flip}.")
    if answer.left_out:
        terminal.print_line(f"Left out (set-ups): {words.left_out(answer)}.")


def as_json(answer, price: float | None, pareto: bool) -> dict:
    """The answer as one record."""
    record = {"feasible": answer.is_feasible, **_record(answer.best, price)}
    record["runner_up"] = None if answer.runner_up is None else _record(answer.runner_up, price)
    record |= {"flips": list(answer.flips), "left_out": answer.left_out}
    if pareto:
        record["front"] = [_record(one, price) for one in answer.front()]
    return record


def _record(one, price: float | None) -> dict:
    from costmodel.analyses.recommend.words import start_command

    columns, deployment = dict(one.answer.columns), one.setup.deployment
    if not one.serves:
        columns |= dict.fromkeys(name for name in columns if name.startswith("throughput"))
    return {
        "users": one.capacity, "users_asked": one.targets.users, "is_certain": one.is_certain,
        "setup": {
            "engine": deployment.engine.id, "gpu": deployment.gpu.id, "gpus": one.setup.gpus, "tp": deployment.ranks,
            "replicas": one.setup.replicas, "weight_dtype": deployment.weight_dtype, "scheme": one.setup.scheme.id,
            "implementation": one.answer.implementation, "memory_fraction": deployment.memory_fraction,
        },
        "flags": start_command(one), **columns, "running": one.answer.running, "waiting": one.answer.waiting,
        "limited_by": one.answer.limited_by, "throughput_all_tok_s": one.throughput if one.serves else None,
        "gpu_hours_per_million": one.gpu_hours_per_million if one.serves else None,
        "cost_per_million": price * one.gpu_hours_per_million if one.serves and price is not None else None,
        "quality_loss": one.quality.value if one.quality is not None and one.quality_is_known else None,
        "quality_is_known": one.quality_is_known, "evidence": one.answer.evidence,
    }  # fmt: skip
