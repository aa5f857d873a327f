"""One step broken down: its waterfall beside the map; below it terms and their sources, formulas with numbers, the command.

Both follow one point of the link, which a click on the map or two controls set.
"""

from dash import Dash, Input, Output, dcc, html, no_update

from costmodel.analyses.equations import evaluate_equations
from costmodel.analyses.explain import explain
from costmodel.analyses.kernel_budget import kernel_budget
from costmodel.errors import CostModelError
from dashboards import controls, resolve, text, uploads, waterfall
from dashboards.cache import single_flight_lru_cache
from dashboards.commands import format_command
from dashboards.layout import LOADING_STYLE
from dashboards.selection import DEPLOYMENT_FIELDS, POINT_FIELDS, Selection, parse_query

HEADING, BESIDE = "Breakdown of one step", "One step"


def build_aside(page_id: str) -> list:
    """The part beside the map: the waterfall of a step, its batch and context."""
    point = html.Div([controls.build_control(page_id, name) for name in POINT_FIELDS], className="pair")
    content = dcc.Loading(html.Div(id=f"{page_id}-step", role="status"), type="dot", overlay_style=LOADING_STYLE)
    more = html.P(html.A("All terms, sources and formulas", href=f"#{page_id}-breakdown"))
    return [html.Section([html.H2(BESIDE), content, point, more], **{"aria-label": BESIDE})]


def build_section(page_id: str) -> list:
    """The part below the figures: the same step in full."""
    content = html.Div(id=f"{page_id}-apart")
    return [html.Section([html.H2(HEADING), content], id=f"{page_id}-breakdown", **{"aria-label": HEADING})]


def register(app: Dash, page_id: str) -> None:
    """Connect the point of a link to the waterfall and the breakdown."""
    outputs = [Output(f"{page_id}-step", "children"), Output(f"{page_id}-apart", "children")]
    app.callback(outputs, Input(f"{page_id}-point", "data"), prevent_initial_call=True)(describe_point)


def describe_point(link: str) -> tuple:
    """Waterfall and breakdown at the point of a link, or an error; one that the page shows above the map changes nothing here."""
    selection = parse_query(link)
    try:
        return build_breakdown(selection)
    except CostModelError as error:
        try:
            resolve.deployment_of(selection)
            resolve.scheme_of(selection.scheme)
        except CostModelError:
            return no_update, no_update
        return html.P(uploads.without_paths(str(error)), className="message"), no_update


@single_flight_lru_cache(64)
def build_breakdown(selection: Selection) -> tuple[list, list]:
    """The parts of the page that describe one step, beside the map and below the figures, cached."""
    deployment, scheme = resolve.deployment_of(selection), resolve.scheme_of(selection.scheme)
    point = resolve.point_of(selection)
    explanation = explain(deployment, scheme, *point)
    formulas = [
        html.Div(
            [html.P(line.meaning), text.equation(f"{line.symbol} = {line.definition}", line.numbers)],
            className="formula",
        )
        for line in evaluate_equations(deployment, scheme, *point)
    ]
    baseline = str(explanation.outputs["baseline"])
    has_baseline = explanation.scheme != baseline
    beside = waterfall.build_parts(explanation, explain(deployment, baseline, *point) if has_baseline else explanation)
    budget = kernel_budget(deployment, scheme, *point) if has_baseline else None
    command = format_command(selection, ("explain",), (*DEPLOYMENT_FIELDS, "scheme", *POINT_FIELDS))
    return beside, [
        *text.explanation_parts(explanation),
        *([] if budget is None else text.budget_parts(budget)),
        html.H3("Its formulas, with numbers substituted"),
        html.P("Of one layer, of the kind that attends most.", className="quiet"),
        *formulas,
        text.command_block(command),
    ]
