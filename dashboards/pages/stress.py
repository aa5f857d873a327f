"""Stress tests of schemes: every file of ``costmodel/stress`` is one; where there is none yet, the page says so."""

import ast
import importlib.util
from pathlib import Path

from dash import html

from costmodel.facts.schemes import parse
from dashboards import place, words
from dashboards.page import Found, Page
from dashboards.selection import Selection

PLACE = 5
ROOM = "costmodel.stress"
LIFECYCLE = ("block_table", "prefix_shareable", "fork", "request_specific", "reversible")


def tests() -> dict[str, str]:
    """Name → what it asks, of every stress test that is installed."""
    found = importlib.util.find_spec(ROOM)
    folders = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    files = sorted(file for folder in folders for file in folder.glob("*.py") if not file.name.startswith("_"))
    return {file.stem: ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "" for file in files}


def find(chosen: Selection) -> Found:
    """The tests, and what the files of the chosen schemes say of forks, prefixes and blocks."""
    known = tests()
    if known:
        parts = [html.Li([html.Strong(name), f": {words.first(text)}"]) for name, text in known.items()]
        asked = html.Section([html.H2("Tests"), html.Ul(parts)])
    else:
        asked = html.Section(
            [
                html.H2("No stress test is installed"),
                html.P("Forks, shared prefixes, bursts, retrieval and turns will stand here, one file of costmodel/stress each; "
                       "this version has none. What scheme files say of such conditions is below, as stated, not tested."),
            ],
            className="empty-state",
        )  # fmt: skip
    rows = []
    for name in place.listed(chosen, baseline=True):
        lifecycle = parse(name).parts[-1].facts.get("lifecycle", {})
        rows.append([parse(name).id, *(_said(lifecycle.get(key)) for key in LIFECYCLE)])
    table = words.table("What scheme files state", ["scheme", *(key.replace("_", " ") for key in LIFECYCLE)], rows)
    return Found({}, [asked], [html.Section([table], **{"aria-label": "What scheme files state"})])


def _said(value) -> str:
    return {True: "yes", False: "no", None: "–"}.get(value, str(value))


PAGE = Page(
    path="/stress",
    name="Stress",
    lead="What happens to a scheme under forks, shared prefixes, bursts, retrieval and turns.",
    fields=("schemes",),
    figures={},
    find=find,
)
