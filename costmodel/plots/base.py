"""What every figure is: a question with its options, a table, a form for paper, a form for a page, and a caption.

A figure's file computes its table in ``compute``; its drawing functions see nothing but that table.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.facts.deployment import Deployment
from costmodel.plots.style import names

SCHEMES = ("none", "fp8", "int4", "kivi-2bit", "turboquant-4bit", "h2o", "quest")
OPTION_KINDS = ("text", "flag", "number", "count", "axis", "duration", "conditions")
STEP_CONDITIONS = (
    "One decode step, cold L2, identical contexts, no arrivals and no prefill interference; 90 % intervals."
)
LOAD_CONDITIONS = "A closed loop in steady state, requests alike, nobody waits for room; 90 % intervals."


@dataclass(frozen=True)
class Option:
    """An option of ``costmodel plot``.

    ``kind`` says how its text is parsed: text, flag, number (2.5), count (8, 4K), axis (1:256), duration (50ms) or conditions
    (name=number …). ``default`` is what a person would have typed; None where the figure itself decides.
    """

    name: str
    kind: str = "text"
    default: str | None = None
    help: str = ""

    def __post_init__(self):
        if self.kind not in OPTION_KINDS:
            raise UnknownName("kind of option", str(self.kind), OPTION_KINDS, f"(option {self.name})")


BATCH_HELP = "Sequences: 8, 1,8,64, 1:256 (doubling) or 1:256:20 (20 points)."
CONTEXT_HELP = "Tokens: 8K, 4K,32K, 1K:128K or 1K:128K:30."
BATCH = Option("batch", "count", "8", BATCH_HELP)
CONTEXT = Option("context", "count", "16K", CONTEXT_HELP)
BATCHES = Option("batch", "axis", "1:1K:60", BATCH_HELP)
POINT = (BATCH, CONTEXT)


@dataclass(frozen=True)
class Request:
    """What a figure is computed for: a deployment (None for figures of no model), schemes, and a value for every option."""

    deployment: Deployment | None
    schemes: list[str]
    options: dict[str, object] = field(default_factory=dict)

    def __getitem__(self, name: str):
        return self.options[name]

    @property
    def point(self) -> tuple[float, float]:
        """Batch and context of a figure of one operating point."""
        return self["batch"], self["context"]

    @property
    def point_title(self) -> str:
        """The deployment and its operating point, as a title."""
        batch, context = self.point
        return f"{names.describe(self.deployment)}; batch {batch:g}, context {context:,.0f}"


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure.

    ``compute`` returns the table behind the figure and its title. ``draw_matplotlib(frame, title, width)`` returns a figure
    ``width`` inches wide, ``draw_plotly(frame, title)`` one for a page; both also take the options named in ``draw_options``.
    ``format_caption(frame)`` returns what the figure shows; ``conditions`` ends the caption. ``order`` sorts listings.
    """

    id: str
    order: float
    summary: str
    compute: Callable[[Request], tuple[pd.DataFrame, str]]
    draw_matplotlib: Callable
    draw_plotly: Callable
    format_caption: Callable[[pd.DataFrame], str]
    options: tuple[Option, ...] = ()
    schemes: tuple[str, ...] = SCHEMES  # where nobody names any
    draw_options: tuple[str, ...] = ()
    has_deployment: bool = True
    conditions: str = STEP_CONDITIONS

    def build_table(self, request: Request) -> tuple[pd.DataFrame, str]:
        """The table and title of ``compute``, of each scheme once; the table knows the names that scheme files give."""
        texts = names.texts_by_id(request.schemes)
        frame, title = self.compute(replace(request, schemes=list(texts.values())))
        frame.attrs[names.NAMES] = {scheme: names.scheme_name(text) for scheme, text in texts.items()}
        return frame, title

    def conditions_of(self, frame: pd.DataFrame) -> str:
        """What holds of a table: a load where its requests generate something (``output``), else ``conditions``."""
        is_loaded = "output" in frame and bool(frame["output"].notna().any())
        return LOAD_CONDITIONS if is_loaded else self.conditions

    def __post_init__(self):
        if not isinstance(self.order, (int, float)) or not math.isfinite(self.order):
            raise InputError(f"figure {self.id}: order: expected a number, got {self.order!r}")
        for name, entries, expected in (("options", self.options, Option), ("schemes", self.schemes, str)):
            if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, expected) for entry in entries):
                raise InputError(
                    f"figure {self.id}: {name}: expected a tuple of {expected.__name__}, got {entries!r:.80}"
                )
        names = [option.name for option in self.options]
        for name in self.draw_options:
            if name not in names:
                raise InputError(f"figure {self.id}: draw_options: {UnknownName('option', name, names)}")
