"""``costmodel fragmentation``: how much of a pool holds tokens in blocks, slots of size classes or segments, under a trace."""

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.text.counted import counted

LEGEND = (
    "Written: share of the held memory that holds tokens. Unusable: share of the pool that is free, enough for who waits, "
    "and in no piece that holds it. Closed form: from the mean lengths of the trace; its interval for holes reaches from none "
    "to holes as large as segments. Replayed: the requests of the trace in order, always more of them than the pool holds. "
    "Holds tokens: of the whole pool; what else is missing waits for the first in line, or lies beside the last power of two. No "
    "law: no closed form tells it. Sent back: requests that gave their blocks back, to be computed again."
)


@o.with_deployment_options
def command(
    trace: Annotated[Path, typer.Argument(help="Trace of lengths: Azure's or BurstGPT's CSV, Mooncake's JSON Lines.")],
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several (costmodel schemes).")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave rows out that cannot be read.")] = False,
    json: o.Json = False,
) -> None:
    """Compare allocators on the lengths of a trace: blocks of one size, size classes, segments of the exact size.

    Blocks waste the tail of the last one; what is reserved whole waits for tokens that are yet to come, and leaves holes.

    Example: costmodel fragmentation AzureLLMInferenceTrace_conv.csv --model llama-8b --gpu h100-sxm
    """
    from costmodel.cli import terminal
    from costmodel.cli.trace_remarks import ORDER, print_trace_remarks
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.stress.fragmentation import ALLOCATORS, measure_fragmentation, read_lengths
    from costmodel.text.progress import progress
    from costmodel.traces import BadRows, read_trace

    schemes = scheme or ["none"]
    deployment = deployment_options.resolve(*schemes)
    bad = BadRows(str(trace), skip_bad)
    with progress(f"reading {trace.name}") as on_progress:
        trace_format, requests = read_trace(trace, bad, on_progress)
        lengths = read_lengths(requests, str(trace))
    print_trace_remarks(trace_format, [ORDER])
    longest = max(prompt + output for prompt, output in lengths.requests)
    terminal.print_limits(deployment, schemes, [1.0], [longest], json)
    rows = []
    for one in schemes:
        with progress(f"placing requests ({one})") as on_progress:
            rows += measure_fragmentation(deployment, load_scheme(one), lengths.requests, on_progress)
    if json:
        terminal.print_json(
            {
                "format": trace_format.name, "requests": len(lengths.requests), "without_output": lengths.without_output,
                "beyond_the_limit": lengths.beyond_the_limit, "bad_rows": bad.count, "bad_rows_listed": bad.listed,
                "allocators": [_as_json(row) for row in rows],
            }
        )  # fmt: skip
        return
    terminal.print_answer(_answer(rows), deployment)
    terminal.print_line()
    left = (sentence(row) for row in rows[:: len(ALLOCATORS)] for sentence in (_repeated, _too_large))
    for line in filter(None, (bad.text, lengths.text(trace_format.name), *left)):
        terminal.print_line(line)
    kinds = "; ".join(f"{name}: {meaning}" for name, meaning in ALLOCATORS.items())
    heads = (
        "scheme", "allocator", ">written", ">written, replayed", ">unusable", ">unusable, replayed",
        ">holds tokens", ">requests at once", ">sent back",
    )  # fmt: skip
    terminal.print_table("\nWhat a full pool holds", heads, [_row(row) for row in rows], f"{kinds}. {LEGEND}")
    terminal.print_assumed(deployment)


def _answer(rows) -> str:
    blocks, slots, segments = rows[:3]
    return (
        f"Of a full pool ({blocks.scheme}), blocks hold tokens in {blocks.replayed.filled:.1%}, segments of the exact size in "
        f"{segments.replayed.filled:.0%}, slots of powers of two in {slots.replayed.filled:.0%} (replayed): "
        f"{blocks.replayed.running:,.0f}, {segments.replayed.running:,.0f} and "
        f"{counted(slots.replayed.running, 'request')} at once."
    )


def _too_large(row) -> str:
    count = row.replayed.too_large // row.repeats
    return (
        f"Left out ({row.scheme}): {counted(count, 'request')} that no empty pool ({row.capacity:,} tokens) holds."
        if count
        else ""
    )


def _repeated(row) -> str:
    times = row.repeats
    return (
        f"Placed {times:,} times over ({row.scheme}), so that the pool stays full: the trace is short."
        if times > 1
        else ""
    )


def _row(row) -> tuple:
    has_law = row.unusable == row.unusable
    interval = f"{row.unusable:.0%} ({row.unusable_low:.0%} to {row.unusable_high:.0%})" if row.unusable else "0%"
    return (
        row.scheme, row.allocator, f"{row.use:.1%}", f"{row.replayed.use:.1%}", interval if has_law else "no law",
        f"{row.replayed.unusable:.1%}", f"{row.replayed.filled:.1%}", f"{row.replayed.running:,.0f}",
        f"{row.replayed.preempted:,}",
    )  # fmt: skip


def _as_json(row) -> dict:
    replayed = row.replayed
    return {
        "scheme": row.scheme, "allocator": row.allocator, "capacity_tokens": row.capacity, "repeats": row.repeats,
        "use": row.use,
        "unusable": row.unusable, "unusable_lo": row.unusable_low, "unusable_hi": row.unusable_high,
        "use_replayed": replayed.use, "unusable_replayed": replayed.unusable, "filled": replayed.filled,
        "running": replayed.running, "preempted": replayed.preempted, "too_large": replayed.too_large // row.repeats,
    }  # fmt: skip
