"""The formulas of the model as they are evaluated, with every symbol explained."""

from dash import html

from costmodel.analyses import equations
from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.errors import UnknownName
from costmodel.facts.vocabulary import vocabulary
from costmodel.language.units import format_quantity
from costmodel.text.counted import counted
from dashboards import resolve, text
from dashboards.commands import format_command
from dashboards.page import Page, PageContent
from dashboards.selection import DEPLOYMENT_FIELDS, POINT_FIELDS, Selection

NAV_ORDER = 8
HEADINGS = ["symbol", "name", "meaning", "unit", "value", "source"]


def build_content(selection: Selection) -> PageContent:
    """The equations behind a quantity, what the scheme redefines, and the value of every symbol at one point."""
    deployment, scheme = resolve.deployment_of(selection), resolve.scheme_of(selection.scheme)
    batch, context = resolve.point_of(selection)
    quantities, is_chain = vocabulary(), selection.chain == "yes"
    if quantities.get(selection.target, {}).get("kind") not in ("formula", "total", "slot"):
        raise UnknownName("formula", selection.target, quantities)
    system = equations.build_equations([selection.target], scheme, is_chain)
    lines = [_build_line(quantities.get(name, {}), name, *sides) for name, *sides in system.lines]
    subcommand = ("tex", selection.target, *(["--chain"] if is_chain else []))
    command = text.command_block(format_command(selection, subcommand, ("scheme",), scheme=scheme))
    heading = html.H2(counted(len(lines), "equation"))
    values = equations.evaluate_quantities(
        deployment, scheme, batch, context, [symbol.name for symbol in system.symbols]
    )
    rows = [_symbol_row(symbol, values.get(symbol.name)) for symbol in system.symbols]
    title = f"Symbols, with their values at batch {batch:g}, context {context:,.0f}, in the layers that attend most"
    symbols = text.table(title, HEADINGS, rows, "symbols", stacks=True)
    below = [
        html.Section([heading, *lines, command], **{"aria-label": "Equations"}),
        html.Section([symbols], **{"aria-label": "Symbols"}),
    ]
    evidence = kernel_evidence(deployment, [scheme], batch, context)
    return PageContent({}, [text.deployment_section(deployment, evidence)], below)


def _build_line(quantity: dict, name: str, symbol: str, definition: str):
    """One equation, with the name and the meaning of what it defines."""
    meaning = html.P([html.Strong(name.replace("_", " ")), f": {quantity.get('meaning', '')}"])
    return html.Div([meaning, text.equation(f"{symbol} = {definition}")], className="formula")


def _symbol_row(symbol, value_and_origin: tuple | None) -> list:
    name = symbol.name.rsplit("__", 1)[-1].replace("_", " ")
    row = [text.symbol(symbol.tex), name, symbol.meaning, symbol.unit or "1"]
    if value_and_origin is None:
        return [*row, "differs by product", ""]
    value, origin = value_and_origin
    source = f"{origin.kind}: {origin.text}" if origin.kind != "asked" else "computed, or given"
    return [*row, format_quantity(value, symbol.unit), source]


PAGE = Page(
    path="/equations",
    name="Equations",
    lead="The formulas as they are evaluated, each symbol with its unit, meaning, value and source.",
    fields=("target", "chain", "scheme", *POINT_FIELDS, *DEPLOYMENT_FIELDS),
    figures={},
    build_content=build_content,
    uploads=("scheme", "config"),
)
