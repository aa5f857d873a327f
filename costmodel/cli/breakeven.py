"""``costmodel breakeven``: the equation, its condition, and the break-even context, or never."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.text import parse

DEFAULT_AT = 32 * 1024  # context of the kernel budgets, in tokens


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[str | None, typer.Option("--scheme", help="Scheme; without one, the codec of --saving.")] = None,
    saving: Annotated[
        str | None, typer.Option("--saving", help="A codec of your own: fraction of the cache's bytes that it saves.")
    ] = None,
    step_overhead: Annotated[
        str | None, typer.Option("--step-overhead", help="Time that it adds to a decode step, e.g. 15us.")
    ] = None,
    batch: o.Batch = "1,8,64",
    longest: Annotated[
        str | None, typer.Option("--longest", help="Largest context to search (default: the model's maximum).")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Context of the kernel budgets (32K, or the model's longest).")
    ] = None,
    json: o.Json = False,
) -> None:
    """Print the context from which a scheme makes a whole decode step faster.

    For a codec that exists only as an idea, give what it saves and what it costs: the answer names batch, context and model
    sizes at which that trade pays.

    Example: costmodel breakeven --model llama-70b --gpu h100-sxm --saving 30% --step-overhead 15us
    """
    from costmodel.analyses import breakeven, model_sizes
    from costmodel.analyses.kernel_budget import kernel_budget
    from costmodel.analyses.memory_worth import memory_worth
    from costmodel.cli import terminal
    from costmodel.cli.budgets import budget_json
    from costmodel.errors import InputError

    if (scheme is None) == (saving is None):
        raise InputError("give --scheme NAME, or --saving FRACTION with --step-overhead TIME for a codec of your own")
    if saving is None and step_overhead is not None:
        raise InputError("--step-overhead belongs to --saving; a scheme of the catalogue has its own costs")
    deployment = deployment_options.resolve(*filter(None, [scheme]))
    if saving is not None:
        overhead = parse.parse_duration(step_overhead or "0 s", "--step-overhead")
        scheme = f"hypothetical[saving={parse.parse_fraction(saving, '--saving'):.6g},overhead={overhead:.9g} s]"
    max_context = None if longest is None else parse.parse_count(longest, "--longest")
    batches = parse.parse_axis(batch, "--batch")
    longest_model, shortest = deployment.model.max_context, breakeven.MIN_CONTEXT
    context = min(DEFAULT_AT, longest_model) if at is None else parse.parse_count(at, "--at")
    contexts = [shortest, *([] if max_context is None else [max_context]), *([] if at is None else [context])]
    terminal.print_limits(deployment, [scheme], batches, contexts, json)
    rows = breakeven.break_even(deployment, scheme, batches, max_context)
    budgets = [kernel_budget(deployment, scheme, row.batch, context) for row in rows]
    load = memory_worth(deployment, rows[0].baseline, [row.batch for row in rows], context)
    sizes = (
        model_sizes.break_even_by_model(deployment, scheme, [row.batch for row in rows]) if saving is not None else []
    )
    if json:
        terminal.print_json({
            "deployment": deployment.label, "equation": breakeven.EQUATION, "condition": breakeven.CONDITION,
            "break_even": [_as_json(row) for row in rows],
            "budgets": [budget_json(budget, row.batch, context) for budget, row in zip(budgets, rows, strict=True)],
            "load": _load_as_json(load),
            "models": [
                {"model": size.model, "ranks": size.ranks, "token_bytes": size.token_bytes, "batches": size.batches,
                 "contexts": size.contexts}
                for size in sizes
            ],
        })  # fmt: skip
        return
    _print(deployment, rows, sizes)
    _print_wide(rows, budgets, context)
    _print_budgets(budgets, rows, context)
    _print_load(load)
    terminal.print_assumed(deployment)


def _print_wide(rows, budgets, context) -> None:
    """In words, the batches whose interval leaves the answer to the kernel, with what it may take."""
    from costmodel.cli import terminal

    for row, budget in zip(rows, budgets, strict=True):
        if row.is_wide:
            ends = " to ".join(_format_context(end) for end in (row.low, row.high))
            allowed = terminal.format_digits(1e9 * float(budget.latency))
            terminal.print_line(
                f"\nBatch {row.batch:,.0f}: the interval reaches from {ends}, so the kernel decides. At "
                f"{terminal.format_tokens(context)} it pays if it takes less than {allowed} ns a token and KV head."
            )


def _print_load(load) -> None:
    """What is used of the device before the codec, and what memory is worth."""
    from costmodel.cli import terminal

    rows = [
        (
            f"{point.batch:,.0f}", f"{1e3 * point.step:,.3g}", f"{point.throughput:,.0f}", f"{point.bandwidth_use:.0%}",
            f"{point.arithmetic_use:.1%}", "yes" if point.fits else "no",
        )
        for point in load.points
    ]  # fmt: skip
    heads = (">batch", ">step (ms)", ">tokens/s", ">HBM used", ">tensor cores used", "fits")
    title = f"\nThe load at {terminal.format_tokens(load.context)} before the codec:"
    terminal.print_table(title, heads, rows)
    terminal.print_line(f"Memory there: {load.text}.")


def _load_as_json(load) -> dict:
    return {
        "context": load.context, "largest_batch": load.largest, "limit": load.limit, "tokens_per_second_per_gib": load.worth,
        "saturation_batch": load.saturation,
        "points": [
            {
                "batch": point.batch, "step_ms": 1e3 * point.step, "throughput_tok_s": point.throughput,
                "mbu": point.bandwidth_use, "mfu": point.arithmetic_use, "fits": point.fits,
            }
            for point in load.points
        ],
    }  # fmt: skip


def _print_budgets(budgets, rows, context) -> None:
    """One row a batch: the budget, and what every kernel takes."""
    from costmodel.analyses.kernel_budget import CONDITION, EQUATION
    from costmodel.cli import terminal

    names = [f">{kernel.name}" for kernel in budgets[0].kernels]
    cells = [
        (
            f"{row.batch:,.0f}",
            *(terminal.format_digits(1e9 * float(x)) for x in (budget.latency, *(k.seconds for k in budget.kernels))),
        )
        for budget, row in zip(budgets, rows, strict=True)
    ]
    title = f"\nKernel budget at {terminal.format_tokens(context)}, and what kernels take (ns a token and KV head):"
    terminal.print_table(title, (">batch", ">budget", *names), cells)
    if any(budget.latency < 0 for budget in budgets):
        terminal.print_line("A budget below 0: even a free kernel loses.")
    terminal.print_line(f"{EQUATION}; {CONDITION}.")
    terminal.print_line(f"Where nobody measured: {budgets[0].slow_end}.")


def _as_json(row) -> dict:
    return {
        "scheme": row.scheme, "baseline": row.baseline, "batch": row.batch, "context": row.context, "low": row.low,
        "high": row.high, "branches": row.branches, "line": row.branch_crossing, "terms": row.terms, "evidence": row.evidence,
        "longest": row.max_context, "words": row.text,
    }  # fmt: skip


def _print(deployment, rows, sizes) -> None:
    from costmodel.analyses import breakeven
    from costmodel.analyses.sentences import break_even_sentence
    from costmodel.cli import terminal

    terminal.print_answer(break_even_sentence(rows), deployment)
    terminal.print_line()
    cells = [
        (
            f"{row.batch:,.0f}",
            row.text,
            f"{_format_context(row.low)} to {_format_context(row.high)}",
            _format_context(row.branch_crossing).replace("never", "–"),
            f"{row.branches[0]}, {row.branches[1]}",
        )
        for row in rows
    ]
    title = f"{rows[0].scheme} compared with {rows[0].baseline}: a decode step is faster"
    heads = (">batch", "context", "90 % interval", ">equation", "binding branch: scheme, baseline")
    terminal.print_table(title, heads, cells)
    terminal.print_line("\ncontext: last context at which the full model crosses speed-up 1. equation: where the two")
    terminal.print_line('binding branches cross; "–" means that they do not:')
    terminal.print_line(f"{breakeven.EQUATION}\n{breakeven.CONDITION}")
    if sizes:
        terminal.print_line()
        heads = ("model", ">GPUs", ">KV bytes/token", *(f">batch {batch:,.0f}" for batch in sizes[0].batches))
        cells = [
            (s.model, s.ranks, f"{s.token_bytes:,.0f}", *(terminal.format_tokens(c) for c in s.contexts)) for s in sizes
        ]
        terminal.print_table("The same codec on other model sizes: break-even context", heads, cells)


def _format_context(tokens: float) -> str:
    from costmodel.analyses.breakeven import MIN_CONTEXT
    from costmodel.cli import terminal

    if tokens <= MIN_CONTEXT:
        return "the first token"
    return terminal.format_tokens(round(tokens)) if tokens < 1e12 else "never"
