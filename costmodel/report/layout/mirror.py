"""The mirror as a page."""

from costmodel.language.units import format_quantity
from costmodel.report.blocks import BAD, OPEN, Block, Bullets, Paragraph, Table
from costmodel.report.layout.numbers import tokens
from costmodel.report.sections.mirror import Mirror


def lay_out(mirror: Mirror) -> list[Block]:
    """What was understood: mechanisms, bytes, life cycle, contradictions, what is left open."""
    lead = f"“{mirror.name}” is read as {mirror.scheme}, compared with {mirror.baseline}. {mirror.idea}".strip()
    blocks: list[Block] = [Paragraph(f"{lead} If a line below is not what you meant, the file says something else.")]
    rows = [(m.location, m.kind, m.sentence) for m in mirror.mechanisms]
    blocks.append(Table("Mechanisms, in order", ("where", "kind", "what it does"), tuple(rows)))
    if mirror.conflicts:
        blocks += [
            Paragraph("What contradicts itself or the engine, so that an implementation must solve it:"),
            Bullets(tuple((c.text, BAD) for c in mirror.conflicts)),
        ]
    if mirror.unstated:
        blocks += [Paragraph("What the file leaves unstated:"), Bullets(tuple((u, OPEN) for u in mirror.unstated))]
    blocks += [_sizes(mirror), _lifecycle(mirror), *_fields(mirror)]
    return blocks


def _sizes(mirror: Mirror) -> Table:
    rows = []
    for size in mirror.sizes:
        parts = (size.token, size.baseline_token, size.sequence, size.baseline_sequence)
        rows.append((tokens(size.context), *(format_quantity(part, "byte") for part in parts), f"{size.ratio:.1%}"))
    heads = (">context", ">one more token", f">{mirror.baseline}", ">a sequence", f">{mirror.baseline}", ">ratio")
    note = "All layers, before tensor parallelism; a sequence with its 16-bit zone, side tables and block rounding."
    return Table("Bytes", heads, tuple(rows), note)


def _lifecycle(mirror: Mirror) -> Table:
    rows = tuple((p.meaning, p.text, p.reason) for p in mirror.predicates)
    tones = tuple("" if p.is_stated else OPEN for p in mirror.predicates)
    return Table("Life cycle of a cached token", ("property", "as read", "because"), rows, tones=tones)


def _fields(mirror: Mirror) -> list[Block]:
    rows = tuple(
        (f"{m.location.partition(': ')[2]}, {m.kind}", f.name, f.written, f.value, f.meaning)
        for m in mirror.mechanisms
        for f in m.fields
        if not f.is_default
    )
    left = [
        f"{m.location.partition(': ')[2]}: " + ", ".join(f"{f.name} = {f.value}" for f in m.fields if f.is_default)
        for m in mirror.mechanisms
    ]
    return [
        Table("Every field as read", ("mechanism", "field", "as written", "as read", "meaning"), rows),
        Paragraph("Fields left at their defaults:"),
        Bullets(tuple((text, "") for text in left if not text.endswith(": "))),
    ]
