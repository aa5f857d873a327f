"""The formulas behind a quantity as a paper prints them: an align block and a nomenclature of every symbol in it.

Nothing is typed twice: name, LaTeX, meaning and unit are those of the catalogue, definitions those that are evaluated.
"""

from dataclasses import dataclass

from costmodel.errors import UnknownName
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.evaluators import build_evaluator


@dataclass(frozen=True)
class Equations:
    """Lines (LaTeX of name, LaTeX of definition) and the symbols that occur in them."""

    lines: tuple[tuple[str, str, str], ...]
    symbols: tuple

    def latex(self) -> str:
        """``align`` block and ``tabular`` of the symbols (packages amsmath, booktabs)."""
        from costmodel.language.tex import nomenclature

        body = " \\\\\n".join(f"{left} &= {right}" for _, left, right in self.lines)
        return f"\\begin{{align}}\n{body}\n\\end{{align}}\n\n{nomenclature(self.symbols)}"

    def as_dict(self) -> dict:
        """Name, LaTeX and definition of every line; symbol, meaning and unit of every symbol."""
        return {
            "equations": [dict(zip(("name", "symbol", "definition"), line, strict=True)) for line in self.lines],
            "symbols": [{"name": s.name, "symbol": s.tex, "meaning": s.meaning, "unit": s.unit} for s in self.symbols],
        }


def build_equations(targets: list[str], scheme: str | None = None, whole_chain: bool = False) -> Equations:
    """The equations of the targets (with ``whole_chain`` also of all that they depend on), and what a scheme redefines.

    Raises UnknownName for a quantity that is no formula.
    """
    from costmodel.evaluation.compile import pipeline
    from costmodel.facts.schemes import parse_scheme
    from costmodel.language.literal_units import restore_units
    from costmodel.language.quantity import Constant, Formula, catalogue, chain
    from costmodel.language.tex import tex

    formulas = {n: q for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant)}
    for name in targets:
        if name not in formulas:
            raise UnknownName("formula", name, formulas)
    redefined = {}
    if scheme:
        slots = pipeline.slots(parse_scheme(scheme))[0]
        redefined = {slot: restore_units(definition, slot.unit) for slot, definition in slots.items()}
    selected = [formulas[name] for name in targets]
    steps = chain(selected, redefined) if whole_chain else {f: redefined.get(f, f.definition) for f in selected}
    steps = {**{slot: expression for slot, expression in redefined.items()}, **steps}
    lines = tuple((f.name, f.tex, tex(definition)) for f, definition in steps.items())
    used = set(steps).union(*(definition.free_symbols for definition in steps.values()))
    used_quantities = [q for q in catalogue.values() if q in used and not isinstance(q, Constant)]
    knobs = sorted((q for q in used if q.name not in catalogue), key=str)
    return Equations(lines, tuple(used_quantities + knobs))


@dataclass(frozen=True)
class EvaluatedEquation:
    """One formula at one point: LaTeX of name and definition, the same with numbers substituted, and its value in ``unit``."""

    name: str
    symbol: str
    definition: str
    numbers: str
    value: float
    unit: str
    meaning: str


STEP = (
    "step_time",
    "attention_time",
    "attention_floor",
    "attention_memory_time",
    "multiprocessor_time",
    "attention_traffic",
)


def evaluate_equations(deployment, scheme: str, batch: float, context: float, targets=STEP) -> list[EvaluatedEquation]:
    """Formulas of one decode step with numbers substituted, for the kind of layer that attends most.

    A formula of the matrix products, of which there are many a layer, is left out. Raises UnknownName for no such quantity.
    """
    from costmodel.evaluation.compile import compiled, pipeline
    from costmodel.language.literal_units import restore_units
    from costmodel.language.quantity import Constant, Formula, lookup_quantity
    from costmodel.language.tex import Number, tex

    loaded = compiled.load_scheme(scheme)
    step = build_evaluator(deployment, loaded, float(batch), float(context), prompt=float(context))
    group = int((step["layer_count"] * step["attends"]).argmax())
    slots = pipeline.slots(loaded.spec)[0]
    redefined = {slot.name: restore_units(definition, slot.unit) for slot, definition in slots.items()}
    equations = []
    for name in targets:
        quantity = lookup_quantity(name)
        value = _value_in_group(step, name, group)
        if value is None or not isinstance(quantity, Formula):
            continue
        definition = redefined.get(name, quantity.definition)
        symbols = {
            s: _value_in_group(step, s.name, group) for s in definition.free_symbols if not isinstance(s, Constant)
        }
        shown = {s: Number(s.name, _number(amount, s.unit)) for s, amount in symbols.items() if amount is not None}
        substituted = f"{quantity.tex} = {tex(definition.xreplace(shown), dots=True)} = {_number(value, quantity.unit)}"
        equations.append(
            EvaluatedEquation(name, quantity.tex, tex(definition), substituted, value, quantity.unit, quantity.meaning)
        )
    return equations


def evaluate_quantities(
    deployment, scheme: str, batch: float, context: float, names
) -> dict[str, tuple[float, object]]:
    """Value (SI units) and origin of each quantity at ``batch`` sequences of ``context`` tokens, in the layers that attend most.

    Quantities without a single value there (unknown names, those of the matrix products) are left out.
    """
    from costmodel.evaluation.compile import compiled
    from costmodel.facts.provenance import origin

    loaded = compiled.load_scheme(scheme)
    step = build_evaluator(deployment, loaded, float(batch), float(context), prompt=float(context))
    label = assemble(deployment, loaded).attention[0].label
    group = int((step["layer_count"] * step["attends"]).argmax())
    quantities = {name: _value_in_group(step, name, group) for name in names}
    return {name: (value, origin(deployment, name, label)) for name, value in quantities.items() if value is not None}


def _value_in_group(step, name: str, group: int) -> float | None:
    """A quantity in one kind of layer; None where it varies over the matrix products or cannot be computed here."""
    import numpy as np

    try:
        value = np.asarray(step[name])
    except UnknownName:
        return None
    if value.ndim >= 2 and value.shape[-1] > 1:
        return None
    wide = np.atleast_2d(value)
    return float(wide.reshape(-1, wide.shape[-2], 1)[0, min(group, wide.shape[-2] - 1), 0])


def _number(value: float, unit: str) -> str:
    """A number as LaTeX, its unit upright; counts go without."""
    import math

    from costmodel.language import units

    if not math.isfinite(value):
        return r"\infty" if value > 0 else r"-\infty"
    if unit in ("byte", "byte/second", "second", "flop/second", "1/second") and value:
        number, _, name = units.format_quantity(value, unit).partition(" ")
        return rf"{number}\,\mathrm{{{name.replace('µ', chr(92) + 'mu ')}}}"
    if value and not 1e-3 <= abs(value) < 1e7:
        number, power = f"{value:.3e}".split("e")
        return rf"{float(number):g}\cdot 10^{{{int(power)}}}"
    return f"{value:,.0f}".replace(",", r"\,") if abs(value) >= 1000 else f"{value:.4g}"
