"""The two figures as inline SVG: a map of cells, and bars over a logarithmic axis. No script, no font of its own."""

import math
from collections.abc import Callable
from html import escape

from costmodel.plots.style.palette import INK, LOSE, MUTED, NO_FIT, RATIOS, WIN, parse_rgb
from costmodel.report.blocks import BAD, GOOD, OPEN, Bars, HeatMap

WIDTH = 460  # of the drawing: on a phone its text is still read, on a page it is not too large
FULL = 1.5  # of log2 at which the colour of a map is full: 2.8 ×
COLOURS = {GOOD: WIN, BAD: LOSE, OPEN: "#b58900", "": MUTED}
DARK = 0.45  # relative luminance below which text on a cell is white


def heat_map(block: HeatMap) -> str:
    """A map: columns over the context, rows over the batch, the number in every cell."""
    left, top, cell = 40, 20, 32
    width = (WIDTH - left - 4) / len(block.columns)
    height = top + cell * len(block.rows) + 40
    parts = [_hatch()]
    for i, (row, texts, hatched) in enumerate(zip(block.levels, block.texts, block.hatched, strict=True)):
        y = top + i * cell
        parts.append(_text(left - 8, y + cell / 2 + 4, block.rows[i], "end"))
        for j, (level, text) in enumerate(zip(row, texts, strict=True)):
            x, colour = left + j * width, NO_FIT if math.isnan(level) else _colour(level)
            box = f'x="{x:.1f}" y="{y}" width="{width - 2:.1f}" height="{cell - 2}"'
            parts.append(f'<rect {box} fill="{colour}"/>')
            if hatched[j]:
                parts.append(f'<rect {box} fill="url(#hatch)"/>')
            ink = "#fff" if _luminance(colour) < DARK else INK
            parts.append(
                _text(x + width / 2 - 1, y + cell / 2 + 4, text, "middle", ink, 10.5 if len(text) > 7 else 11.5)
            )
    base = top + cell * len(block.rows)
    parts += [_text(left + (j + 0.5) * width, base + 15, name, "middle") for j, name in enumerate(block.columns)]
    parts += [_text(left + (WIDTH - left) / 2, base + 32, block.column_label, "middle", MUTED)]
    parts += [_text(left - 8, 13, block.row_label, "end", MUTED)]
    return _svg(height, parts, block.title)


def bars(block: Bars) -> str:
    """Horizontal bars with a line at the reference and whiskers for intervals."""
    left, row, top = 92, 36, 20
    place, start = _axis(block, left)
    height, parts = top + row * len(block.bars) + 6, []
    for index, bar in enumerate(block.bars):
        y = top + index * row
        ends = sorted((start, place(bar.value)))
        parts.append(_text(left - 6, y + 12, bar.label, "end", INK))
        size = max(ends[1] - ends[0], 1.5)
        parts.append(f'<rect x="{ends[0]:.1f}" y="{y + 2}" width="{size:.1f}" height="13" fill="{COLOURS[bar.tone]}"/>')
        if math.isfinite(bar.low) and math.isfinite(bar.high) and bar.high > bar.low:
            a, b = place(bar.low), place(bar.high)
            whisker = f"M{a:.1f} {y + 8.5}H{b:.1f}M{a:.1f} {y + 5}v7M{b:.1f} {y + 5}v7"
            parts.append(f'<path d="{whisker}" stroke="{INK}" fill="none"/>')
        parts += [_text(left, y + 29, _cut(bar.text), "start", MUTED, 10.5)]
    if block.reference > 0:
        at = place(block.reference)
        line = f'<path d="M{at:.1f} {top - 4}V{height - 4}" stroke="{INK}" stroke-dasharray="3 3"/>'
        anchor = "end" if at > WIDTH / 2 else "start"
        parts = [
            line,
            *parts,
            _text(at + (-3 if anchor == "end" else 3), top - 9, block.reference_label, anchor, INK, 11.5),
        ]
    elif block.reference_label:
        parts.append(_text(left, top - 9, block.reference_label, "start", LOSE, 11.5))
    return _svg(height, parts, block.title)


def _axis(block: Bars, left: float) -> tuple[Callable[[float], float], float]:
    """Where a value lies across the figure, and where bars begin."""
    numbers = [n for b in block.bars for n in (b.value, b.low, b.high) if math.isfinite(n) and n > 0]
    reference, width = block.reference, WIDTH - left - 12
    if not block.are_factors:
        full = 1.08 * max([*numbers, reference, 1e-12])
        return (lambda value: left + width * min(max(value, 0.0), full) / full), left
    low, high = min([*numbers, reference]) / 1.15, max([*numbers, reference]) * 1.15
    scale = width / math.log(high / low)

    def place(value: float) -> float:
        return left + scale * math.log(min(max(value, low), high) / low)

    return place, place(reference)


def _cut(text: str, width: int = 68) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _svg(height: float, parts: list[str], title: str) -> str:
    body = "".join(parts)
    head = f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" xmlns="http://www.w3.org/2000/svg">'
    return f"{head}<title>{escape(title)}</title>{body}</svg>"


def _hatch() -> str:
    line = '<path d="M0 6L6 0" stroke="#1b2330" stroke-opacity=".28" stroke-width=".8"/>'
    return f'<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">{line}</pattern></defs>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = INK, size: float = 11.5) -> str:
    style = f'text-anchor="{anchor}" fill="{colour}" font-size="{size}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>' if text else ""


def _colour(level: float) -> str:
    """The colour of a ratio whose log2 is ``level``, between those of the shared scale."""
    place = (min(max(level / FULL, -1.0), 1.0) + 1) / 2 * (len(RATIOS) - 1)
    below = min(int(place), len(RATIOS) - 2)
    pairs = zip(parse_rgb(RATIOS[below]), parse_rgb(RATIOS[below + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - below)):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (part / 255 for part in parse_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
