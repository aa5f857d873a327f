"""One step taken apart below the map: terms and their sources, the formulas with numbers put in, the command line."""

from dash import Dash, Input, Output, html, no_update

from costmodel.analyses import equations
from costmodel.analyses import explain as explaining
from costmodel.errors import CostModelError
from dashboards import controls, place, words
from dashboards.keep import kept
from dashboards.selection import PLACE, POINT, Selection, command, read


def section(page: str) -> list:
    """The part of the layout: batch and context, and below them the step there."""
    asked = html.Div([controls.control(page, name) for name in POINT], className="pair")
    said = html.Div(id=f"{page}-apart")
    return [html.Section([html.H2("One step, taken apart"), asked, said], **{"aria-label": "One step, taken apart"})]


def bind(app: Dash, page: str) -> None:
    """Tie the point of a link to what is said of it."""
    app.callback(Output(f"{page}-apart", "children"), Input(f"{page}-point", "data"), prevent_initial_call=True)(told)


def told(link: str):
    """Waterfall, memory, sources and formulas of the point of a link."""
    chosen = read(link)
    try:
        return apart(chosen)
    except CostModelError as error:
        try:
            place.where(chosen)
            place.named(chosen.scheme)
        except CostModelError:  # said above the map; what stands here stays, as the map does
            return no_update
        return html.P(str(error), className="message")


@kept(64)
def apart(chosen: Selection) -> list:
    """The parts of the page that tell of one step."""
    here, scheme, point = place.where(chosen), place.named(chosen.scheme), place.point(chosen)
    found = explaining.explain(here, scheme, *point)
    lines = equations.evaluate_equations(here, scheme, *point)
    formulas = [
        html.Div(
            [html.P(each.meaning), words.equation(f"{each.symbol} = {each.definition}", each.numbers)],
            className="formula",
        )
        for each in lines
    ]
    line = command(chosen, ("explain",), (*PLACE, "scheme", "at_batch", "at_context"))
    return [
        *words.explanation(found),
        html.H3("Its formulas, with numbers put in"),
        html.P("Of one layer, of the kind that attends most.", className="quiet"),
        *formulas,
        html.Pre(html.Code(line), className="line"),
    ]
