"""Figures, one a file: what it asks, its table, its form for paper and for a page, its caption.

A file holds ``FIGURE``, or ``FIGURES`` where it draws several; whoever shows figures finds them here by file. What figures
share stands in ``style``.
"""

import functools
import importlib
import pkgutil

from costmodel.errors import UnknownName
from costmodel.plots.base import Figure, Option, Request

__all__ = ["Figure", "Option", "Request", "figures", "load_figure"]


@functools.cache
def figures() -> dict[str, Figure]:
    """Every figure by its id, in the order that the files state."""
    modules = [importlib.import_module(f"{__name__}.{name}") for _, name, _ in pkgutil.iter_modules(__path__)]
    listed = [figure for module in modules for figure in getattr(module, "FIGURES", ())]
    listed += [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    return {figure.id: figure for figure in sorted(listed, key=lambda figure: figure.order)}


def load_figure(name: str) -> Figure:
    """The figure of that id; raises UnknownName with the nearest ones otherwise."""
    if name not in figures():
        raise UnknownName("figure", name, figures())
    return figures()[name]
