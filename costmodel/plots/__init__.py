"""Figures, one a file: what it asks, its table, its form for paper and for a page, its caption.

A file holds ``FIGURE``, or ``FIGURES`` where it draws several; whoever shows figures finds them here by file. What figures
share stands in ``style``.
"""

import functools
from types import ModuleType

from costmodel.errors import InputError, UnknownName
from costmodel.files import discovery
from costmodel.plots.base import Figure, Option, Request

__all__ = ["Figure", "Option", "Request", "figures", "load_figure"]


@functools.cache
def figures() -> dict[str, Figure]:
    """Every figure by its id, in the order that the files state.

    Raises InputError naming the file for one that holds no figure where it should, both files for an id that stands twice.
    """
    modules = discovery.import_modules(__name__, __path__)
    listed = [(figure.id, module, figure) for module in modules for figure in _figures_of(module)]
    return discovery.index_by_id("figure", sorted(listed, key=lambda entry: entry[2].order))


def _figures_of(module: ModuleType) -> list[Figure]:
    """What a file holds as ``FIGURES``, then as ``FIGURE``."""
    listed = getattr(module, "FIGURES", ())
    if not isinstance(listed, (list, tuple)) or not all(isinstance(figure, Figure) for figure in listed):
        raise InputError(f"{module.__file__}: FIGURES: expected a list or tuple of Figure, got {listed!r:.80}")
    return [*listed, *([discovery.require_type(module, "FIGURE", Figure)] if hasattr(module, "FIGURE") else [])]


def load_figure(name: str) -> Figure:
    """The figure of that id; raises UnknownName with the nearest ones otherwise."""
    if name not in figures():
        raise UnknownName("figure", name, figures())
    return figures()[name]
