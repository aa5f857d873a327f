"""What a page states about itself, and what it shows for a selection.

Everything that pages have in common, from the link to the download, is done once, in ``layout``, ``callbacks`` and
``downloads``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
from dash import Dash, Input, Output

from costmodel.plots import Figure
from dashboards.cache import single_flight_lru_cache
from dashboards.selection import Selection

VIEW_CACHE_SIZE = 32  # views of all pages together: a few megabytes each at most


@dataclass(frozen=True, eq=False)
class FigureView:
    """One figure on a page: its definition, its table, its title, the command line that draws the same, and how to draw it."""

    figure: Figure
    frame: pd.DataFrame
    title: str
    command: str = ""
    draw_options: dict = field(default_factory=dict)
    plotly_figure: object = None

    def __post_init__(self):
        object.__setattr__(self, "plotly_figure", self.figure.draw_plotly(self.frame, **self.draw_options))


@dataclass(frozen=True, eq=False)
class PageContent:
    """What a page shows for a selection: figures by key, and what stands above and below them."""

    figures: dict[str, FigureView]
    above: list
    below: list = field(default_factory=list)


@dataclass(frozen=True)
class SelectionInput:
    """One more way to change a selection: an input of the page, and the selection that its value leads to."""

    source: Input
    change: Callable[[Selection, object], Selection]


@dataclass(frozen=True, eq=False)
class Page:
    """One page.

    ``fields`` are those of a selection that its figures depend on, ``point_fields`` those that only parts of its own depend
    on; ``figures`` are headings by key. ``build_content`` returns what it shows for a selection. A page may have controls of
    its own above the others (``own_controls``), whose values ``echo`` returns, and parts of its own below the figures, with
    callbacks of their own, and ``aside`` beside its first figure. ``leading_figures`` stand above what is ``below``; 0: all.
    """

    path: str
    name: str
    lead: str
    fields: tuple[str, ...]
    figures: dict[str, str]
    build_content: Callable[[Selection], PageContent]
    uploads: tuple[str, ...] = ()
    own_controls: Callable[[], list] = list
    inputs: tuple[SelectionInput, ...] = ()
    own_parts: Callable[[], list] = list
    aside: Callable[[], list] = list
    echo: Callable[[Selection], list] = lambda selection: []
    echo_outputs: tuple[Output, ...] = ()
    leading_figures: int = 0
    point_fields: tuple[str, ...] = ()
    register_own: Callable[[Dash], None] = lambda app: None

    @property
    def id(self) -> str:
        """What begins the ids of its parts."""
        return self.path.strip("/") or "regimes"

    @property
    def control_names(self) -> tuple[str, ...]:
        """Every field that has a control here."""
        return (*self.fields, *self.point_fields)

    @property
    def open_choices(self) -> list[str]:
        """The dropdowns here that can also show what was uploaded or typed."""
        return [name for name in ("model", "schemes", "measured") if name in self.fields]


@single_flight_lru_cache(VIEW_CACHE_SIZE)
def view(page: Page, selection: Selection) -> PageContent:
    """What a page shows for a selection, cached."""
    return page.build_content(selection)
