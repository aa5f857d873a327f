"""One step beside the map: its terms as bars that follow one another, each with its time and that of the baseline."""

from dash import html

from costmodel.analyses.explain import Explanation
from costmodel.analyses.sentences import point_sentence
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.language.units import format_quantity
from dashboards import text


def build_parts(explanation: Explanation, baseline: Explanation) -> list:
    """The sentence of a step and its waterfall; ``baseline`` is the same point of the baseline, or the same explanation."""
    sentence = html.P(point_sentence(explanation, bool(explanation.outputs["fits"])))
    return [sentence, _build_table(explanation, baseline)]


def _build_table(explanation: Explanation, baseline: Explanation):
    schemes = list(dict.fromkeys([explanation.scheme, baseline.scheme]))
    amounts = [{term.name: term.amount for term in one.time} for one in (explanation, baseline)][: len(schemes)]
    meanings = {term.name: term.meaning for term in load_terms()}
    whole, begin, rows = max(sum(of_scheme.values()) for of_scheme in amounts), 0.0, []
    for name in dict.fromkeys(name for of_scheme in amounts for name in of_scheme):
        amount = amounts[0].get(name, 0.0)
        cells = [html.Td(format_quantity(of_scheme.get(name, 0.0), "second")) for of_scheme in amounts]
        rows.append(_row(name, meanings.get(name, ""), _bar(begin / whole, amount / whole), cells))
        begin += amount
    totals = [html.Td(format_quantity(sum(of_scheme.values()), "second")) for of_scheme in amounts]
    rows.append(_row("step", "", _bar(0.0, begin / whole), totals))
    heads = [html.Th(head, scope="col") for head in ("term", "time", *schemes)]
    caption = html.Caption("What the step waits for")
    table = html.Table([caption, html.Thead(html.Tr(heads)), html.Tbody(rows)], className="waterfall steps")
    return text.scrolled(table, "What the step waits for")


def _row(name: str, meaning: str, bar, cells: list):
    return html.Tr([html.Th(name, scope="row", title=meaning), html.Td(bar), *cells])


def _bar(begin: float, width: float):
    """A bar that begins where the one before it ends."""
    style = {"marginLeft": f"{begin:.2%}", "width": f"{width:.2%}"}
    return html.Span(html.Span(className="bar", style=style), className="track")
