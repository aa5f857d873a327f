"""Small maps as images: one pixel per cell, in the colours of the large map, so that twelve of them are drawn at once.

The same table and the same scale; hatching is a pattern of darker pixels. PNG comes from Pillow, which Matplotlib depends on.
"""

import base64
import functools
import io

import numpy as np

from costmodel.analyses.regime import NEEDS_KERNEL, UNSURE, Regime
from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.plots.style import palette, scale

SHADES = 254  # colours between the ends; two more are for what does not fit and for stripes
GREY, STRIPE = (176, 180, 186), (90, 90, 90)


@functools.cache
def _palette() -> bytes:
    anchors = [palette.parse_rgb(colour) for colour in palette.RATIOS]
    positions = np.linspace(0, len(anchors) - 1, SHADES)
    parts = [np.interp(positions, range(len(anchors)), part).round() for part in zip(*anchors, strict=True)]
    return np.vstack([np.stack(parts, axis=-1), GREY, STRIPE]).astype(np.uint8).tobytes()


def draw_thumbnail(regime: Regime, span: float) -> str:
    """A data URL of the map; batch upwards, context to the right; ``span`` is that of the colours."""
    from PIL import Image

    with np.errstate(divide="ignore", invalid="ignore"):
        position = (np.log2(np.asarray(regime.ratio, dtype=float)) / span + 1) / 2
    shade = np.clip(np.nan_to_num(position, nan=0.5) * (SHADES - 1), 0, SHADES - 1).round().astype(np.uint8)
    shade[is_absent(regime.verdict)] = SHADES
    pixels = _doubled(shade)
    stripes, needs = _stripes(pixels.shape), _doubled(regime.verdict == NEEDS_KERNEL)
    pixels[(_doubled(regime.verdict == UNSURE) | needs) & stripes] = SHADES + 1
    pixels[needs & stripes[:, ::-1]] = SHADES + 1
    image = Image.fromarray(pixels[::-1].copy(), mode="P")
    image.putpalette(_palette())
    stream = io.BytesIO()
    image.save(stream, format="PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _doubled(cells: np.ndarray) -> np.ndarray:
    return cells.repeat(2, axis=0).repeat(2, axis=1)


@functools.lru_cache(maxsize=8)
def _stripes(shape: tuple[int, int]) -> np.ndarray:
    rows, columns = np.indices(shape)
    return (columns - rows) % 8 == 0


def common_span(regimes: list[Regime]) -> float:
    """One colour span for all of the maps."""
    return scale.colour_span(*(np.where(is_absent(regime.verdict), np.nan, regime.ratio) for regime in regimes))
