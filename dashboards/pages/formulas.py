"""The formulas of the model as they are evaluated, printed from the one place where they stand, with every symbol explained."""

from dash import html

from costmodel.analyses import equations
from costmodel.errors import UnknownName
from costmodel.facts.vocabulary import vocabulary
from costmodel.language.units import format_quantity
from dashboards import place, words
from dashboards.page import Found, Page, about
from dashboards.selection import PLACE as WHERE
from dashboards.selection import Selection, command

PLACE = 6
FIELDS = ("target", "chain", "scheme", "at_batch", "at_context", *WHERE)


def find(chosen: Selection) -> Found:
    """The equations behind a quantity, what the scheme redefines, and the value of every symbol at one point."""
    here, scheme, point = place.where(chosen), place.named(chosen.scheme), place.point(chosen)
    if vocabulary().get(chosen.target, {}).get("kind") not in ("formula", "total", "slot"):
        raise UnknownName("formula", chosen.target, vocabulary())
    found = equations.build_equations([chosen.target], scheme, chosen.chain == "yes")
    known = vocabulary()
    lines = [
        html.Div([html.P([html.Strong(name.replace("_", " ")), f": {known.get(name, {}).get('meaning', '')}"]),
                  words.equation(f"{symbol} = {definition}")], className="formula")
        for name, symbol, definition in found.lines
    ]  # fmt: skip
    told = equations.evaluate_quantities(here, scheme, *point, [symbol.name for symbol in found.symbols])
    rows = [_row(symbol, told.get(symbol.name)) for symbol in found.symbols]
    title = f"Symbols, with their values at batch {point[0]:g}, context {point[1]:,.0f}, in the layers that attend most"
    more = ["--chain"] if chosen.chain == "yes" else []
    line = html.Pre(
        html.Code(command(chosen, ("tex", chosen.target, *more), ("scheme",), scheme=scheme)), className="line"
    )
    head = html.H2(f"{len(lines)} equation{'s' * (len(lines) > 1)}")
    symbols = words.table(title, ["symbol", "name", "meaning", "unit", "value", "source"], rows, "symbols")
    parts = [
        html.Section([head, *lines, line], **{"aria-label": "Equations"}),
        html.Section([symbols], **{"aria-label": "Symbols"}),
    ]
    return Found({}, about(here), parts, here)


def _row(symbol, told) -> list:
    name = symbol.name.rsplit("__", 1)[-1].replace("_", " ")
    return [words.symbol(symbol.tex), name, symbol.meaning, symbol.unit or "1", *_value(told, symbol.unit)]


def _value(told, unit: str) -> list:
    if told is None:
        return ["differs by product", ""]
    value, origin = told
    return [
        format_quantity(value, unit),
        f"{origin.kind}: {origin.text}" if origin.kind != "asked" else "follows, or was asked for",
    ]


PAGE = Page(
    path="/equations",
    name="Equations",
    lead="The formulas as they are evaluated, each symbol with its unit, meaning, value and source.",
    fields=FIELDS,
    figures={},
    find=find,
    uploads=("scheme", "config"),
)
