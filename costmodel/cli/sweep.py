"""``costmodel sweep``: where each scheme wins, by how much and why; the whole grid goes to a file."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several. Default: eighteen.")
    ] = None,
    batch: o.Batch = None,
    context: o.Context = None,
    out: Annotated[str | None, typer.Option("--out", help="Where to write: .csv .parquet .nc .zarr")] = None,
    json: o.Json = False,
) -> None:
    """Sweep schemes over batch and context; say where each wins, by how much, and why.

    Example: costmodel sweep --model llama-70b --gpu h100-sxm --scheme fp8 --scheme kivi-2bit --out sweep.parquet
    """
    from costmodel.analyses import summary
    from costmodel.cli import terminal
    from costmodel.evaluation.ask import grid, sweep

    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    target = _target(out, where)
    schemes = summary.with_baselines(scheme or grid.DEFAULT_SCHEMES)
    with terminal.progress("sweep") as tick:
        axes = {
            "batch": o.parse_axis(batch, "--batch") or grid.DEFAULT_BATCH,
            "context": o.parse_axis(context, "--context"),
        }
        data = grid.grid(where, scheme=schemes, progress=tick, **axes)
        sweep.write(data, target)
    lines = summary.summarise(data)
    if json:
        terminal.print_json({"deployment": where.label, "assumed": where.assumed, "profile": where.profile.id,
                      "calibrated": where.profile.origin, "points": data.points, "written": target,
                      "schemes": [line.as_dict() for line in lines]})  # fmt: skip
        return
    _print(where, data, lines, target)


def _target(out, where) -> str:
    from pathlib import Path

    from costmodel.evaluation.ask.sweep import check_target

    if out:
        return str(check_target(out))
    Path("costmodel-out").mkdir(exist_ok=True)
    return f"costmodel-out/sweep-{where.model.id}-{where.gpu.id}.csv"


def _print(where, data, lines, target) -> None:
    from costmodel.cli import terminal

    terminal.print_deployment(where)
    span = [
        f"{terminal.format_tokens(float(a.min()))} to {terminal.format_tokens(float(a.max()))}"
        for a in (data.batch, data.context)
    ]
    terminal.print_line(f"Batch {span[0]}, context {span[1]} tokens; one decode step, 90 % intervals.\n")
    rows = [
        (
            line.scheme,
            f"{line.sequence_share:.0%}",
            line.where,
            f"{line.losing:.0%}",
            f"{line.best:.2f}×" if line.best else "–",
            line.why,
            f"{line.capacity:.1f}×" if line.capacity else "–",
        )
        for line in lines
    ]
    longest = terminal.format_tokens(float(data.context.max()))
    heads = ("scheme", f">KV at {longest}", "wins", ">loses", ">most", "because of", ">own batch")
    terminal.print_table("Same batch (latency), and each at its own largest batch (capacity):", heads, rows)
    terminal.print_line(
        "\nKV: bytes of a sequence against the baseline. Wins, loses: baseline's step time over the scheme's, where the"
    )
    terminal.print_line(
        "whole 90 % interval is above or below 1, among batches that fit. Own batch: throughput over throughput, the best"
    )
    terminal.print_line("over contexts.")
    terminal.print_remarks([scheme.spec for scheme in data.schemes])
    terminal.print_line(f"Full result: {target} ({data.points:,} points, every term with its unit)")
