"""One palette for every figure and page: a scheme, a term of the step, a part of memory keeps its colour everywhere.

Hues are those of Okabe and Ito (2008) and of Paul Tol's sets (SRON/EPS/TN/09-002), which remain distinguishable under
the common kinds of colour blindness. Schemes of one family share a hue; marker and dash differ, so that colour is never alone,
and where two of them stand in one figure the second takes a colour that is nobody's there.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

INK = "#1b2330"
MUTED = "#6b7280"
GRID = "#d9dce1"
NO_FIT = "#d9d9d9"
RATIOS = (  # ColorBrewer's RdBu: loses, 1, wins; of every regime map
    "#67001f", "#b2182b", "#d6604d", "#f4a582", "#fddbc7", "#f7f7f7", "#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061",
)  # fmt: skip
WIN, LOSE = RATIOS[-2], RATIOS[1]


@dataclass(frozen=True)
class SchemeStyle:
    """Colour, Matplotlib marker, Plotly symbol, Matplotlib dash and Plotly dash of one scheme."""

    colour: str
    marker: str
    symbol: str
    dash: str
    plotly_dash: str


MARKERS = (
    ("o", "circle"), ("s", "square"), ("^", "triangle-up"), ("D", "diamond"), ("v", "triangle-down"), ("P", "cross"),
    ("X", "x"),
)  # fmt: skip
DASHES = (("-", "solid"), ("--", "dash"), (":", "dot"), ("-.", "dashdot"))
FAMILIES = {
    "#4d4d4d": ("none", "mha", "gqa"),
    "#0072b2": ("fp8", "nvfp4"),
    "#56b4e9": ("int8", "int4", "int8-tensor", "qserve-kv4"),
    "#e69f00": ("kivi-4bit", "kivi-2bit", "hf-quantized"),
    "#d55e00": ("kvquant-3bit", "kvquant-4bit"),
    "#aa4499": ("turboquant-4bit", "turboquant-3bit", "turboquant-k8v4", "turboquant-k3v4"),
    "#117733": ("h2o", "scissorhands"),
    "#44aa99": ("streaming-llm", "snapkv", "pyramidkv"),
    "#882255": ("quest",),
    "#999933": ("mla", "dedup-exact", "dedup-similar"),
    "#332288": ("hypothetical",),
}
OWN = ("#cc6677", "#661100", "#6699cc", "#ddcc77", "#882e72", "#4eb265")  # of schemes of a user's own: no family's
SPARE = (
    "#ee3377",
    "#a6761d",
    "#6a3d9a",
    "#bbcc33",
    "#ee8866",
    "#009988",
    "#77aadd",
    "#b15928",
)  # no family's, and nobody's own
_LISTED = {
    scheme: SchemeStyle(colour, *MARKERS[(family + index) % len(MARKERS)], *DASHES[index % len(DASHES)])
    for family, (colour, schemes) in enumerate(FAMILIES.items())
    for index, scheme in enumerate(schemes)
}
MEMORY = {
    "weights": "#332288", "workspace": "#999933", "forward pass": "#88ccee", "cache": "#cc6677", "free pool": "#dfe5ec",
    "reserve": "#b8bec7",
}  # fmt: skip
OPERATIONS = {"attention": "#0072b2", "codec": "#882255", "products": "#88ccee"}
ORIGINS = {  # the more certain, the darker
    "measured": "#117733", "datasheet": "#0072b2", "published": "#56b4e9", "recalled": "#88ccee", "asked": "#4d4d4d",
    "inherited": "#999933", "compiled": "#e69f00", "assumed": "#d55e00", "ideal": "#cc6677",
}  # fmt: skip


def style_of(scheme: str) -> SchemeStyle:
    """The style of a scheme; a composition has the hue of its first part, a user's own one that no family has.

    What shares a hue with a listed scheme has neither its marker nor its dash.
    """
    if scheme in _LISTED:
        return _LISTED[scheme]
    first = scheme.split("+")[0].split("[")[0]
    digest = hashlib.sha256(scheme.encode()).digest()
    listed = _LISTED.get(first)
    colour = listed.colour if listed else OWN[digest[0] % len(OWN)]
    markers = [pair for pair in MARKERS if listed is None or pair[0] != listed.marker]
    dashes = [pair for pair in DASHES if listed is None or pair[0] != listed.dash]
    return SchemeStyle(colour, *markers[digest[1] % len(markers)], *dashes[digest[2] % len(dashes)])


def styles_of(schemes: Iterable[str]) -> dict[str, SchemeStyle]:
    """The styles of the schemes of one figure: each its own, in a colour that no other scheme of the figure has.

    The first of those that share a hue keeps it. Of more schemes than there are colours, some share one after all.
    """
    styles = {scheme: style_of(scheme) for scheme in schemes}
    owners: dict[str, str] = {}
    for scheme, style in styles.items():
        owners.setdefault(style.colour, scheme)
    free = [colour for colour in (*SPARE, *OWN, *FAMILIES) if colour not in owners]
    for scheme, style in styles.items():
        if owners[style.colour] != scheme and free:
            styles[scheme] = replace(style, colour=free.pop(0))
    return styles


def parse_rgb(colour: str) -> list[int]:
    """Red, green and blue, 0 to 255, of a colour written as #rrggbb."""
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def translucent(colour: str, opacity: float) -> str:
    """A colour with an opacity, as Plotly writes it."""
    return f"rgba({','.join(map(str, parse_rgb(colour)))},{opacity:g})"


def is_dark(colour: str) -> bool:
    """Whether white text stands out from a colour better than black (relative luminance of WCAG 2)."""
    parts = [part / 255 for part in parse_rgb(colour)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179
