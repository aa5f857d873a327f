"""Write what the package ships so that a run needs neither SymPy nor pint: ``python -m costmodel.evaluation.compile.generate``.

Generated code of all formulas and schemes, the vocabulary as data, and the parsed quantities of every fact file. A test
regenerates all of it in memory and holds it against the files.
"""

import json
from pathlib import Path

import sympy as sp

from costmodel.evaluation.compile import compiled, pipeline
from costmodel.evaluation.compile import numpy_source as source
from costmodel.facts import store
from costmodel.facts.schemes import SchemeSpec, parse_scheme
from costmodel.formulas.dispatch import RULES
from costmodel.formulas.products import PRODUCTS
from costmodel.language import units
from costmodel.language.quantity import Coefficient, Constant, Formula, Input, Slot, Total, catalogue

GENERATED = Path(__file__).parent / "generated"
NOTE = '"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""\n\n# ruff: noqa\n# fmt: off\n\n'


def law_source() -> str:
    """The module of all formulas, dispatch rules and product shapes."""
    steps = {n: q for n, q in catalogue.items() if isinstance(q, Formula) and not isinstance(q, Constant)}
    parts = [NOTE + source.HEADER, f'FINGERPRINT = "{compiled.fingerprint()}"\n', source.table_source("LAW", steps)]
    parts.append(source.table_source("RULES", RULES))
    shapes = {f"{name}-{field}": e for name, product in PRODUCTS.items() for field, e in product.fields.items()}
    parts.append(source.table_source("SHAPES", shapes))
    names = ", ".join(repr(name) for name in PRODUCTS)
    fields = '("rows", "columns", "inner", "times", "stored")'
    parts.append(
        f'PRODUCTS = {{name: {{field: SHAPES[f"{{name}}-{{field}}"] for field in {fields}}} for name in ({names})}}\n'
    )
    return "\n\n".join(parts)


def scheme_source(title: str, sentence: SchemeSpec) -> tuple[str, str]:
    """Functions of one scheme's slots under a table ``title``, and its native KV type."""
    redefined, native = pipeline.slots(sentence)
    steps = {slot.name: sp.sympify(definition) for slot, definition in redefined.items()}
    return source.table_source(title, steps), pipeline.native_type(native)


def scheme_module(sentence: SchemeSpec) -> str:
    """The module of one composed or user-written scheme."""
    body, native = scheme_source("SLOTS", sentence)
    return NOTE + source.HEADER + "\n\n" + body + f"\n\nNATIVE = {native!r}\n"


def schemes_source() -> str:
    """The module of all shipped schemes."""
    bodies, natives, digests = [], {}, {}
    shipped = sorted(path.stem for path in (store.PACKAGE / "schemes").glob("*.toml"))
    for identifier in shipped:
        sentence = parse_scheme(identifier)
        body, natives[identifier] = scheme_source(f"S_{identifier.replace('-', '_')}", sentence)
        digests[identifier] = compiled.mechanisms_digest(sentence.parts[0].facts)
        bodies.append(body)
    table = "".join(f"    {i!r}: S_{i.replace('-', '_')},\n" for i in shipped)
    tail = f"SLOTS = {{\n{table}}}\n\nNATIVE = {natives!r}\n\nDIGESTS = {digests!r}\n"
    head = NOTE + source.HEADER + f'\nFINGERPRINT = "{compiled.fingerprint()}"\n'
    return "\n\n".join([head, *bodies, tail])


def vocabulary_text() -> str:
    """Every quantity as data: unit, LaTeX, meaning, kind, table."""
    kinds = ((Coefficient, "coefficient"), (Input, "input"), (Slot, "slot"), (Constant, "constant"), (Total, "total"))
    entries = {}
    for name, q in catalogue.items():
        kind = next((word for cls, word in kinds if isinstance(q, cls)), "formula")
        entries[name] = {"unit": q.unit, "tex": q.tex, "meaning": q.meaning, "kind": kind}
        if isinstance(q, Input):
            entries[name]["table"] = q.table
        if isinstance(q, Coefficient):
            entries[name]["law"] = q.law
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def quantities_text() -> str:
    """What pint makes of every quantity that a shipped fact file states."""
    recorded: dict[str, float] = {}
    read, memo = units.parse_quantity, units._memo

    def recording(value, unit):
        number = read(value, unit)
        if isinstance(value, str):
            recorded[f"{value} | {unit}"] = number
        return number

    units.parse_quantity, units._memo = recording, lambda: {}
    try:
        _read_everything()
    finally:
        units.parse_quantity, units._memo = read, memo
    return json.dumps(dict(sorted(recorded.items())), indent=0, ensure_ascii=False) + "\n"


def _read_everything() -> None:
    """Every fact file once, past whatever is cached."""
    from costmodel.facts import engines, gpus, models, profiles

    profiles.clear_caches()
    for identifier in store.files("gpus"):
        gpus.load(identifier)
        for engine in store.files("engines"):
            engines.load(engine, gpus.load(identifier))
    for identifier in store.files("models"):
        models.load(identifier)
    for identifier in store.files("schemes"):
        parse_scheme(identifier)
    for identifier in store.files("profiles"):
        profile = profiles.load_profile(identifier)
        for file in filter(None, (profile.file, profile.prefill_file, profile.latent_file)):
            for fit in file.fits():
                for _, _, table in profiles.coefficient_tables(fit):
                    dict(table)


def outputs() -> dict[Path, str]:
    """Every generated file and its text."""
    vocabulary = {compiled.ROOT / "language" / "vocabulary.json": vocabulary_text()}
    return vocabulary | {
        units.MEMO: quantities_text(),
        GENERATED / "law.py": law_source(),
        GENERATED / "schemes.py": schemes_source(),
    }


if __name__ == "__main__":
    from costmodel.facts.vocabulary import FILE

    FILE.write_text(vocabulary_text(), encoding="utf-8")
    for path, text in outputs().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(compiled.ROOT.parent)} ({len(text):,} characters)")
