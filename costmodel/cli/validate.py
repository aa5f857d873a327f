"""``costmodel validate``: predictions beside measurements, every row listed."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.errors import InputError

SETUP = ("--model", "--gpu", "--tp", "--weight-dtype", "--scheme")
USED = {  # what is validated → the options that say something of it
    "--data": (*SETUP, "--engine", "--gen-len", "--kernel", "--plot", "--format"), "--vllm-log": SETUP,
    "--recompute": ("--gpu", "--engine", "--plot"), "--serving": (), "--burst": (), "--pools": (), "--steps": (),
    "--kernels": (), "memory": (),
}  # fmt: skip


def command(
    kernels: Annotated[
        bool,
        typer.Option("--kernels", help="Errors of the fitted kernels on held-out rows, as the profiles state them."),
    ] = False,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="The same from the raw measurements, beside simpler laws (a minute).")
    ] = False,
    steps: Annotated[bool, typer.Option("--steps", help="Whole decode steps of a real engine, by cache type.")] = False,
    burst: Annotated[
        bool,
        typer.Option("--burst", help="Overflow and preemption in closed form, on random settings, against replay."),
    ] = False,
    pools: Annotated[
        bool, typer.Option("--pools", help="Pools of the cache that engines printed at their start, by kind of layers.")
    ] = False,
    settings: Annotated[
        int | None,
        typer.Option("--settings", min=1, max=10_000, help="With --burst: random settings, some seconds each (200)."),
    ] = None,
    vllm_log: Annotated[
        str | None,
        typer.Option("--vllm-log", help="A start-up log of vLLM, beside the prediction; --gpu states the GPU."),
    ] = None,
    serving: Annotated[
        bool, typer.Option("--serving", help="Times under load against published runs of whole engines.")
    ] = False,
    rival: Annotated[
        bool, typer.Option("--rival", help="With --serving: AIConfigurator on the same runs (five minutes).")
    ] = False,
    replays: Annotated[
        str | None,
        typer.Option(
            "--replays", help="With --burst: a file that keeps what was replayed; the next run goes on from it."
        ),
    ] = None,
    data: Annotated[str | None, typer.Option("--data", help="Measurements of your own.")] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="auto: by what the file holds; csv, vllm, sglang, throughput, llama-bench, inferencemax."
        ),
    ] = "auto",
    kernel: Annotated[
        str | None,
        typer.Option("--kernel", help="With a CSV of latency_us: the kernel, where its columns match several."),
    ] = None,
    model: o.Model = None,
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    gen_len: Annotated[
        float | None,
        typer.Option("--gen-len", help="With a result of vllm bench throughput: output tokens of a request."),
    ] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="With --data: the scheme that ran.")] = None,
    plot: Annotated[
        str | None, typer.Option("--plot", help="With --recompute or --data: parity plot to write.")
    ] = None,
    force: o.Force = False,
    json: o.Json = False,
) -> None:
    """Compare predictions with measurements: memory, the fitted kernels, or your own data.

    Without an option: memory, where somebody stated the conditions. --steps compares whole steps of a real vLLM. --pools
    compares pools that engines printed at their start, --vllm-log a start-up log of yours. --serving compares times under load
    with published runs (--rival: beside what AIConfigurator says of them), --burst overflow with replays of random loads.
    --kernels prints what the profiles state of themselves; --recompute computes it again from the tables of aiconfigurator-core
    (pip install 'costmodel[measured]'), for one --gpu and --engine or all. --data takes a CSV with the columns of costmodel
    predict and latency_us or tpot_ms, or results of vllm bench serve or throughput, SGLang's bench_serving, llama-bench or
    InferenceMAX as they were written; --model, --gpu, --tp, --weight-dtype and --scheme fill in what they leave out.

    Example: costmodel validate --recompute --gpu h100-sxm --engine vllm
    """
    from costmodel.cli import validation_report

    if replays and not burst:
        raise InputError("--replays keeps what --burst replays: give --burst too")
    if settings is not None and not burst:
        raise InputError("--settings counts what --burst replays: give --burst too")
    if rival and not serving:
        raise InputError("--rival answers the runs of --serving: give --serving too")
    modes = {
        "--data": data, "--serving": serving, "--vllm-log": vllm_log, "--recompute": recompute, "--burst": burst,
        "--pools": pools, "--steps": steps, "--kernels": kernels,
    }  # fmt: skip
    if len(given := [name for name, value in modes.items() if value]) > 1:
        raise InputError(f"{' and '.join(given)} compare different things: give one of them")
    given_options = {
        "--model": model, "--gpu": gpu, "--tp": tp, "--engine": engine, "--weight-dtype": weight_dtype, "--scheme": scheme,
        "--gen-len": gen_len, "--kernel": kernel, "--plot": plot, "--format": None if form == "auto" else form,
    }  # fmt: skip
    mode = next((name for name, value in modes.items() if value), "memory")
    if unused := [name for name, value in given_options.items() if value is not None and name not in USED[mode]]:
        raise InputError(f"{', '.join(unused)}: not used " + (f"with {mode}" if mode in modes else "without --data"))
    if data:
        defaults = {
            "model": model, "gpu": gpu, "tp": tp, "engine": engine, "weight_dtype": weight_dtype, "scheme": scheme,
            "gen_len": gen_len,
        }  # fmt: skip
        defaults = {name: value for name, value in defaults.items() if value is not None}
        validation_report.print_user_data(data, form, defaults, kernel, plot, json, force)
    elif serving:
        validation_report.print_serving(rival)
    elif vllm_log:
        from costmodel.cli import validate_log

        stated = {"model": model, "gpu": gpu, "tp": tp, "weight_dtype": weight_dtype, "scheme": scheme}
        validate_log.print_log(vllm_log, stated, json)
    elif recompute:
        validation_report.print_recomputed(gpu, engine, plot, json, force)
    elif burst:
        from costmodel.cli import validate_burst

        validate_burst.print_burst(200 if settings is None else settings, replays, json)
    elif pools:
        from costmodel.cli import validate_pools

        validate_pools.print_pools(json)
    elif steps:
        validation_report.print_steps(json)
    elif kernels:
        validation_report.print_kernels(json)
    else:
        validation_report.print_capacity(json)
