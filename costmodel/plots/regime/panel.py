"""One regime map on Matplotlib axes: its cells, what hatching and lines say of them, and text that no hatching crosses."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from costmodel.analyses.regime import NEEDS_KERNEL, UNSURE
from costmodel.evaluation.ask.verdicts import is_absent
from costmodel.plots.regime.table import MAX_NUMBERED_CELLS, cells, centres
from costmodel.plots.style import measure, palette, regions
from costmodel.plots.style.paper import set_log2_axis

TEXT_SIZE = 6.5  # points


@dataclass
class Panel:
    """The map of one scheme's rows; ``span`` is the log2 at which colours end."""

    axis: object
    part: pd.DataFrame
    span: float
    numbers: list = field(default_factory=list)
    terms: list = field(default_factory=list)

    def __post_init__(self):
        self.x, self.y, self.arrays = cells(self.part)
        self.is_fine = self.arrays["shown"].size > MAX_NUMBERED_CELLS

    def draw(self, max_ticks: int):
        """Draw cells, hatching and lines; returns the mesh, of which a colour bar is made."""
        from matplotlib.colors import LinearSegmentedColormap

        axis, x, y, shown, verdict = self.axis, self.x, self.y, self.arrays["shown"], self.arrays["verdict"]
        colours = LinearSegmentedColormap.from_list("ratios", palette.RATIOS)
        axis.set_facecolor(palette.NO_FIT)
        limits = {"vmin": -self.span, "vmax": self.span}
        self.mesh = axis.pcolormesh(x, y, np.log2(shown), cmap=colours, **limits, rasterized=self.is_fine)
        thin = {"colors": "0.35", "linewidths": 0.35}
        self._add_lines(regions.hatching(verdict == UNSURE, x, y), **thin, alpha=0.8)
        if self.is_fine and np.nanmin(shown) < 1 < np.nanmax(shown):
            axis.contour(centres(x), centres(y), np.log2(shown), levels=[0.0], colors=palette.INK, linewidths=0.9)
        self._add_lines(regions.cross_hatching(verdict == NEEDS_KERNEL, x, y), **thin, alpha=0.7)
        self._add_lines(regions.outlines(is_absent(verdict), x, y), colors=palette.INK, linewidths=0.9, linestyles="--")
        set_log2_axis(axis.xaxis, self.part["context"], "", max_ticks)
        set_log2_axis(axis.yaxis, self.part["batch"], "", max_ticks + 1)
        axis.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
        axis.spines[:].set_visible(False)
        return self.mesh

    def write_numbers(self) -> None:
        """Write its ratio into every cell of a map whose cells are large; the cell's colour behind it, over any hatching."""
        if self.is_fine:
            return
        shown, x, y = self.arrays["shown"], self.x, self.y
        for (i, j), value in np.ndenumerate(shown):
            if np.isfinite(value):
                ink = "white" if abs(np.log2(value)) > 0.6 * self.span else "black"
                centre = (x[j] + x[j + 1]) / 2, (y[i] + y[i + 1]) / 2
                text = self._write(*centre, f"{value:.2f}", self.mesh.to_rgba(np.log2(value)), color=ink)
                self.numbers.append((text, x[[j, j + 1]], y[[i, i + 1]]))

    def write_terms(self) -> None:
        """Write the binding term of every region, and draw the borders between them."""
        x, y = self.x, self.y
        terms = np.where(is_absent(self.arrays["verdict"]), "", self.arrays["binding"].astype(str))
        self._add_lines(regions.outlines(terms, x, y), colors="0.25", linewidths=0.5, linestyles=":")
        for term, places in regions.region_places(terms, x, y):
            text = self._write(*places[0], term, (1, 1, 1, 0.85), style="italic")
            self.terms.append((text, places))

    def place_texts(self) -> None:
        """Remove the numbers where the cells are too small for them, and move each term to where it fits into its region."""
        if not all(measure.fits(*number) for number in self.numbers):
            for text, _, _ in self.numbers:
                text.remove()
        measure.move_to_room(self.terms)

    def _write(self, across: float, up: float, text: str, behind, **style):
        box = {"facecolor": behind, "edgecolor": "none", "boxstyle": "square,pad=0.08"}
        artist = self.axis.text(
            across, up, text, ha="center", va="center", fontsize=TEXT_SIZE, bbox=box, clip_on=True, **style
        )
        artist.set_in_layout(False)
        return artist

    def _add_lines(self, segments: np.ndarray, **style) -> None:
        from matplotlib.collections import LineCollection

        self.axis.add_collection(LineCollection(segments, **style))
