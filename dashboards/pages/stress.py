"""Stress tests of schemes: every file of ``costmodel/stress`` is one, with what decides for each scheme."""

import shlex

from dash import html

from costmodel import stress
from costmodel.facts import lifecycle
from costmodel.facts.schemes import parse_scheme
from costmodel.plots import load_figure
from costmodel.plots import stress as stress_plot
from costmodel.stress import numerics
from costmodel.stress.evidence import times_evidence
from costmodel.stress.table import tabulate
from costmodel.text import parse
from dashboards import resolve, text
from dashboards.commands import format_command, visitors_name
from dashboards.control_text import PLURAL_UNITS
from dashboards.page import FigureView, Page, PageContent
from dashboards.selection import DEPLOYMENT_FIELDS, Selection

NAV_ORDER = 6
OPTIONS = (*DEPLOYMENT_FIELDS, "schemes", "conditions", "over")
MOST_RUNS = 3  # of one scheme that are shown
LIFECYCLE = ("block_table", "prefix_shareable", "fork", "request_specific", "reversible")


def build_content(selection: Selection) -> PageContent:
    """The test's lines, what decides for each scheme, the conditions that can be changed, and the life cycle of each scheme."""
    deployment, test = resolve.deployment_of(selection), stress.load_test(selection.test)
    schemes = resolve.schemes_of(selection, baseline=True)
    axis = parse.parse_axis(selection.over, "axis") if selection.over else None
    result = stress.run_test(test, deployment, schemes, axis, **parse.parse_conditions(selection.conditions))
    figure = load_figure(f"stress-{test.id}")
    command = format_command(selection, ("plot", figure.id), OPTIONS, schemes=schemes)
    curve = FigureView(figure, stress_plot.to_frame(result), deployment.label, command)
    conditions = html.P(f"{result.conditions_text[:1].upper()}{result.conditions_text[1:]}.")
    command = text.command_block(format_command(selection, ("stress", test.id), OPTIONS, schemes=schemes))
    heading = html.Div([html.H2(result.question), conditions, command], className="heading")
    decided = tabulate(result)
    numbers = [
        decided.title,
        [head.removeprefix(">") for head in decided.heads[:-1]],
        [row[:-1] for row in decided.rows],
    ]
    findings = [[row[0], row[-1]] for row in decided.rows]
    below = [
        _build_table("What decides", ["scheme", "finding"], findings),
        html.Section([text.table(*numbers), html.P(decided.legend)], **{"aria-label": "Values and evidence"}),
        *_build_measured(test, schemes),
        _build_table(
            "Conditions of this test", ["name", "value", "meaning"], _condition_rows(test, result.conditions.numbers)
        ),
        _build_table(
            "Life cycle, as the mechanisms of each scheme imply it",
            ["scheme", *(name.replace("_", " ") for name in LIFECYCLE)],
            [_lifecycle_row(scheme) for scheme in schemes],
        ),
    ]
    evidence = {curve.scheme: times_evidence(result.conditions, curve) for curve in result.curves}
    return PageContent({"curve": curve}, [heading, text.deployment_section(deployment, evidence)], below)


def _build_table(title: str, headings: list[str], rows: list[list]):
    return html.Section([text.table(title, headings, rows, stacks=len(headings) > 2)], **{"aria-label": title})


def _build_measured(test: stress.StressTest, schemes: list[str]) -> list:
    """What a real decoder gave for the test, where it was run on this machine; nothing for a test that it cannot run."""
    if not numerics.has_experiment(test):
        return []
    kept = {scheme: numerics.read_kept(test, parse_scheme(scheme))[:MOST_RUNS] for scheme in schemes}
    rows, shown = [], set()
    for scheme, runs in kept.items():
        for run in runs:
            name = visitors_name(scheme) if run.is_same else run.scheme
            if (name, run.measured.conditions) not in shown:
                shown.add((name, run.measured.conditions))
                rows.append([name, run.measured.conditions, run.sentence])
    missing = [visitors_name(scheme) for scheme, runs in kept.items() if not any(run.is_same for run in runs)]
    evidence = "; ".join(dict.fromkeys(run.measured.evidence for runs in kept.values() for run in runs))
    hint = f"Not run on this machine: {', '.join(missing)}." if missing else ""
    named = " ".join(f"--scheme {shlex.quote(scheme)}" for scheme in missing)
    command = [text.command_block(f"costmodel stress {test.id} --numerics {named}")] if missing else []
    table = (
        [text.table("Measured on a decoder", ["scheme that ran", "conditions", "finding"], rows)]
        if rows
        else [html.H3("Measured on a decoder")]
    )
    told = f"{evidence[:1].upper()}{evidence[1:]}." if evidence else ""
    return [
        html.Section([*table, html.P(f"{told} {hint}".strip()), *command], **{"aria-label": "Measured on a decoder"})
    ]


def _condition_rows(test: stress.StressTest, values: dict[str, float]) -> list[list]:
    """For each condition: its name, its present value and its meaning."""
    return [
        [name, f"{values[name]:,g} {PLURAL_UNITS.get(condition.unit, condition.unit)}".strip(), condition.meaning]
        for name, condition in test.conditions.items()
    ]


def _lifecycle_row(scheme: str) -> list[str]:
    spec = parse_scheme(scheme)
    properties = spec.lifecycle
    return [spec.id, *(lifecycle.describe(name, properties[name]) for name in LIFECYCLE)]


PAGE = Page(
    path="/stress",
    name="Stress",
    lead="How a scheme behaves under forks, shared prefixes, memory overflow, retrieval and long conversations.",
    fields=("test", "conditions", "over", "schemes", *DEPLOYMENT_FIELDS),
    figures={"curve": "Scheme by scheme"},
    build_content=build_content,
    leading_figures=1,
    uploads=("scheme", "config"),
)
