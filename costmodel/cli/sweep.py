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
    from costmodel.cli import show
    from costmodel.evaluation import sweep as engine_of

    where = o.place(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    schemes = summary.with_baselines(scheme or engine_of.DEFAULT_SCHEMES)
    target = _target(out, where)
    with show.progress("sweep") as tick:
        axes = {"batch": o.axis(batch, "--batch") or engine_of.DEFAULT_BATCH, "context": o.axis(context, "--context")}
        data = engine_of.sweep(where, scheme=schemes, progress=tick, **axes)
        engine_of.write(data, target)
    lines = summary.summarise(data)
    if json:
        show.as_json({"deployment": where.label, "assumed": where.assumed, "profile": where.profile.id,
                      "calibrated": where.profile.origin, "points": engine_of.points(data), "written": target,
                      "schemes": [line.as_dict() for line in lines]})  # fmt: skip
        return
    _print(where, data, lines, target)


def _target(out, where) -> str:
    if out:
        return out
    from pathlib import Path

    Path("costmodel-out").mkdir(exist_ok=True)
    return f"costmodel-out/sweep-{where.model.id}-{where.gpu.id}.csv"


def _print(where, data, lines, target) -> None:
    from costmodel.cli import show
    from costmodel.evaluation.sweep import points

    show.say(where.label)
    if where.assumed:
        show.say("Assumed: " + "; ".join(where.assumed) + ".")
    show.warn_uncalibrated(where)
    span = [f"{show.tokens(float(data[a].min()))} to {show.tokens(float(data[a].max()))}" for a in ("batch", "context")]
    show.say(f"Batch {span[0]}, context {span[1]} tokens; one decode step, 90 % intervals.\n")
    rows = [
        (
            line.scheme,
            f"{line.token_share:.0%}",
            line.where,
            f"{line.best:.2f}×" if line.best else "–",
            line.why,
            f"{line.capacity:.1f}×" if line.capacity else "–",
            line.capacity_at,
        )
        for line in lines
    ]
    heads = ("scheme", ">KV/token", "same batch: wins", ">most", "because of", ">own batch", "at context")
    show.table("", heads, rows)
    show.say(
        "\nKV/token: bytes of one more token against the baseline, at the shortest context. Same batch: baseline's step time "
        "over the\nscheme's, where the whole 90 % interval is above 1. Own batch: throughput, each at the largest batch that fits."
    )
    show.say(f"Full result: {target} ({points(data):,} points, every term with its unit)")
