"""``costmodel sweep``: where each scheme wins, by how much and why; the whole grid goes to a file."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.errors import InputError
from costmodel.text import parse
from costmodel.text.counted import counted


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[
        list[str] | None,
        typer.Option(
            "--scheme", help="Scheme; repeat for several. Default: fp8, int4, kivi-2bit, h2o and their baseline, none."
        ),
    ] = None,
    all_schemes: Annotated[bool, typer.Option("--all", help="17 schemes of every kind in place of the four.")] = False,
    batch: o.Batch = None,
    context: o.Context = None,
    out: Annotated[str | None, typer.Option("--out", help="Where to write: .csv .parquet .nc .zarr")] = None,
    outputs: Annotated[
        str, typer.Option("--outputs", help="Columns of the file: all, default, or names such as tpot_ms,speedup.")
    ] = "all",
    cells: Annotated[
        int | None,
        typer.Option("--cells", help="Write shares of verdicts on a map of at most N x N cells, not every point."),
    ] = None,
    dask: Annotated[
        str | None, typer.Option("--dask", help="Compute on a Dask cluster: local, or tcp://host:8786 (Parquet).")
    ] = None,
    force: o.Force = False,
    json: o.Json = False,
) -> None:
    """Sweep schemes over batch and context; say where each wins, by how much, and why.

    A sweep of more than two million points is written to Parquet part by part and goes on where it was cut short.

    Example: costmodel sweep --model llama-70b --gpu h100-sxm --scheme fp8 --scheme kivi-2bit --out sweep.parquet
    """
    from costmodel.analyses import summary
    from costmodel.cli import sweep_files, terminal
    from costmodel.evaluation.ask.grid import compute_grid
    from costmodel.evaluation.ask.stamp import result_stamp
    from costmodel.evaluation.ask.sweep_axes import DEFAULT_BATCH, DEFAULT_SCHEMES, MAIN_SCHEMES, sweep_axes
    from costmodel.evaluation.ask.write import write_sweep
    from costmodel.text.progress import progress

    if all_schemes and scheme:
        raise InputError("--all: expected alone, got it with --scheme; name schemes, or take all")
    schemes = summary.with_baselines(scheme or (DEFAULT_SCHEMES if all_schemes else MAIN_SCHEMES))
    deployment = deployment_options.resolve(*schemes)
    axes = {
        "batch": parse.parse_axis(batch, "--batch") or DEFAULT_BATCH,
        "context": parse.parse_axis(context, "--context"),
    }
    columns = sweep_files.parse_outputs(outputs)
    planned = sweep_axes(deployment, scheme=schemes, outputs=columns, **axes)
    target = sweep_files.check_out(out, deployment, force, planned.points, is_reduced=cells is not None, dask=dask)
    if batch or context:
        terminal.print_limits(deployment, schemes, planned.batch, planned.context, json)
    if cells is not None:
        sweep_files.write_shares(deployment, schemes, axes, cells, target, json)
        return
    if dask or planned.points > sweep_files.MAX_HELD_POINTS:
        sweep_files.write_streamed(planned, target, dask, json)
        return
    needed = tuple(dict.fromkeys([*planned.names, *summary.needed_outputs()]))
    with progress("sweep") as tick:
        grid = compute_grid(sweep_axes(deployment, scheme=schemes, outputs=needed, **axes), tick)
        write_sweep(grid.select(planned.names), str(target))
        if not out:
            sweep_files.stamp(target)
    summaries, stamp = summary.summarise(grid), result_stamp([deployment], grid.schemes)
    if json:
        terminal.print_json({"deployment": deployment.label, "assumed": deployment.assumed, "profile": deployment.profile.id,
                      "calibrated": deployment.profile.origin, **stamp, "points": grid.points, "written": str(target),
                      "schemes": [line.as_dict() for line in summaries]})  # fmt: skip
        return
    content = "every term with its unit" if outputs == "all" else counted(len(planned.names), "column")
    _print(deployment, grid, summaries, f"{target} ({counted(grid.points, 'point')}, {content})")
    if not scheme and not all_schemes:
        terminal.print_line(f"Four schemes by default; --all sweeps {len(DEFAULT_SCHEMES) - 1}, --scheme others.")
    hashes = ", ".join(f"{name} {digest}" for name, digest in stamp["profiles"].items())
    terminal.print_line(f"costmodel {stamp['costmodel']}; profiles: {hashes}")


def _print(deployment, grid, summaries, written: str) -> None:
    from costmodel.analyses import sentences
    from costmodel.cli import terminal

    terminal.print_answer(sentences.sweep_sentence(summaries), deployment)
    span = [
        f"{terminal.format_tokens(float(axis.min()))} to {terminal.format_tokens(float(axis.max()))}"
        for axis in (grid.batch, grid.context)
    ]
    terminal.print_line(f"Batch {span[0]}, context {span[1]} tokens; one decode step, 90 % intervals.\n")
    rows = [
        (
            line.scheme,
            f"{line.kv_bytes_ratio:.0%}",
            line.verdict,
            line.evidence,
            f"{line.kernel_budget:.2f}",
            _format_capacity(line),
            line.quality,
            line.runs_in_short,
        )
        for line in summaries
    ]
    longest = terminal.format_tokens(float(grid.context.max()))
    heads = (
        "scheme",
        f">KV at {longest}",
        "same batch",
        "evidence",
        ">budget",
        ">capacity",
        "published loss",
        "runs as",
    )
    terminal.print_table(
        "Same batch (latency), and each at its own largest batch (capacity, decode only):", heads, rows
    )
    for line in LEGEND:
        terminal.print_line(line)
    terminal.print_assumed(deployment)
    terminal.print_remarks([scheme.spec for scheme in grid.schemes])
    terminal.print_line(f"Full result: {written}")


def _format_capacity(line) -> str:
    """The gain at the largest batch; where nobody measured the kernel, the span from slow to ideal."""
    if not line.capacity:
        return "–"
    if line.needs_kernel or line.evidence in ("compiled", "ideal", "assumed"):
        return f"{line.capacity_low:.1f} to {line.capacity_high:.1f}×"
    return f"{line.capacity:.1f}×"


LEGEND = (
    "\nKV: bytes of a sequence relative to the baseline. Same batch: wins (loses) where the whole 90 % interval of baseline step",
    "time / scheme step time is above (below) 1 with a measured kernel; where none was measured: loses if even an ideal one (its",
    "bytes at the speed of the engine's 16-bit kernel) loses, needs kernel if an ideal one wins.",
    "Tokens in flight: batch × context, from which every cell wins. First token: its speed relative to the baseline's.",
    "Budget: ns a token and KV head that the attention kernel may take, at the longest context and largest batch that fits.",
    "Capacity: throughput ratio, each side at its own largest batch, decode steps alone; a span where nobody measured.",
    "Published loss: relative to 16 bit, over the models measured (costmodel quality). Wins and ideal: the best over all",
    "cells; loses and first token: the worst. Runs as: the engine's word for the cache type (flag: costmodel schemes ID).",
)
