"""The formulas behind a quantity as a paper prints them: an align block and a nomenclature of every symbol in it.

Nothing is typed twice: name, LaTeX, meaning and unit are those of the catalogue, definitions those that are evaluated.
"""

from dataclasses import dataclass

from costmodel.errors import UnknownName


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


def of(targets: list[str], scheme: str | None = None, whole_chain: bool = False) -> Equations:
    """The equations of the targets (and of all that they stand on), and what a scheme redefines.

    Raises UnknownName for a quantity that is no formula.
    """
    from costmodel.evaluation import pipeline
    from costmodel.facts.schemes import parse
    from costmodel.language.quantity import Constant, Formula, catalogue, chain
    from costmodel.language.tex import tex

    formulas = {n: q for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant)}
    for name in targets:
        if name not in formulas:
            raise UnknownName("formula", name, formulas)
    redefined = pipeline.slots(parse(scheme))[0] if scheme else {}
    wanted = [formulas[name] for name in targets]
    steps = chain(wanted, redefined) if whole_chain else {f: redefined.get(f, f.definition) for f in wanted}
    steps = {**{slot: expression for slot, expression in redefined.items()}, **steps}
    lines = tuple((f.name, f.tex, tex(definition)) for f, definition in steps.items())
    used = set(steps).union(*(definition.free_symbols for definition in steps.values()))
    known = [q for q in catalogue.values() if q in used and not isinstance(q, Constant)]
    knobs = sorted((q for q in used if q.name not in catalogue), key=str)
    return Equations(lines, tuple(known + knobs))
