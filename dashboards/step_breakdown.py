"""One step broken down below the map: terms and their sources, formulas with numbers substituted, the command line."""

from dash import Dash, Input, Output, html, no_update

from costmodel.analyses.equations import evaluate_equations
from costmodel.analyses.explain import explain
from costmodel.analyses.kernel_budget import kernel_budget
from costmodel.errors import CostModelError
from dashboards import controls, resolve, text, uploads
from dashboards.cache import single_flight_lru_cache
from dashboards.commands import format_command
from dashboards.selection import DEPLOYMENT_FIELDS, POINT_FIELDS, Selection, parse_query

HEADING = "Breakdown of one step"


def build_section(page_id: str) -> list:
    """The part of the layout: batch and context, and below them the step there."""
    point = html.Div([controls.build_control(page_id, name) for name in POINT_FIELDS], className="pair")
    content = html.Div(id=f"{page_id}-apart")
    return [html.Section([html.H2(HEADING), point, content], **{"aria-label": HEADING})]


def register(app: Dash, page_id: str) -> None:
    """Connect the point of a link to the breakdown."""
    output = Output(f"{page_id}-apart", "children")
    app.callback(output, Input(f"{page_id}-point", "data"), prevent_initial_call=True)(describe_point)


def describe_point(link: str):
    """The breakdown at the point of a link, or an error; an error that the page shows above the map changes nothing here."""
    selection = parse_query(link)
    try:
        return build_breakdown(selection)
    except CostModelError as error:
        try:
            resolve.deployment_of(selection)
            resolve.scheme_of(selection.scheme)
        except CostModelError:
            return no_update
        return html.P(uploads.without_paths(str(error)), className="message")


@single_flight_lru_cache(64)
def build_breakdown(selection: Selection) -> list:
    """The parts of the page that describe one step, cached."""
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
    has_baseline = explanation.scheme != explanation.outputs["baseline"]
    budget = kernel_budget(deployment, scheme, *point) if has_baseline else None
    command = format_command(selection, ("explain",), (*DEPLOYMENT_FIELDS, "scheme", *POINT_FIELDS))
    return [
        *text.explanation_parts(explanation),
        *([] if budget is None else text.budget_parts(budget)),
        html.H3("Its formulas, with numbers substituted"),
        html.P("Of one layer, of the kind that attends most.", className="quiet"),
        *formulas,
        text.command_block(command),
    ]
