"""``costmodel stress``: forks, shared prefixes, bursts, long conversations; what decides, scheme by scheme."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.text import parse


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    test: Annotated[str | None, typer.Argument(help="Name of a test; without one, all are listed.")] = None,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several (costmodel schemes).")
    ] = None,
    conditions: o.Conditions = None,
    over: o.Over = None,
    json: o.Json = False,
) -> None:
    """Test schemes under conditions that a single decode step does not show (forks, shared prefixes, long conversations).

    Example: costmodel stress fork --model llama-8b --gpu h100-sxm --tp 1 --with 'context=32K private=512'
    """
    from costmodel import stress
    from costmodel.cli import terminal

    if test is None:
        _print_tests(stress.load_tests().values())
        return
    stress_test = stress.load_test(test)
    deployment = deployment_options.resolve(*(scheme or []))
    stress_result = stress.run_test(
        stress_test,
        deployment,
        scheme or list(stress_test.schemes),
        parse.parse_axis(over, "--over"),
        **parse.parse_conditions(conditions),
    )
    if json:
        terminal.print_json(_as_json(stress_result, deployment))
        return
    terminal.print_deployment(deployment)
    text, values = stress_result.conditions_text, stress_result.conditions.axis_values
    terminal.print_line(f"\n{stress_test.question}\n{text[:1].upper()}{text[1:]}.\n")
    indices = sorted({0, len(values) // 2, len(values) - 1})
    heads = ("scheme", *(f">{_axis_value(values[index])}" for index in indices), "what decides")
    rows = [_row(stress_result, curve, indices) for curve in stress_result.curves]
    terminal.print_table(f"{stress_test.plot.label}, over {stress_test.axis_label}", heads, rows)


def _as_json(stress_result, deployment) -> dict:
    conditions = {  # under the names that scripts read since 0.1
        (condition.aliases or (name,))[0]: stress_result.conditions[name]
        for name, condition in stress_result.test.conditions.items()
    }
    curves = [
        {
            "scheme": curve.scheme,
            "baseline": curve.baseline,
            "said": stress_result.summaries[curve.scheme],
            **curve.columns,
        }
        for curve in stress_result.curves
    ]
    return {
        "test": stress_result.test.id,
        "question": stress_result.test.question,
        "conditions": conditions,
        "deployment": deployment.label,
        stress_result.test.axis: stress_result.conditions.axis_values,
        "schemes": curves,
    }


def _row(stress_result, curve, indices) -> tuple:
    plot = stress_result.test.plot
    values = curve.columns[plot.column] * plot.factor
    return curve.scheme, *(_format(values[index]) for index in indices), stress_result.summaries[curve.scheme]


def _axis_value(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _format(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1e-3 else "0"


def _print_tests(tests) -> None:
    from costmodel.cli import terminal

    terminal.print_table("Stress tests", ("test", "question"), [(test.id, test.question) for test in tests])
    terminal.print_line()
    rows = [
        (test.id, name, f"{condition.default:,g}", condition.unit.removesuffix("/sequence"), condition.meaning)
        for test in tests
        for name, condition in test.conditions.items()
    ]
    terminal.print_table("Conditions (--with)", ("test", "name", ">default", "", "meaning"), rows)
