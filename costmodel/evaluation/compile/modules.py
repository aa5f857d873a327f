"""The text of generated modules: all formulas, the slots of a scheme, the loop over a grid in C.

Each is Python that runs without SymPy. Writing them loads SymPy, so this happens only when the package is built or where a
formula changed or a scheme is somebody's own.
"""

import dataclasses

import sympy as sp

from costmodel.evaluation.compile import numpy_source as source
from costmodel.evaluation.compile import pipeline
from costmodel.evaluation.compile.c_source import GridLoop
from costmodel.evaluation.compile.dependence import axes_by_name
from costmodel.evaluation.compile.graph import fold, node, walk
from costmodel.facts.schemes import SchemeSpec
from costmodel.formulas.dispatch import RULES
from costmodel.formulas.products import PRODUCTS
from costmodel.formulas.terms import TERMS, Term
from costmodel.language.quantity import Coefficient, Constant, Formula, Input, Slot, Total, catalogue, lookup_quantity

NOTE = '"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""\n\n# ruff: noqa\n# fmt: off\n\n'
KINDS = ((Coefficient, "coefficient"), (Input, "input"), (Slot, "slot"), (Constant, "constant"), (Total, "total"))
# What varies along batch and context at once and does not differ by layer: all that a grid may be asked of a step.
LOOP_OUTPUTS = (
    "step_time", "attention_step_time", "codec_step_time", "encode_step_time", "flush_step_time", "hbm_bound_time",
    "sm_bound_time", "conversion_bound_time", "attention_launch_time", "attention_error", "codec_error",
    "token_cost_error", "proxy_kernel_error", "step_spread",
)  # fmt: skip
LOOP_CONDITIONS = {"warm": 0.0}  # a serving step finds L2 cold


def formulas_module() -> str:
    """The module of all formulas, dispatch rules and product shapes."""
    steps = {n: q for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant)}
    parts = [NOTE + source.HEADER, source.table_source("FORMULAS", steps), source.table_source("RULES", RULES)]
    shapes = {f"{name}-{field}": e for name, product in PRODUCTS.items() for field, e in product.fields.items()}
    parts.append(source.table_source("SHAPES", shapes))
    names = ", ".join(repr(name) for name in PRODUCTS)
    fields = '("rows", "columns", "inner", "times", "stored")'
    parts.append(
        f'PRODUCTS = {{name: {{field: SHAPES[f"{{name}}-{{field}}"] for field in {fields}}} for name in ({names})}}\n'
    )
    parts.append(f"TERMS = (\n{''.join(f'    {_term_entry(term)!r},{chr(10)}' for term in TERMS)})\n")
    return "\n\n".join(parts)


def recompiled_formulas_module() -> str:
    """The same with the vocabulary beside it, for a run whose formulas are newer than the package's generated files."""
    return f"{formulas_module()}\n\nVOCABULARY = {vocabulary_entries()!r}\n"


def _term_entry(term: Term) -> dict:
    """What a run without SymPy knows of a binding term."""
    entry = {name: getattr(term, name) for name in ("name", "letter", "colour", "meaning", "decided_by")}
    return entry | {"quantities": tuple(quantity.name for quantity in term.quantities)}


def slots_source(title: str, spec: SchemeSpec) -> tuple[str, str]:
    """Functions of one scheme's slots under a table ``title``, and its native KV type."""
    redefined, native = pipeline.slots(spec)
    steps = {slot.name: sp.sympify(definition) for slot, definition in redefined.items()}
    return source.table_source(title, steps), pipeline.native_type(native)


def scheme_module(spec: SchemeSpec) -> str:
    """The module of one composed or user-written scheme, with its fields and their bounds, to be checked over a range."""
    body, native = slots_source("SLOTS", spec)
    bounded = pipeline.bounded_fields(spec)
    fields = source.table_source("FIELDS", {key: expression for key, (expression, _) in bounded.items()})
    bounds = {key: dataclasses.astuple(bounds) for key, (_, bounds) in bounded.items()}
    return f"{NOTE}{source.HEADER}\n\n{body}\n\nNATIVE = {native!r}\n\n{fields}\n\nBOUNDS = {bounds!r}\n"


def loop_module() -> str:
    """The module that holds the C of a decode step over a grid, and the names that it reads and writes."""
    axes = axes_by_name(_reads(), vocabulary_entries())
    slots = [quantity for quantity in catalogue.values() if isinstance(quantity, Slot)]
    nodes = fold(walk([lookup_quantity(name) for name in LOOP_OUTPUTS], supplied=slots), LOOP_CONDITIONS)
    loop = GridLoop(nodes, axes, LOOP_OUTPUTS)
    order = {name: tuple(sorted(axes[name])) for name in loop.inputs}
    parts = [f"INPUTS = {{\n{''.join(f'    {name!r}: {of!r},{chr(10)}' for name, of in order.items())}}}\n"]
    parts.append(f"OUTPUTS = {LOOP_OUTPUTS!r}\n\nCONDITIONS = {LOOP_CONDITIONS!r}\n\nSCRATCH = {loop.scratch()!r}\n")
    return NOTE + "\n".join([*parts, f'SOURCE = r"""{loop.source}"""\n'])


def vocabulary_entries() -> dict[str, dict]:
    """Every quantity as data: unit, LaTeX, meaning, kind, table, law."""
    entries = {}
    for name, quantity in catalogue.items():
        kind = next((word for cls, word in KINDS if isinstance(quantity, cls)), "formula")
        entries[name] = {"unit": quantity.unit, "tex": quantity.tex, "meaning": quantity.meaning, "kind": kind}
        if isinstance(quantity, Input):
            entries[name]["table"] = quantity.table
            if quantity.default:
                entries[name]["default"] = quantity.default
        if isinstance(quantity, Coefficient):
            entries[name]["law"] = quantity.law
    return entries


def _reads() -> dict[str, tuple]:
    formulas = {n: q for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant)}
    return {name: (step.reads, step.over) for name, step in ((n, node(n, q)) for n, q in formulas.items())}
