"""``costmodel explain``: one point broken down, every term with its source."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.text import parse


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: o.Scheme = "none",
    batch: Annotated[str, typer.Option("--batch", help="Sequences.")] = "8",
    context: Annotated[str, typer.Option("--context", help="Tokens, e.g. 8K.")] = "8K",
    uncertainty: Annotated[
        bool, typer.Option("--uncertainty", help="Where the interval comes from, and what to measure to narrow it.")
    ] = False,
    json: o.Json = False,
) -> None:
    """Break one point down: a waterfall of time, a stack of memory, and the source of each number.

    Example: costmodel explain --model llama-70b --scheme fp8 --batch 16 --context 32K
    """
    from costmodel.analyses.explain import explain
    from costmodel.analyses.kernel_budget import kernel_budget
    from costmodel.cli import terminal
    from costmodel.cli.budgets import budget_json, print_budget

    deployment = deployment_options.resolve(scheme)
    point = parse.parse_count(batch, "--batch"), parse.parse_count(context, "--context")
    terminal.print_limits(deployment, [scheme], [point[0]], [point[1]], json)
    if uncertainty:
        _print_uncertainty(deployment, scheme, point, json)
        return
    explanation = explain(deployment, scheme, *point)
    has_baseline = explanation.scheme != explanation.outputs["baseline"]
    budget = kernel_budget(deployment, scheme, *point) if has_baseline else None
    if json:
        terminal.print_json({
            "deployment": deployment.label, "scheme": explanation.scheme, "kernel": explanation.kernel,
            "outputs": explanation.outputs, "cache": explanation.cache,
            "time": [_term_as_json(term) for term in explanation.time],
            "memory": [_term_as_json(term) for term in explanation.memory],
            "budget": None if budget is None else budget_json(budget, *point),
        })  # fmt: skip
        return
    _print(deployment, explanation)
    if budget is not None:
        print_budget(budget, *point)
    terminal.print_assumed(deployment)


def _term_as_json(term) -> dict:
    origins = [{"kind": origin.kind, "text": origin.text} for origin in term.origins]
    return {"name": term.name, "amount": term.amount, "share": term.share, "origins": origins}


def _print(deployment, explanation) -> None:
    from costmodel.analyses.sentences import point_sentence
    from costmodel.cli import terminal
    from costmodel.language.units import format_quantity

    outputs = explanation.outputs
    fits = outputs["verdict"] != "does not fit" and explanation.batch <= outputs["max_batch_memory"]
    terminal.print_answer(point_sentence(explanation, fits), deployment)
    if not fits:
        cache, pool = (
            format_quantity(size, "byte")
            for size in (explanation.batch * outputs["kv_bytes_per_sequence"], outputs["kv_pool_bytes"])
        )
        terminal.print_line(
            f"Does not fit: {cache} of cache in a pool of {pool}; the step is that of a pool large enough."
        )
    terminal.print_line(f"Attention kernel: {explanation.kernel}; {outputs['implementation']}, {outputs['evidence']}")
    step, speedup = (
        f"{outputs[name]:.3f} (90 %: {outputs[name + '_lo']:.3f} to {outputs[name + '_hi']:.3f})"
        for name in ("tpot_ms", "speedup")
    )
    terminal.print_line(
        f"\nStep {step} ms; {outputs['binding_term']} binds; {outputs['throughput_tok_s']:,.0f} tokens/s"
    )
    verdict = f"; first token {outputs['ttft_ratio']:.2f} × as fast" if outputs["ttft_ratio"] < 0.9 else ""
    terminal.print_line(f"Speed-up {speedup} over {outputs['baseline']}: {outputs['verdict']}{verdict}\n")
    legend: dict[str, int] = {}
    heads = ("time", ">amount", ">share", "", "sources")
    terminal.print_table("", heads, [_row(term, "second", legend) for term in explanation.time])
    terminal.print_terms(term.name for term in explanation.time)
    terminal.print_line()
    heads = ("memory of one GPU", *heads[1:])
    terminal.print_table("", heads, [_row(term, "byte", legend) for term in explanation.memory])
    sizes = [f"{name:>24}: {format_quantity(size, 'byte')}" for name, size in explanation.cache.items()]
    terminal.print_line("\n" + "\n".join(sizes))
    terminal.print_line(
        f"{'effective batch size':>24}: {outputs['max_batch']:,.0f} (memory alone {outputs['max_batch_memory']:,.0f})"
    )
    terminal.print_line("\nSources\n" + "\n".join(f"[{number}] {text}" for text, number in legend.items()))


def _print_uncertainty(deployment, scheme, point, json) -> None:
    from costmodel.analyses.uncertainty import uncertainty
    from costmodel.cli import terminal

    analysis = uncertainty(deployment, scheme, *point)
    if json:
        terminal.print_json({
            "spread": analysis.spread, "terms": analysis.terms,
            "numbers": [
                {"fit": number.fit, "coefficient": number.coefficient, "error": number.error,
                 "elasticity": number.elasticity, "share": number.share}
                for number in analysis.numbers
            ],
            "numbers_share": analysis.numbers_share, "advice": analysis.advice,
            "deployment": deployment.label, "scheme": scheme,
        })  # fmt: skip
        return
    terminal.print_line(f"{deployment.label}; {scheme}, batch {point[0]:,.0f}, context {point[1]:,.0f}")
    terminal.warn_uncalibrated(deployment)
    terminal.print_line(f"\nLog standard error of the step: {analysis.spread:.3f}\n")
    rows = [(name, f"{fraction:.1%}", "█" * round(30 * fraction)) for name, fraction in analysis.terms.items()]
    terminal.print_table("", ("term", ">of the variance", ""), rows)
    fraction = f"{analysis.numbers_share:.1%}"
    terminal.print_line(
        f"\nFitted coefficients account for {fraction} of this variance. Knowing these exactly would reduce it most:\n"
    )
    heads = ("coefficient", "fit", ">std. error", ">elasticity", ">variance share")
    rows = [
        (n.coefficient, n.fit, f"± {n.error:.0%}", f"{n.elasticity:+.3f}", f"{n.share:.1%}")
        for n in analysis.numbers[:8]
    ]
    terminal.print_table("", heads, rows)
    terminal.print_line(
        "\nElasticity: change of the step time in % per 1 % change of the coefficient. Variance shares of"
    )
    terminal.print_line("correlated coefficients overlap.")
    terminal.print_line(f"To narrow the interval: {analysis.advice}.")
    if analysis.span:
        terminal.print_line(
            f"Nobody measured this kernel: the interval reaches from an ideal one to the {analysis.span}."
        )


def _row(term, unit: str, legend: dict[str, int]) -> tuple:
    """A bar of a breakdown; sources are numbered in ``legend`` as they occur."""
    from costmodel.language.units import format_quantity

    numbers = [str(legend.setdefault(f"{origin.kind}: {origin.text}", len(legend) + 1)) for origin in term.origins]
    bar = "█" * round(30 * term.share)
    return term.name, format_quantity(term.amount, unit), f"{term.share:.1%}", bar, f"[{','.join(numbers)}]"
