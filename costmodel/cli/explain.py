"""``costmodel explain``: one point taken apart, every term with its source."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: o.Scheme = "none",
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    batch: Annotated[str, typer.Option("--batch", help="Sequences.")] = "8",
    context: Annotated[str, typer.Option("--context", help="Tokens, e.g. 8K.")] = "8K",
    uncertainty: Annotated[
        bool, typer.Option("--uncertainty", help="Where the interval comes from, and what to measure to narrow it.")
    ] = False,
    json: o.Json = False,
) -> None:
    """Take one point apart: a waterfall of time, a stack of memory, and where each number comes from.

    Example: costmodel explain --model llama-70b --scheme fp8 --batch 16 --context 32K
    """
    from costmodel.analyses.explain import explain
    from costmodel.cli import show

    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    at = o.parse_count(batch, "--batch"), o.parse_count(context, "--context")
    if uncertainty:
        _uncertainty(where, scheme, at, json)
        return
    found = explain(where, scheme, *at)
    if json:
        bars = {
            kind: [t.__dict__ | {"origins": [s.__dict__ for s in t.origins]} for t in getattr(found, kind)]
            for kind in ("time", "memory")
        }
        show.print_json({"deployment": where.label, "scheme": found.scheme, "kernel": found.kernel, "outputs": found.outputs,
                      "cache": found.cache} | bars)  # fmt: skip
        return
    _print(where, found)


def _print(where, found) -> None:
    from costmodel.cli import show
    from costmodel.language.units import format_quantity

    out = found.outputs
    show.print_deployment(where, f"; {found.scheme}, batch {found.batch:,.0f}, context {found.context:,.0f}")
    show.print_line(f"Attention kernel: {found.kernel}")
    step, gain = (f"{out[n]:.3f} (90 %: {out[n + '_lo']:.3f} to {out[n + '_hi']:.3f})" for n in ("tpot_ms", "speedup"))
    show.print_line(f"\nStep {step} ms; {out['binding_term']} binds; {out['throughput_tok_s']:,.0f} tokens/s")
    show.print_line(f"Speed-up {gain} over {out['baseline']}\n")
    legend: dict[str, int] = {}
    heads = ("time", ">amount", ">share", "", "sources")
    show.print_table("", heads, [_row(t, "second", format_quantity, legend) for t in found.time])
    show.print_line()
    show.print_table(
        "", ("memory of one GPU", *heads[1:]), [_row(t, "byte", format_quantity, legend) for t in found.memory]
    )
    show.print_line(
        "\n" + "\n".join(f"{name:>24}: {format_quantity(value, 'byte')}" for name, value in found.cache.items())
    )
    show.print_line(
        f"{'effective batch size':>24}: {out['max_batch']:,.0f} (memory alone {out['max_batch_memory']:,.0f})"
    )
    show.print_line("\nSources\n" + "\n".join(f"[{place}] {text}" for text, place in legend.items()))


def _uncertainty(where, scheme, at, json) -> None:
    from costmodel.analyses.uncertainty import uncertainty
    from costmodel.cli import show

    found = uncertainty(where, scheme, *at)
    if json:
        numbers = [n.__dict__ for n in found.numbers]
        show.print_json(found.__dict__ | {"deployment": where.label, "scheme": scheme, "numbers": numbers})
        return
    show.print_line(f"{where.label}; {scheme}, batch {at[0]:,.0f}, context {at[1]:,.0f}")
    show.warn_uncalibrated(where)
    show.print_line(f"\nLog standard error of the step: {found.spread:.3f}\n")
    rows = [(name, f"{share:.1%}", "█" * round(30 * share)) for name, share in found.terms.items()]
    show.print_table("", ("term", ">of the variance", ""), rows)
    show.print_line(
        f"\nFitted numbers hold {found.numbers_share:.1%} of it; those that would take most away if known exactly:\n"
    )
    heads = ("number", "fit", ">known to", ">moves the step", ">takes away")
    known = [
        (n.coefficient, n.fit, f"± {n.error:.0%}", f"{n.elasticity:+.3f}", f"{n.share:.1%}") for n in found.numbers[:8]
    ]
    show.print_table("", heads, known)
    show.print_line(
        "\nMoves the step: per cent of the step for one per cent of the number. Shares of correlated numbers overlap."
    )
    show.print_line(f"To narrow the interval: {found.advice}.")


def _row(term, unit, write, legend):
    marks = []
    for origin in term.origins:
        marks.append(str(legend.setdefault(f"{origin.kind}: {origin.text}", len(legend) + 1)))
    return (
        term.name,
        write(term.amount, unit),
        f"{term.share:.1%}",
        "█" * round(30 * term.share),
        "[" + ",".join(marks) + "]",
    )
