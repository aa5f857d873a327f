"""``costmodel regime``: wins, loses, or cannot tell, over batch × context."""

from typing import Annotated

import numpy as np
import typer

from costmodel.cli import options as o
from costmodel.errors import InputError
from costmodel.text import parse

SIGNS = {"wins": "+", "loses": "−", "cannot tell": "?", "needs kernel": "k"}


SLOW_PROMPT = 0.9  # below, the first token is printed beside the verdict


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[
        list[str] | None,
        typer.Option(
            "--scheme", help="Scheme, e.g. fp8, kivi-2bit+streaming-llm, my.toml; repeat for several. Default: fp8."
        ),
    ] = None,
    batch: o.Batch = "1:256",
    context: o.Context = None,
    comparison: Annotated[str, typer.Option("--comparison", help="same-batch, own-batch, objective, or all.")] = "all",
    tpot: Annotated[
        str | None, typer.Option("--tpot", help="Objective: longest time per output token, e.g. 50ms.")
    ] = None,
    ttft: Annotated[str | None, typer.Option("--ttft", help="Objective: longest time to first token, e.g. 2s.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", help="Own batches and objective: tokens that a request generates (512).")
    ] = None,
    static: Annotated[
        bool, typer.Option("--static", help="Own batches and objective of decode steps alone: no prompts, no load.")
    ] = False,
    json: o.Json = False,
) -> None:
    """Map where a scheme wins, loses, or is indistinguishable from its baseline, and which term binds.

    Own batches and the objective are compared under load: prompts of the context less half an output, in steady state.

    Example: costmodel regime --model llama-8b --gpu h100-sxm --tp 1 --scheme fp8 --tpot 20ms
    """
    from costmodel.analyses.largest_load import OUTPUT
    from costmodel.analyses.regime import COMPARISONS, Objective, compute_regimes
    from costmodel.analyses.sentences import regime_sentence
    from costmodel.cli import terminal
    from costmodel.evaluation.ask.sweep_axes import default_context

    deployment = deployment_options.resolve(*(scheme or ["fp8"]))
    objective = Objective(parse.parse_duration(tpot, "--tpot"), parse.parse_duration(ttft, "--ttft"))
    has_objective = objective.tpot is not None or objective.ttft is not None
    names = [c for c in COMPARISONS if c != "objective" or has_objective] if comparison == "all" else [comparison]
    axes = parse.parse_axis(batch, "--batch"), parse.parse_axis(context, "--context") or default_context([deployment])
    terminal.print_limits(deployment, scheme or ["fp8"], *axes, json)
    if static and output is not None:
        raise InputError("--output is of a load; a static comparison has none")
    tokens = None if static else parse.parse_count(output, "--output") if output is not None else OUTPUT
    by_comparison = compute_regimes(
        deployment, scheme or ["fp8"], *axes, names, objective if has_objective else None, output=tokens
    )
    maps = [regime_map for of_comparison in by_comparison.values() for regime_map in of_comparison]
    if json:
        terminal.print_json([cell for regime_map in maps for cell in _cells(regime_map, deployment)])
        return
    terminal.print_answer(regime_sentence(by_comparison), deployment)
    for regime_map in maps:
        terminal.print_line()
        _print(regime_map, COMPARISONS[regime_map.comparison] + _load(regime_map))
    if not has_objective and comparison == "all":
        terminal.print_line(
            "\nThe third comparison, the largest batch that meets an objective, needs --tpot or --ttft."
        )
    terminal.print_assumed(deployment)


def _load(regime_map) -> str:
    """What a comparison of throughputs means by a load."""
    if regime_map.comparison == "same-batch":
        return ""
    if regime_map.output is None:
        return "; static: decode steps alone"
    half = f"{regime_map.output / 2:,.0f}"
    return f"; under load: outputs of {regime_map.output:,.0f} tokens, prompts of the context less {half}"


