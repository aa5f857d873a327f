"""``costmodel stress``: forks, shared prefixes, bursts, long conversations; what decides, scheme by scheme."""

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.errors import InputError
from costmodel.text import parse

AGREE = {True: "meet", False: "do not meet", None: "–"}


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    test: Annotated[str | None, typer.Argument(help="Name of a test; without one, all are listed.")] = None,
    scheme: Annotated[
        list[str] | None, typer.Option("--scheme", help="Scheme; repeat for several (costmodel schemes).")
    ] = None,
    conditions: o.Conditions = None,
    over: o.Over = None,
    numerics: Annotated[
        bool,
        typer.Option("--numerics", help="Run drift or retrieval on a real decoder (SmolLM2-135M), minutes on a CPU."),
    ] = False,
    decoder: Annotated[
        Path | None, typer.Option("--decoder", help="Folder of another decoder of the Llama family; with --numerics.")
    ] = None,
    text: Annotated[
        Path | None, typer.Option("--text", help="UTF-8 text that conversations are cut from; with --numerics.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Test schemes under conditions that a single decode step does not show (forks, shared prefixes, long conversations).

    Example: costmodel stress fork --model llama-8b --gpu h100-sxm --tp 1 --with 'context=32K private=512'

    On a real decoder: costmodel stress drift --numerics --scheme kivi-2bit --scheme 'h2o[budget=256]'
    """
    from costmodel import stress
    from costmodel.cli import terminal
    from costmodel.stress.table import tabulate

    if test is None:
        if numerics:
            raise InputError("--numerics: name a test that a decoder can run: drift or retrieval")
        beside = {"scheme": scheme, "with": conditions, "over": over, "decoder": decoder, "text": text}
        if given := [name for name, value in (vars(deployment_options) | beside).items() if value]:
            raise InputError(f"--{given[0].replace('_', '-')}: name a test; costmodel stress alone lists them")
        _print_tests(stress.load_tests().values(), json)
        return
    stress_test = stress.load_test(test)
    if numerics:
        _run_numerics(deployment_options, stress_test, scheme, conditions, over, decoder, text, json)
        return
    if decoder or text:
        raise InputError(f"--{'decoder' if decoder else 'text'} belongs to --numerics")
    deployment = deployment_options.resolve(*(scheme or []))
    stress_result = stress.run_test(
        stress_test,
        deployment,
        scheme or list(stress_test.schemes),
        parse.parse_axis(over, "--over"),
        **parse.parse_conditions(conditions),
    )
    if contexts := _typed_contexts(stress_test, over, conditions) or _turn_contexts(stress_result):
        terminal.print_limits(deployment, scheme or list(stress_test.schemes), [1.0], contexts, json)
    if json:
        terminal.print_json(_as_json(stress_result, deployment))
        return
    terminal.print_deployment(deployment)
    terminal.print_line(f"\n{stress_result.question}\n{_sentence(stress_result.conditions_text)}\n")
    table = tabulate(stress_result)
    terminal.print_table(table.title, table.heads, table.rows, table.legend)


def _typed_contexts(stress_test, over: str | None, conditions: str | None) -> list[float]:
    """The contexts that were typed, as the axis of a test or as a condition of it; the defaults of a test are not."""
    axis = parse.parse_axis(over, "--over") if stress_test.axis == "context" else None
    typed = parse.parse_conditions(conditions)
    return [*(axis or []), *(typed[name] for name in ("context",) if name in typed)]


def _turn_contexts(stress_result) -> list[float]:
    """The longest context of a test of conversations, at the end of its last turn; none of other tests."""
    from costmodel.analyses.turn_lengths import longest_turn

    if stress_result.test.axis != "turn":
        return []
    conditions = stress_result.conditions
    return [longest_turn(conditions.deployment, conditions.axis_values, conditions["user"], conditions["output"])]


def _run_numerics(deployment_options, stress_test, schemes, conditions, over, decoder, text, json) -> None:
    """Measure on a decoder, and print what it gave beside the closed form."""
    from costmodel.cli import terminal
    from costmodel.stress.numerics import measure
    from costmodel.text.progress import progress

    if given := deployment_options.given():
        raise InputError(f"{', '.join(given)}: --numerics runs on a decoder of its own and knows no GPU; leave it out")
    with progress("running the decoder") as on_progress, terminal.kept_when_stopped("what was measured is kept"):
        measured, comparisons = measure(
            stress_test, schemes, parse.parse_axis(over, "--over"), parse.parse_conditions(conditions), decoder, text,
            on_progress,
        )  # fmt: skip
    if json:
        terminal.print_json(_numerics_as_json(stress_test, measured, comparisons))
        return
    terminal.print_line(
        f"{stress_test.ask(measured.last)}\n{_sentence(measured.conditions)}\n{_sentence(measured.evidence)}\n"
    )
    for table in measured.tables:
        terminal.print_table(table.title, table.heads, table.rows)
        terminal.print_line()
    for scheme, reason in measured.idle.items():
        terminal.print_line(f"{scheme}: {reason}.")
    if decoder:
        terminal.print_line("No closed form stands beside it: its constants were fitted on SmolLM2-135M.")
    if comparisons:
        rows = [
            (one.scheme, one.quantity, _interval(one.measured), _interval(one.derived), AGREE[one.agree])
            for one in comparisons
        ]
        heads = ("scheme", "quantity", ">measured", ">closed form", "90 % intervals")
        terminal.print_table("Measured beside the closed form (its constants were fitted on this decoder)", heads, rows)


def _interval(numbers: tuple[float, float, float]) -> str:
    value, low, high = numbers
    if value != value:
        return "–"
    if low != low:
        return f"{value:.3g} (one sample)"
    return f"{value:.3g}" if low == high else f"{value:.3g} ({low:.3g}–{high:.3g})"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _numerics_as_json(stress_test, measured, comparisons) -> dict:
    return {
        "test": stress_test.id,
        "question": stress_test.ask(measured.last),
        "conditions": measured.conditions,
        "evidence": measured.evidence,
        "data": measured.data.to_dict(),
        "sentences": measured.sentences,
        "comparisons": [
            {
                "scheme": one.scheme, "quantity": one.quantity, "measured": one.measured, "closed_form": one.derived,
                "agree": one.agree,
            }
            for one in comparisons
        ],
    }  # fmt: skip


def _as_json(stress_result, deployment) -> dict:
    conditions = {  # under the names that scripts read since 0.1
        (condition.aliases or (name,))[0]: stress_result.conditions[name]
        for name, condition in stress_result.test.conditions.items()
    }
    curves = [
        {
            "scheme": curve.scheme,
            "baseline": curve.baseline,
            "evidence": stress_result.evidence[curve.scheme],
            "said": stress_result.summaries[curve.scheme],
            **curve.columns,
        }
        for curve in stress_result.curves
    ]
    return {
        "test": stress_result.test.id,
        "question": stress_result.question,
        "conditions": conditions,
        "deployment": deployment.label,
        stress_result.test.axis: stress_result.conditions.axis_values,
        "schemes": curves,
    }


def _print_tests(tests, json: bool) -> None:
    from costmodel.cli import terminal

    tests = list(tests)
    if json:
        records = [
            {
                "test": test.id,
                "question": test.question,
                "conditions": {
                    name: {"default": one.default, "unit": one.unit, "meaning": one.meaning}
                    for name, one in test.conditions.items()
                },
            }
            for test in tests
        ]
        terminal.print_json(records)
        return
    terminal.print_table(
        "Stress tests", ("test", "question"), [(test.id, test.question) for test in tests], is_list=True
    )
    terminal.print_line()
    rows = [
        (test.id, name, f"{condition.default:,g}", condition.unit.removesuffix("/sequence"), condition.meaning)
        for test in tests
        for name, condition in test.conditions.items()
    ]
    terminal.print_table("Conditions (--with)", ("test", "name", ">default", "", "meaning"), rows, is_list=True)
