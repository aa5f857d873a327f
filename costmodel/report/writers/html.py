"""A report as one HTML file: styles and figures inside, nothing asked of any host; for a screen, a phone and A4."""

import re
from html import escape

from costmodel.report.blocks import Bars, Block, Bullets, HeatMap, Paragraph, Table
from costmodel.report.build import Report
from costmodel.report.writers import svg
from costmodel.report.writers.json import content_hash
from costmodel.report.writers.style import STYLE

UNITS = re.compile(r"(?<=\d) (?=(?:s|ms|ns|bit|kB|MB|GB|tokens)\b|×|%)")


def to_html(report: Report) -> str:
    """The whole report."""
    title = f"Referee's report: {report.name}"
    assumed = f"<p class='small'>Assumed: {escape('; '.join(report.assumed))}.</p>" if report.assumed else ""
    profiles = ", ".join(f"{name} {digest}" for name, digest in report.stamp["profiles"].items())
    contents = "".join(f'<a href="#{page.key}">{escape(page.title)}</a>' for page in report.pages)
    foot = f"costmodel {report.stamp['costmodel']}; profiles: {profiles}; content sha256 {content_hash(report)}"
    return "\n".join([
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
        f"<header><h1>{escape(title)}</h1><p><strong>{escape(report.scheme)}</strong> on {escape(report.deployment)}; "
        f"{escape(report.constants)}.</p>{assumed}<p class='small'>{report.date.isoformat()}. Source of the proposal: "
        f"{escape(report.source)}.</p><nav>{contents}</nav></header>",
        *(_page(page) for page in report.pages),
        f"<footer class='small'>{escape(foot)}</footer></main></body></html>\n",
    ])  # fmt: skip


def _page(page) -> str:
    blocks = "\n".join(map(_block, page.blocks))
    return f'<section id="{page.key}"><h2>{_escape(page.title)}</h2>\n{blocks}\n</section>'


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p{_class(block.tone)}>{_escape(block.text)}</p>"
        case Bullets():
            tag = "ol" if block.numbered else "ul"
            items = "".join(f"<li{_class(tone)}>{_lead(text)}</li>" for text, tone in block.items)
            return f"<{tag}>{items}</{tag}>"
        case Table():
            return _table(block)
        case HeatMap():
            return _figure(block.title, svg.heat_map(block), block.note)
        case Bars():
            return _figure(block.title, svg.bars(block), block.note)


def _escape(text: str) -> str:
    """Text for HTML, with no line break between a number and its unit."""
    return UNITS.sub("\u00a0", escape(text))


def _class(tone: str) -> str:
    return f' class="{tone}"' if tone else ""


def _lead(text: str) -> str:
    """A line whose beginning up to the first colon is set bold, where that is short."""
    head, colon, rest = text.partition(": ")
    is_short = colon and len(head) < 30
    return f"<strong>{_escape(head)}:</strong> {_escape(rest)}" if is_short else _escape(text)


def _figure(title: str, drawing: str, note: str) -> str:
    caption = f"<figcaption>{_escape(note)}</figcaption>" if note else ""
    return f"<figure><h3>{_escape(title)}</h3><div class='scroll'>{drawing}</div>{caption}</figure>"


def _table(block: Table) -> str:
    numeric = [head.startswith(">") for head in block.heads]

    names = [head.lstrip(">") for head in block.heads]
    kinds = [" class=n" if is_number else "" for is_number in numeric]

    def row(cells) -> str:
        return "".join(
            f'<td{kind} data-h="{_escape(name)}">{_escape(str(cell))}</td>'
            for cell, kind, name in zip(cells, kinds, names, strict=True)
        )

    tones = block.tones or ("",) * len(block.rows)
    head = "".join(f"<th{kind}>{_escape(name)}</th>" for name, kind in zip(names, kinds, strict=True))
    body = "".join(f"<tr{_class(tone)}>{row(cells)}</tr>" for cells, tone in zip(block.rows, tones, strict=True))
    cards = " class=cards" if len(numeric) - sum(numeric) > 1 else ""  # words stack on a phone, numbers scroll
    title = f"<h3>{_escape(block.title)}</h3>" if block.title else ""
    note = f"<p class='small'>{_escape(block.note)}</p>" if block.note else ""
    wrapped = f"<div class='scroll'><table{cards}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    return f"<div class='table'>{title}{wrapped}{note}</div>"
