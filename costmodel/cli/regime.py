"""``costmodel regime``: wins, loses, or cannot tell, over batch × context."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: o.Scheme = "fp8",
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    batch: o.Batch = "1:256",
    context: o.Context = None,
    comparison: Annotated[str, typer.Option("--comparison", help="same-batch, own-batch, objective, or all.")] = "all",
    tpot: Annotated[
        str | None, typer.Option("--tpot", help="Objective: most time of an output token, e.g. 50ms.")
    ] = None,
    ttft: Annotated[
        str | None, typer.Option("--ttft", help="Objective: most time of the first token, e.g. 2s.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Map where a scheme wins, loses, or cannot be told from its baseline, and which term binds.

    Example: costmodel regime --model llama-8b --gpu h100-sxm --tp 1 --scheme fp8 --tpot 20ms
    """
    from costmodel.analyses.regime import COMPARISONS, Objective, regime
    from costmodel.cli import show
    from costmodel.evaluation.ask.sweep_axes import default_context

    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    objective = Objective(o.parse_duration(tpot, "--tpot"), o.parse_duration(ttft, "--ttft"))
    given = objective.tpot is not None or objective.ttft is not None
    names = [c for c in COMPARISONS if c != "objective" or given] if comparison == "all" else [comparison]
    axes = o.parse_axis(batch, "--batch"), o.parse_axis(context, "--context") or default_context([where])
    maps = [regime(where, scheme, *axes, name, objective if given else None) for name in names]
    if json:
        show.print_json(
            [{k: v for k, v in m.__dict__.items()} | {"counts": m.counts(), "deployment": where.label} for m in maps]
        )
        return
    show.print_deployment(where)
    for made in maps:
        show.print_line()
        _print(made, COMPARISONS[made.comparison])
    if not given and comparison == "all":
        show.print_line("\nThe third comparison, the largest batch that meets an objective, needs --tpot or --ttft.")


def _print(made, words) -> None:
    from costmodel.cli import show

    if made.comparison == "same-batch":
        sign = {"wins": "+", "loses": "−", "cannot tell": "?", "does not fit": " "}
        heads = ["batch", *(f">{show.format_tokens(c)}" for c in made.context)]
        rows = [
            [show.format_tokens(size), *(_cell(made, sign, i, j) for j in range(len(made.context)))]
            for i, size in enumerate(made.batch)
        ]
        note = "+ wins  − loses  ? cannot tell (the 90 % interval holds 1)  blank: does not fit; letters: what binds"
    else:
        heads = [
            ">context",
            ">ratio",
            ">90 % interval",
            "verdict",
            "binds",
            f">batch of {made.scheme}",
            f">of {made.baseline}",
        ]
        rows = [
            (show.format_tokens(c), f"{made.ratio[0, j]:.2f}×", f"{made.low[0, j]:.2f} to {made.high[0, j]:.2f}", made.verdict[0, j],
             made.binding[0, j], f"{made.scheme_batch[0, j]:,.0f}", f"{made.baseline_batch[0, j]:,.0f}")
            for j, c in enumerate(made.context)
        ]  # fmt: skip
        note = ""
    show.print_table(f"{made.scheme} against {made.baseline}, {words}", heads, rows, note)
    if made.comparison == "same-batch":
        show.print_line(f"binding: {', '.join(f'{letter} {word}' for word, letter in LETTERS.items())}")


LETTERS = {
    "hbm": "h", "sm": "s", "conversion": "v", "launch": "l", "matrix-memory": "m", "matrix-compute": "c",
    "communication": "n", "host": "o", "codec": "k",
}  # fmt: skip


def _cell(made, sign, i, j) -> str:
    verdict = made.verdict[i, j]
    if verdict == "does not fit":
        return ""
    return f"{made.ratio[i, j]:.2f}{sign[verdict]}{LETTERS[made.binding[i, j]]}"
