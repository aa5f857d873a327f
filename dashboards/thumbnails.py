"""Small maps as images: one pixel a cell, in the colours of the large map, so that twelve of them are drawn at once.

The same table, the same scale; hatching is a pattern of darker pixels. PNG comes from Pillow, which Matplotlib brings.
"""

import base64
import functools
import io

import numpy as np

from costmodel.analyses.regime import ABSENT, UNSURE, Regime
from costmodel.plots import palette, scale

STEPS = 254  # colours between the ends; two more are for what does not fit and for stripes
GREY, STRIPE = (176, 180, 186), (90, 90, 90)


@functools.cache
def _palette() -> bytes:
    marks = [[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in palette.RATIOS]
    places = np.linspace(0, len(marks) - 1, STEPS)
    parts = [np.interp(places, range(len(marks)), part).round() for part in zip(*marks, strict=True)]
    shades = np.vstack([np.stack(parts, axis=-1), GREY, STRIPE])
    return shades.astype(np.uint8).tobytes()


def image(made: Regime, span: float) -> str:
    """A data URL of the map; batch upwards, context to the right."""
    from PIL import Image

    with np.errstate(divide="ignore", invalid="ignore"):
        place = (np.log2(np.asarray(made.ratio, dtype=float)) / span + 1) / 2
    index = np.clip(np.nan_to_num(place, nan=0.5) * (STEPS - 1), 0, STEPS - 1).round().astype(np.uint8)
    index[made.verdict == ABSENT] = STEPS
    fine = _doubled(index)
    fine[_doubled(made.verdict == UNSURE) & _stripes(fine.shape)] = STEPS + 1
    drawn = Image.fromarray(fine[::-1].copy(), mode="P")
    drawn.putpalette(_palette())
    stream = io.BytesIO()
    drawn.save(stream, format="PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _doubled(cells: np.ndarray) -> np.ndarray:
    return cells.repeat(2, axis=0).repeat(2, axis=1)


@functools.lru_cache(maxsize=8)
def _stripes(shape: tuple[int, int]) -> np.ndarray:
    rows, columns = np.indices(shape)
    return (columns - rows) % 8 == 0


def span(maps: list[Regime]) -> float:
    """One scale for all of them."""
    return scale.clipped(*(np.where(made.verdict == ABSENT, np.nan, made.ratio) for made in maps))
