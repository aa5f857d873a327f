"""``costmodel stress``: forks, shared prefixes, bursts, long conversations; what decides, scheme by scheme."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    test: Annotated[str | None, typer.Argument(help="A test by its name; without one, all are listed.")] = None,
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; give it again for several (costmodel schemes).")
    ] = None,
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    weight_dtype: o.WeightDtype = None,
    memory_fraction: o.Fraction = None,
    conditions: o.Conditions = None,
    over: o.Over = None,
    json: o.Json = False,
) -> None:
    """Put schemes under conditions that a static step does not see.

    Example: costmodel stress fork --model llama-8b --gpu h100-sxm --tp 1 --with 'context=32K own=512'
    """
    from costmodel import stress
    from costmodel.cli import show

    if test is None:
        _list(stress.tests().values())
        return
    asked = stress.named(test)
    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction)
    found = stress.run_test(
        asked, where, scheme or list(stress.SCHEMES), o.parse_axis(over, "--over"), **o.conditions(conditions)
    )
    if json:
        told = {
            "test": asked.id,
            "question": asked.question,
            "conditions": found.asked.knobs,
            "deployment": where.label,
        }
        curves = [
            {"scheme": c.scheme, "baseline": c.baseline, "said": found.said[c.scheme], **c.columns}
            for c in found.curves
        ]
        show.print_json(told | {asked.axis: found.asked.over, "schemes": curves})
        return
    show.print_deployment(where)
    show.print_line(f"\n{asked.question}\n{found.conditions[:1].upper()}{found.conditions[1:]}.\n")
    places = sorted({0, len(found.asked.over) // 2, len(found.asked.over) - 1})
    heads = ("scheme", *(f">{found.asked.over[place]:,.0f}" for place in places), "what decides")
    show.print_table(
        f"{asked.drawn.label}, over {asked.axis_label}", heads, [_row(found, c, places) for c in found.curves]
    )


def _row(found, curve, places) -> tuple:
    drawn = found.test.drawn
    values = curve.columns[drawn.column] * drawn.factor
    return curve.scheme, *(_brief(values[place]) for place in places), found.said[curve.scheme]


def _brief(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1e-3 else "0"


def _list(tests) -> None:
    from costmodel.cli import show

    show.print_table("Stress tests", ("test", "question"), [(test.id, test.question) for test in tests])
    show.print_line()
    rows = [
        (test.id, name, f"{knob.default:,g}", knob.unit.removesuffix("/sequence"), knob.meaning)
        for test in tests
        for name, knob in test.knobs.items()
    ]
    show.print_table("Conditions (--with)", ("test", "name", ">default", "", "meaning"), rows)
