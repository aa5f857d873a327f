"""Regimes beside the large map: of the other schemes or model sizes, computed with it and shown as small maps."""

from dataclasses import dataclass, replace

from dash import html

from costmodel.analyses import model_sizes
from costmodel.analyses.regime import COMPARISONS, Objective, Regime, compute_regimes
from costmodel.errors import CostModelError
from costmodel.facts.deployment import Deployment
from costmodel.plots.style import palette, scale
from dashboards import resolve, thumbnails
from dashboards.selection import Selection


@dataclass(frozen=True)
class Panel:
    """One small map: the scheme or model that a click selects, its title, its map and the colour of its swatch."""

    value: str
    title: str
    regime: Regime
    colour: str


@dataclass(frozen=True)
class RegimeMaps:
    """Every comparison of the scheme and, after it, of all that stand beside it, by comparison; and the small maps."""

    by_comparison: dict[str, list[Regime]]
    panels: list[Panel]


def compute_maps(selection: Selection, deployment: Deployment, objective: Objective | None) -> RegimeMaps:
    """The maps of the selected scheme, beside those of other schemes or of other model sizes."""
    scheme, axes = resolve.scheme_of(selection.scheme), resolve.axes_of(selection, deployment)
    compute = _compute_schemes if selection.beside == "schemes" else _compute_models
    return compute(selection, deployment, scheme, axes, objective)


def _comparisons(objective: Objective | None) -> list[str]:
    """The comparisons that can be made: all of them where there is an objective."""
    return [name for name in COMPARISONS if name != "objective" or objective is not None]


def _compute_schemes(selection, deployment, scheme, axes, objective) -> RegimeMaps:
    names = [scheme, *resolve.schemes_of(selection)]
    maps = compute_regimes(deployment, names, *axes, _comparisons(objective), objective, with_details=False)
    values = {resolve.scheme_of(text): text for text in reversed(selection.scheme_names)}
    shown = maps["same-batch"][1:]
    styles = palette.styles_of(regime.scheme for regime in shown)  # as in the lines of the same schemes
    panels = [
        Panel(values[name], regime.scheme, regime, styles[regime.scheme].colour)
        for name, regime in zip(names[1:], shown, strict=True)
    ]
    return RegimeMaps(maps, panels)


def _compute_models(selection, deployment, scheme, axes, objective) -> RegimeMaps:
    deployments = _deployments_by_size(selection, deployment)
    comparisons = _comparisons(objective)
    maps = {
        name: compute_regimes(sized, [scheme], *axes, comparisons, objective) for name, sized in deployments.items()
    }
    of_scheme = next(iter(maps.values()))
    by_comparison = {
        comparison: [
            of_scheme[comparison][0], *(replace(regimes[comparison][0], scheme=name) for name, regimes in maps.items())
        ]
        for comparison in comparisons
    }  # fmt: skip
    by_size = {regime.scheme: regime for regime in by_comparison["same-batch"][1:]}
    names = {sized.model.id: name for name, sized in deployments.items()}
    listed = [model for model in model_sizes.SIZES if model in names]
    panels = [Panel(model, names[model], by_size[names[model]], palette.INK) for model in listed]
    return RegimeMaps(by_comparison, panels)


def _deployments_by_size(selection: Selection, deployment: Deployment) -> dict[str, Deployment]:
    """By model name, the deployment itself and that of every model size that fits."""
    deployments = {deployment.model.name: deployment}
    for model in model_sizes.SIZES:
        try:
            sized = resolve.deployment_of(replace(selection, model=model, tp="", weight_dtype=""))
        except CostModelError:
            continue
        deployments.setdefault(sized.model.name, sized)
    return deployments


def build_section(selection: Selection, panels: list[Panel]):
    """Small maps of the same batch, each a button that makes it the large one."""
    span = thumbnails.common_span([panel.regime for panel in panels])
    buttons = [_build_button(selection, panel, span) for panel in panels]
    members = "schemes" if selection.beside == "schemes" else "model sizes"
    ends = scale.colour_bar(span)["ticktext"]
    note = (
        f"Same batch: batch upwards, context to the right, one scale from {ends[0]} (red) over 1 (white) to {ends[-1]} (blue). "
        "Dark stripes: inconclusive, or no kernel measured (both ways). Grey: does not fit or too long. Select one to enlarge it."
    )
    heading = html.H2(f"Side by side: {members}")
    parts = [heading, html.Div(buttons, className="panels"), html.P(note, className="quiet")]
    return html.Section(parts, **{"aria-label": "Side by side"})


def _build_button(selection: Selection, panel: Panel, span: float):
    swatch = html.Span(className="swatch", style={"background": panel.colour})
    is_large = panel.value in (selection.scheme, selection.model)
    return html.Button(
        [
            html.Img(src=thumbnails.draw_thumbnail(panel.regime, span), alt=""),
            html.Span([swatch, panel.title], className="title"),
            html.Small(_summarize(panel.regime)),
        ],
        id={"page": "regimes", "panel": panel.value}, type="button", n_clicks=0, title="Show it large",
        className="panel here" if is_large else "panel",
    )  # fmt: skip


def _summarize(regime: Regime) -> str:
    counts = regime.counts()
    fitting = sum(counts.values()) - counts["does not fit"] - counts["beyond context limit"]
    if not fitting:
        return "does not fit" if counts["does not fit"] else "beyond context limit"
    if counts["needs kernel"] > counts["wins"]:
        return f"needs kernel {counts['needs kernel'] / fitting:.0%}, loses {counts['loses'] / fitting:.0%}"
    return f"wins {counts['wins'] / fitting:.0%}, loses {counts['loses'] / fitting:.0%}"
