"""From a selection to what ``costmodel.analyses`` finds, kept for the selections that were asked for last.

Names are looked up in fact files only: a link must not make this machine read a file or fetch a model.
"""

import functools
from dataclasses import dataclass

import pandas as pd

from costmodel.analyses import explain as explaining
from costmodel.analyses.regime import COMPARISONS, Objective, Regime, regime
from costmodel.cli import options
from costmodel.errors import FactError, UnknownName
from costmodel.evaluation import library
from costmodel.evaluation.grid import default_context
from costmodel.facts import store
from costmodel.facts.deployment import Deployment, deployment
from costmodel.plots import regime as plot
from dashboards.selection import Selection

KEPT = 64  # views: a few kilobytes each
CELLS = 4096  # more would be smaller than a pixel, and slow


@dataclass(frozen=True, eq=False)
class View:
    """Where, what was found, and the table that the figure draws."""

    where: Deployment
    made: Regime
    table: pd.DataFrame


@functools.lru_cache(maxsize=KEPT)
def view(chosen: Selection) -> View:
    """The regime of a selection (its ``view``); any CostModelError is the user's to mend."""
    where = place(chosen)
    scheme = named(chosen.scheme)
    batch = options.axis(chosen.batch or "1:256", "batch")
    context = options.axis(chosen.context or None, "context") or default_context([where])
    if len(batch) * len(context) > CELLS:
        raise FactError(
            f"found {len(batch)} × {len(context)} cells, due at most {CELLS:,}; the command line takes more"
        )
    objective = None
    if chosen.comparison == "objective":
        objective = Objective(_time(chosen.tpot, "TPOT"), _time(chosen.ttft, "TTFT"))
        if objective == Objective():
            raise FactError("an objective needs a TPOT or a TTFT, in milliseconds")
    if chosen.comparison not in COMPARISONS:
        raise UnknownName("comparison", chosen.comparison, COMPARISONS)
    made = regime(where, scheme, batch, context, chosen.comparison, objective)
    return View(where, made, plot.table(made))


@functools.lru_cache(maxsize=KEPT)
def point(chosen: Selection, batch: str, context: str) -> explaining.Explanation:
    """One point of a view taken apart."""
    at = options.count(batch, "batch"), options.count(context, "context")
    return explaining.explain(place(chosen), named(chosen.scheme), *at)


def place(chosen: Selection) -> Deployment:
    """The deployment of a selection."""
    ranks = None
    if chosen.tp:
        try:
            ranks = int(chosen.tp)
        except ValueError as error:
            raise FactError(f"tensor parallel: found {chosen.tp!r}, due a whole number of GPUs, or nothing") from error
    model = store.resolve("models", chosen.model)
    return deployment(model, chosen.gpu or None, ranks=ranks, engine=chosen.engine or None)


def named(text: str) -> library.Scheme:
    """The scheme of a sentence of names; FactError for a path."""
    if ".toml" in text.lower():
        raise FactError(f"scheme {text!r}: a page takes schemes by name; files are for the command line")
    return library.scheme(text)


def _time(text: str, name: str) -> float | None:
    return options.duration(f"{text} ms" if text else None, name)
