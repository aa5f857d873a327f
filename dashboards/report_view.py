"""A referee's report as parts of a page: the blocks of its chapters, as the file of the report shows them."""

import base64

from dash import html

from costmodel.report import Report
from costmodel.report.blocks import Bars, Block, Bullets, HeatMap, Page, Paragraph, Table
from costmodel.report.writers import svg
from dashboards import text

FONT = '<svg font-family="system-ui,sans-serif" '  # a picture inherits none from the page around it
LEAD = 30  # characters up to which the beginning of a line, before a colon, is set bold


def contents(report: Report):
    """Links to the chapters of a report that stands below."""
    links = [html.A(page.title, href=f"#{_anchor(page)}") for page in report.pages]
    return html.Div(links, className="contents", role="navigation", **{"aria-label": "Chapters"})


def report_sections(report: Report) -> list:
    """One section a chapter, the findings first."""
    return [_section(page) for page in report.pages]


def _anchor(page: Page) -> str:
    return f"report-{page.key}"


def _section(page: Page):
    blocks = [part for block in page.blocks for part in _parts(block)]
    return html.Section(
        [html.H2(page.title), *blocks], id=_anchor(page), className="chapter", **{"aria-label": page.title}
    )


def _parts(block: Block) -> list:
    match block:
        case Paragraph():
            return [html.P(block.text, className=block.tone)]
        case Bullets():
            items = [html.Li(_lead(line), className=tone) for line, tone in block.items]
            return [(html.Ol if block.numbered else html.Ul)(items)] if items else []
        case Table():
            return _table(block)
        case HeatMap():
            return _figure(block.title, svg.heat_map(block), block.note)
        case Bars():
            return _figure(block.title, svg.bars(block), block.note)


def _lead(line: str):
    head, colon, rest = line.partition(": ")
    return [html.Strong(f"{head}:"), f" {rest}"] if colon and len(head) < LEAD else line


def _figure(title: str, drawing: str, note: str) -> list:
    source = base64.b64encode(drawing.replace("<svg ", FONT, 1).encode()).decode()
    picture = html.Img(src=f"data:image/svg+xml;base64,{source}", alt=title)
    return [html.H3(title), html.Figure([picture, html.Figcaption(note)])]


def _table(block: Table) -> list:
    names = [head.lstrip(">") for head in block.heads]
    kinds = ["n" if head.startswith(">") else "" for head in block.heads]
    head = html.Tr([html.Th(name, scope="col", className=kind) for name, kind in zip(names, kinds, strict=True)])
    body = [
        html.Tr([html.Td(cell, className=kind, **{"data-h": name}) for cell, kind, name in zip(row, kinds, names, strict=True)],
                className=tone)
        for row, tone in zip(block.rows, block.tones or ("",) * len(block.rows), strict=True)
    ]  # fmt: skip
    cards = "cards" if kinds.count("") > 1 else ""  # words stack on a phone, numbers scroll
    content = html.Table([html.Thead(head), html.Tbody(body)], className=cards)
    note = [html.P(block.note, className="quiet")] if block.note else []
    title = [html.H3(block.title)] if block.title else []
    return [*title, text.scrolled(content, block.title or "Table"), *note]
