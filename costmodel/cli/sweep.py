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
    force: o.Force = False,
    json: o.Json = False,
) -> None:
    """Sweep schemes over batch and context; say where each wins, by how much, and why.

    Example: costmodel sweep --model llama-70b --gpu h100-sxm --scheme fp8 --scheme kivi-2bit --out sweep.parquet
    """
    from costmodel.analyses import summary
    from costmodel.cli import show
    from costmodel.evaluation.ask.grid import grid
    from costmodel.evaluation.ask.sweep_axes import DEFAULT_BATCH, DEFAULT_SCHEMES
    from costmodel.evaluation.ask.write import write_sweep

    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    target = _target(out, where, force)
    schemes = summary.with_baselines(scheme or DEFAULT_SCHEMES)
    with show.progress("sweep") as tick:
        axes = {
            "batch": o.parse_axis(batch, "--batch") or DEFAULT_BATCH,
            "context": o.parse_axis(context, "--context"),
        }
        data = grid(where, scheme=schemes, outputs="all", progress=tick, **axes)
        write_sweep(data, target)
        if not out:
            _stamp(target)
    lines = summary.summarise(data)
    if json:
        show.print_json({"deployment": where.label, "assumed": where.assumed, "profile": where.profile.id,
                      "calibrated": where.profile.origin, "points": data.points, "written": target,
                      "schemes": [line.as_dict() for line in lines]})  # fmt: skip
        return
    _print(where, data, lines, target)


def _target(out, where, force) -> str:
    from costmodel import files
    from costmodel.evaluation.ask.write import check_sweep_target

    if out:
        return str(check_sweep_target(out))
    target = files.make_folder("costmodel-out") / f"sweep-{where.model.id}-{where.gpu.id}.csv"
    files.refuse_existing([check_sweep_target(target), _record(target)], _record(target), force, str(target))
    return str(target)


def _record(target):
    """Where the stamp of a file that the user did not name stands, for CSV has no comments."""
    from pathlib import Path

    return Path(target).with_suffix(".stamp")


def _stamp(target) -> None:
    from pathlib import Path

    from costmodel import files

    files.write_text(_record(target), files.stamp([Path(target).read_bytes(), b""]) + "\n")


def _print(where, data, lines, target) -> None:
    from costmodel.cli import show

    show.print_deployment(where)
    span = [
        f"{show.format_tokens(float(a.min()))} to {show.format_tokens(float(a.max()))}"
        for a in (data.batch, data.context)
    ]
    show.print_line(f"Batch {span[0]}, context {span[1]} tokens; one decode step, 90 % intervals.\n")
    rows = [
        (
            line.scheme,
            f"{line.kv_bytes_ratio:.0%}",
            line.win_region,
            f"{line.loss_fraction:.0%}",
            f"{line.max_speedup:.2f}×" if line.max_speedup else "–",
            line.main_change,
            f"{line.capacity:.1f}×" if line.capacity else "–",
        )
        for line in lines
    ]
    longest = show.format_tokens(float(data.context.max()))
    heads = ("scheme", f">KV at {longest}", "wins", ">loses", ">most", "because of", ">own batch")
    show.print_table("Same batch (latency), and each at its own largest batch (capacity):", heads, rows)
    show.print_line(
        "\nKV: bytes of a sequence against the baseline. Wins, loses: baseline's step time over the scheme's, where the"
    )
    show.print_line(
        "whole 90 % interval is above or below 1, among batches that fit. Own batch: throughput over throughput, the best"
    )
    show.print_line("over contexts.")
    show.print_line(f"Full result: {target} ({data.points:,} points, every term with its unit)")