def _cells(regime_map, deployment) -> list[dict]:
    """Every cell of a map as one flat record."""
    records = []
    for i, j in np.ndindex(regime_map.ratio.shape):
        records.append({
            "scheme": regime_map.scheme, "baseline": regime_map.baseline, "comparison": regime_map.comparison,
            "batch": regime_map.scheme_batch[i, j], "baseline_batch": regime_map.baseline_batch[i, j],
            "context": regime_map.context[j], "ratio": regime_map.ratio[i, j], "ratio_lo": regime_map.low[i, j],
            "ratio_hi": regime_map.high[i, j], "verdict": regime_map.verdict[i, j],
            "implementation": regime_map.implementation, "evidence": regime_map.evidence[i, j],
            "kernel_ns": 1e9 * regime_map.kernel_time[i, j], "kernel_budget_ns": 1e9 * regime_map.kernel_budget[i, j],
            "output": regime_map.output, "ttft_ratio": regime_map.ttft_ratio[i, j], "binding_term": regime_map.binding[i, j],
            "deployment": deployment.label,
        })  # fmt: skip
    return records


def _print(regime_map, description: str) -> None:
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_terms

    title = f"{regime_map.scheme} compared with {regime_map.baseline}, {description}"
    if regime_map.comparison == "same-batch":
        heads = ["batch", *(f">{terminal.format_tokens(context)}" for context in regime_map.context)]
        columns, letters = range(len(regime_map.context)), {term.name: term.letter for term in load_terms()}
        rows = [
            [terminal.format_tokens(batch), *(_cell(regime_map, i, j, letters) for j in columns)]
            for i, batch in enumerate(regime_map.batch)
        ]
        note = (
            "+ wins  − loses  ? cannot tell (the 90 % interval contains 1)  k needs kernel (an ideal one wins; these were not "
            "measured)\nblank: does not fit, or beyond the model's context limit; letters: what binds"
        )
        terminal.print_table(title, heads, rows, note)
        terminal.print_terms(regime_map.binding[np.isin(regime_map.verdict, list(SIGNS))], with_letters=True)
        _print_budget(regime_map)
        return
    heads = [
        ">context", ">ratio", ">90 % interval", "verdict", "binds", f">batch of {regime_map.scheme}",
        f">of {regime_map.baseline}",
    ]  # fmt: skip
    terminal.print_table(title, heads, [_row(regime_map, j) for j in range(len(regime_map.context))])


def _cell(regime_map, i: int, j: int, letters: dict[str, str]) -> str:
    verdict = regime_map.verdict[i, j]
    if verdict not in SIGNS:
        return ""
    return f"{regime_map.ratio[i, j]:.2f}{SIGNS[verdict]}{letters[regime_map.binding[i, j]]}"


def _row(regime_map, j: int) -> tuple:
    from costmodel.cli import terminal

    return (
        terminal.format_tokens(regime_map.context[j]), *_ratio(regime_map, j), regime_map.verdict[0, j],
        regime_map.binding[0, j],
        f"{regime_map.scheme_batch[0, j]:,.0f}", f"{regime_map.baseline_batch[0, j]:,.0f}",
    )  # fmt: skip


def _ratio(regime_map, j: int) -> tuple[str, str]:
    """Ratio and interval of a row; what is said where one side alone fits, or neither."""
    value = regime_map.ratio[0, j]
    if np.isposinf(value):
        return "only it fits", "–"
    if np.isnan(value) or regime_map.verdict[0, j] not in SIGNS:
        return "–", "–"
    return f"{value:.2f}×", f"{regime_map.low[0, j]:.2f} to {regime_map.high[0, j]:.2f}"


def _print_budget(regime_map) -> None:
    """Whose kernels these are, and at the longest context how fast a kernel must be."""
    from costmodel.cli import terminal

    evidence = ", ".join(dict.fromkeys(regime_map.evidence.ravel()))
    terminal.print_line(f"kernels: {regime_map.implementation} ({evidence})")
    if (slow := regime_map.ttft_ratio < SLOW_PROMPT).any():
        worst = regime_map.ttft_ratio[slow].min()
        terminal.print_line(f"first token: as slow as {worst:.2f} × the baseline's speed")
    if not (regime_map.verdict == "needs kernel").any():
        return
    budgets, times = (1e9 * values[:, -1] for values in (regime_map.kernel_budget, regime_map.kernel_time))
    rows = [
        (terminal.format_tokens(batch), terminal.format_digits(budget), terminal.format_digits(time))
        for batch, budget, time in zip(regime_map.batch, budgets, times, strict=True)
    ]
    title = f"\nKernel budget at context {terminal.format_tokens(regime_map.context[-1])} (ns a token and KV head):"
    terminal.print_table(title, (">batch", ">budget", f">{regime_map.implementation}"), rows)
