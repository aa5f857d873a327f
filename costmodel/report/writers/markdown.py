"""A report as Markdown: figures become tables."""

import math

from costmodel.report.blocks import BAD, GOOD, OPEN, Bars, Block, Bullets, HeatMap, Paragraph, Table
from costmodel.report.build import Report
from costmodel.report.writers.json import content_hash

MARKS = {GOOD: "**+** ", BAD: "**−** ", OPEN: "**?** "}


def to_markdown(report: Report) -> str:
    """The whole report."""
    profiles = ", ".join(f"{name} {digest}" for name, digest in report.stamp["profiles"].items())
    head = [
        f"# Referee's report: {report.name}",
        f"{report.scheme} on {report.deployment}; {report.constants}.",
        *([f"Assumed: {'; '.join(report.assumed)}."] if report.assumed else []),
        f"Source of the proposal: {report.source}.",
    ]
    pages = [f"## {page.title}\n\n" + "\n\n".join(map(_block, page.blocks)) for page in report.pages]
    foot = (
        f"---\n\n{report.date.isoformat()}, costmodel {report.stamp['costmodel']}; profiles: {profiles}; content "
        f"{content_hash(report)}"
    )
    return "\n\n".join([*head, *pages, foot]) + "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return MARKS.get(block.tone, "") + block.text
        case Bullets():
            marks = (f"{n}." if block.numbered else "-" for n in range(1, len(block.items) + 1))
            return "\n".join(
                f"{mark} {MARKS.get(tone, '')}{text}" for mark, (text, tone) in zip(marks, block.items, strict=True)
            )
        case Table():
            return table(block)
        case HeatMap():
            heads = (f"{block.row_label} \\ {block.column_label}", *(f">{c}" for c in block.columns))
            rows = tuple((name, *texts) for name, texts in zip(block.rows, block.texts, strict=True))
            return table(Table(block.title, heads, rows, block.note))
        case Bars():
            heads = (block.unit, ">value", ">from", ">to", "")
            rows = tuple((b.label, *map(_number, (b.value, b.low, b.high)), b.text) for b in block.bars)
            note = f"Line: {block.reference_label}. {block.note}" if block.reference_label != "1" else block.note
            return table(Table(block.title, heads, rows, note))


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else ""


def table(block: Table) -> str:
    """A table of Markdown under its title, its note below."""
    rule = ["---:" if head.startswith(">") else "---" for head in block.heads]
    lines = [[head.lstrip(">") for head in block.heads], rule, *block.rows]
    body = "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
    return "\n\n".join(filter(None, (f"**{block.title}**" if block.title else "", body, block.note)))
