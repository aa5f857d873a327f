"""What ``costmodel plot`` draws: for every figure, from what was asked to its drawing, its table, where it is of, and its words.

A stress test is a figure of its own without being named here: the room of tests lists them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from costmodel.cli import options as o
from costmodel.errors import UnknownName

SCHEMES = ("none", "fp8", "int4", "kivi-2bit", "turboquant-4bit", "h2o", "quest")


@dataclass(frozen=True)
class Asked:
    """What a figure is drawn of: a deployment, schemes, texts of the axes, and the point that is taken apart."""

    place: tuple
    schemes: list[str]
    batch: str | None
    context: str | None
    comparison: str
    objective: tuple
    of: str
    axes: tuple[str, str]
    price: float | None
    benchmark: str | None
    overlay: bool
    generated: str
    conditions: str | None
    over: str | None

    def where(self):
        """The deployment."""
        return o.deployment_from_options(*self.place)

    def point(self) -> tuple[float, float]:
        """Batch and context of a figure of one point."""
        return o.parse_count(self.batch or "8", "--batch"), o.parse_count(self.context or "16K", "--context")

    def compared(self) -> list[str]:
        """The schemes, less those that are held against themselves."""
        from costmodel.evaluation.compile import compiled

        known = [compiled.load_scheme(text) for text in self.schemes]
        return [scheme.id for scheme in known if scheme.id != compiled.load_scheme(scheme.baseline).id]


def _regime(asked: Asked):
    from costmodel.analyses.regime import Objective, regimes
    from costmodel.evaluation.ask.sweep_axes import default_context
    from costmodel.language import units
    from costmodel.plots import regime as drawing

    where = asked.where()
    axes = (
        o.parse_axis(asked.batch or "1:256", "--batch"),
        o.parse_axis(asked.context, "--context") or default_context([where]),
    )
    objective = Objective(*asked.objective) if any(asked.objective) else None
    made = regimes(where, asked.schemes, *axes, asked.comparison, objective)
    against = " and ".join(dict.fromkeys(each.baseline for each in made))
    names = ", ".join(each.scheme for each in made)
    aims = zip(("TPOT", "TTFT"), asked.objective, strict=True)
    within = "".join(
        f", {name} at most {units.format_quantity(aim, 'second')}" for name, aim in aims if aim is not None
    )
    return drawing, drawing.table(made), where, f"{names} against {against}{within}: {where.label}"


def _roofline(asked: Asked):
    from costmodel.analyses.roofline import roofline
    from costmodel.plots import roofline as drawing

    where, point = asked.where(), asked.point()
    return drawing, drawing.table(roofline(where, asked.schemes, *point)), where, _at(where, point)


def _pareto(asked: Asked):
    from costmodel.analyses.pareto import QUALITY, points
    from costmodel.errors import InputError
    from costmodel.facts import quality
    from costmodel.plots import pareto as drawing

    for name in asked.axes:
        if name not in drawing.KNOWN:
            raise UnknownName("quantity", name, drawing.KNOWN)
    if "cost_per_million" in asked.axes and asked.price is None:
        raise InputError("cost_per_million needs --price, what a GPU costs for an hour; no price is known here")
    named = quality.benchmark(asked.benchmark or quality.DEFAULT).id
    where, point = asked.where(), asked.point()
    found = points(where, asked.schemes, *point, asked.price, named if QUALITY in asked.axes else None)
    return drawing, drawing.table(found, asked.axes), where, _at(where, point)


def _breakeven(asked: Asked):
    from costmodel.analyses.breakeven import break_even
    from costmodel.plots import breakeven as drawing

    where, batch = asked.where(), o.parse_axis(asked.batch or "1:256", "--batch")
    longest = None if asked.context is None else o.parse_count(asked.context, "--context")
    found = [row for name in asked.compared() for row in break_even(where, name, batch, longest)]
    return drawing, drawing.table(found), where, f"Break-even of a decode step: {where.label}"


def _waterfall(asked: Asked):
    from costmodel.analyses.explain import explain
    from costmodel.plots import waterfall as drawing

    where, point = asked.where(), asked.point()
    found = [explain(where, name, *point) for name in asked.schemes]
    return drawing, drawing.table(found), where, _at(where, point)


def _memory(asked: Asked):
    from costmodel.analyses.memory import memory
    from costmodel.plots import memory as drawing

    where, point = asked.where(), asked.point()
    return drawing, drawing.table(memory(where, asked.schemes, *point)), where, _at(where, point)


def _over_batches(asked: Asked, drawing):
    from costmodel.analyses.batches import curves

    where, batch = asked.where(), o.parse_axis(asked.batch or "1:1K:60", "--batch")
    context = o.parse_count(asked.context or "16K", "--context")
    words = f"{where.label}; context {context:,.0f}"
    return drawing, drawing.table(curves(where, asked.schemes, batch, context)), where, words


def _throughput(asked: Asked):
    from costmodel.plots import throughput

    return _over_batches(asked, throughput)


def _latency(asked: Asked):
    from costmodel.plots import latency

    return _over_batches(asked, latency)


def _under_load(asked: Asked, drawing):
    from costmodel.analyses.load_curves import curves

    where, flight = asked.where(), o.parse_axis(asked.batch or "1:1K:60", "--batch")
    prompt, generated = (
        o.parse_count(asked.context or "16K", "--context"),
        o.parse_count(asked.generated, "--generated"),
    )
    words = f"{where.label}; prompts of {prompt:,.0f} tokens, outputs of {generated:,.0f}"
    return drawing, drawing.table(curves(where, asked.schemes, flight, prompt, generated)), where, words


def _load(asked: Asked):
    from costmodel.plots import load

    return _under_load(asked, load)


def _first_token(asked: Asked):
    from costmodel.plots import first_token

    return _under_load(asked, first_token)


def _sensitivity(asked: Asked):
    from costmodel.analyses.breakeven import break_even
    from costmodel.analyses.sensitivity import elasticities, tornado
    from costmodel.plots import sensitivity as drawing

    where, (batch, context), scheme = asked.where(), asked.point(), asked.schemes[0]
    if asked.of == "break-even":
        at = break_even(where, scheme, batch)[0]
        found, words = tornado(where, scheme, batch, at.context), f"break-even of {at.scheme} at batch {batch:g}"
    else:
        found = elasticities(where, scheme, batch, context, asked.of)
        words = f"{scheme} at batch {batch:g}, context {context:,.0f}"
    return drawing, drawing.table(found, asked.of), where, f"{words}: {where.label}"


def _layers(asked: Asked):
    from costmodel.analyses.layers import layers
    from costmodel.plots import layers as drawing

    where, point = asked.where(), asked.point()
    return drawing, drawing.table(layers(where, asked.schemes, *point)), where, _at(where, point)


def _parity(asked: Asked):
    from importlib.metadata import entry_points

    from costmodel.errors import InputError
    from costmodel.facts import engines, gpus
    from costmodel.plots import parity as drawing

    gpu = gpus.load(asked.place[2] or "h100-sxm")
    engine = engines.load(asked.place[4] or "vllm", gpu, "server")
    doors = list(entry_points(group="costmodel.doors", name="parity"))
    if not doors:
        raise InputError("parity needs the calibration package beside costmodel and its measurements: "
                        "pip install 'costmodel[measured]'")  # fmt: skip
    frame = drawing.table(doors[0].load()(gpu.id, engine.id))
    return drawing, frame, None, f"{gpu.id} under {engine.id}: predicted against measured, outside the fits"


def _stress(test, asked: Asked):
    from costmodel import stress
    from costmodel.plots import stress as drawing

    where = asked.where()
    found = stress.run_test(
        test, where, asked.schemes, o.parse_axis(asked.over, "--over"), **o.parse_conditions(asked.conditions)
    )
    return drawing.Drawing(test, found.conditions_text), drawing.table(found), where, where.label


def _at(where, point) -> str:
    return f"{where.label}; batch {point[0]:g}, context {point[1]:,.0f}"


STRESS = "stress-"
FIGURES = {
    "regime": _regime,
    "roofline": _roofline,
    "pareto": _pareto,
    "breakeven": _breakeven,
    "waterfall": _waterfall,
    "memory": _memory,
    "sensitivity": _sensitivity,
    "layers": _layers,
    "throughput": _throughput,
    "latency": _latency,
    "load": _load,
    "first-token": _first_token,
    "parity": _parity,
}
DEFAULTS = {"regime": ("fp8",), "sensitivity": ("fp8",), "layers": ("none", "fp8", "h2o", "pyramidkv")}


def names() -> list[str]:
    """Every figure, stress tests last."""
    from costmodel import stress

    return [*FIGURES, *(f"{STRESS}{name}" for name in stress.load_tests())]


def named(name: str) -> Callable[[Asked], tuple]:
    """How the figure of that name is made of what was asked; UnknownName with the nearest ones otherwise."""
    if name in FIGURES:
        return FIGURES[name]
    if name not in names():
        raise UnknownName("figure", name, names())
    from costmodel import stress

    return partial(_stress, stress.load_test(name.removeprefix(STRESS)))


def schemes(name: str) -> tuple[str, ...]:
    """The schemes of a figure where nobody names any."""
    return DEFAULTS.get(name, o.DEFAULT_STRESS_SCHEMES if name.startswith(STRESS) else SCHEMES)
