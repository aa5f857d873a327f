"""``costmodel predict``: a table of points in, the same table with predictions out."""

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.errors import InputError


def command(
    points: Annotated[str, typer.Argument(help="CSV or Parquet file of points, - for standard input.")],
    out: Annotated[
        str | None, typer.Option("--out", help="CSV or Parquet file to write; standard output without it.")
    ] = None,
    kernel: Annotated[str | None, typer.Option("--kernel", help="Predict one kernel call, as said above.")] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="With --kernel: assume a cold L2 cache (benchmarks run with a warm one).")
    ] = False,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode", help="Of rows without one. static (default): one decode step. serving: continuous batching."
        ),
    ] = None,
    json: o.Json = False,
) -> None:
    """Predict every row of a table, with 90 % intervals.

    Columns: model, gpu (required), tp, ep, attention_dp, engine, engine_version, scheme (or kv_cache_dtype, an engine's own
    word), implementation, weight_dtype, memory_fraction, block_size, max_num_seqs, max_num_batched_tokens, max_model_len, eager,
    link, batch, prompt_len, gen_len, context, gen_cv, mode, concurrency, rate, hit_rate, num_prompts, admission_steps; others
    pass through and are named. Constants are of one version of an engine each: where another is named, that is said. mode =
    serving gives times under load, including the prompts of other requests: means over a benchmark of num_prompts requests (ten
    for each in flight), all slots at once, each after admission_steps decode steps in which the server does not look at it (0);
    or, with rate (requests a second) in place of concurrency, in steady state.

    With --kernel, shapes are those of one GPU; engine and, for attention, kernel and kv_dtype are optional:

    decode-attention: gpu, batch, num_heads, num_kv_heads, head_dim, context, window. prefill-attention: the same with
    prompt_len for context. mla-decode: gpu, batch, num_heads, context. gemm: gpu, m, n, k, dtype. quantize: gpu, m, k.
    all-reduce: gpu, num_gpus, message_bytes. experts (one layer of a mixture, all its GPUs' tokens): gpu, tokens, hidden_size,
    intermediate_size, experts_per_token, experts; dtype, matrices (2 without a gate), tp, ep, routing (balanced, independent,
    power_law_1.2) are optional.

    Example: costmodel predict points.csv --out predicted.csv
    """
    from costmodel.cli import terminal
    from costmodel.evaluation.ask import kernels, predict, table_io
    from costmodel.text.counted import counted
    from costmodel.text.progress import progress

    if kernel and mode is not None:
        raise InputError("--mode belongs to steps and loads; one kernel call (--kernel) has none")
    if cold and not kernel:
        raise InputError("--cold belongs to --kernel")
    frame = table_io.read(points)
    table_io.check_target(out)
    if out is not None and Path(out).exists() and Path(points).exists() and Path(out).samefile(points):
        raise InputError(f"--out {out}: expected another file than the table of points, which would be lost")
    if kernel:
        predictions, defaults_used = kernels.predict(frame, kernel, points, cold)
    else:
        with progress("predict") as on_progress:
            predictions, defaults_used = predict.predict(frame, points, mode, on_progress)
    if defaults_used:
        typer.echo("Defaults: " + "; ".join(defaults_used), err=True)
    if json:
        terminal.print_json(predictions.to_dict(orient="records"))
    if out or not json:
        table_io.write(predictions, out)
    if out:
        typer.echo(f"{counted(len(predictions), 'row')} written to {out}", err=True)
