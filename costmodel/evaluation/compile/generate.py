"""Write what the package ships so that a run needs neither SymPy nor pint: ``python -m costmodel.evaluation.compile.generate``.

Generated code of all formulas and schemes, the vocabulary as data, and the parsed quantities of every fact file. A test
regenerates all of it in memory and holds it against the files.
"""

import dataclasses
import json
from pathlib import Path

from costmodel import files
from costmodel.evaluation.compile import modules
from costmodel.evaluation.compile import numpy_source as source
from costmodel.evaluation.compile.sources import ROOT, mechanisms_digest, source_digests
from costmodel.facts import field_bounds, store, vocabulary
from costmodel.facts.schemes import parse_scheme
from costmodel.language import units
from costmodel.language.bounds import Bounds
from costmodel.mechanisms import Mechanism, load_mechanisms

DEFAULT = dataclasses.asdict(Bounds(""))
GENERATED = Path(__file__).parent / "generated"


def schemes_source() -> str:
    """The module of all shipped schemes."""
    bodies, natives, digests = [], {}, {}
    shipped = sorted(path.stem for path in (store.PACKAGE / "schemes").glob("*.toml"))
    for identifier in shipped:
        spec = parse_scheme(identifier)
        body, natives[identifier] = modules.slots_source(f"S_{identifier.replace('-', '_')}", spec)
        digests[identifier] = mechanisms_digest(spec.parts[0].facts)
        bodies.append(body)
    table = "".join(f"    {i!r}: S_{i.replace('-', '_')},\n" for i in shipped)
    tail = f"SLOTS = {{\n{table}}}\n\nNATIVE = {natives!r}\n\nDIGESTS = {digests!r}\n"
    return "\n\n".join([modules.NOTE + source.HEADER, *bodies, tail])


def vocabulary_text() -> str:
    """Every quantity as data."""
    return json.dumps(modules.vocabulary_entries(), indent=1, ensure_ascii=False) + "\n"


def fields_text() -> str:
    """The bounds of every field of every mechanism, as reading a scheme file checks them."""
    kinds = {kind: _bounds_entries(mechanism) for kind, mechanism in sorted(load_mechanisms().items())}
    return json.dumps(kinds, indent=1) + "\n"


def _bounds_entries(mechanism: Mechanism) -> dict[str, dict]:
    entries = {}
    for name, field in mechanism.listed_fields.items():
        if field.unit is not None:
            stated = dataclasses.asdict(field.bounds)
            entries[name] = {key: value for key, value in stated.items() if key == "unit" or value != DEFAULT[key]}
    return entries


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
    from costmodel.facts import engines, gpus, links, models, profiles
    from costmodel.facts.vocabulary import number, schema

    profiles.clear_caches()
    for identifier in store.files("gpus"):
        gpus.load(identifier)
        for engine in store.files("engines"):
            engines.load(engine, gpus.load(identifier))
    for engine in store.files("engines"):
        for override in store.read_fact_file("engines", engine).get("override", []):  # of every version
            for key, unit in schema("engine").items():
                number(override, key, unit, engine, default=0.0)
    for identifier in store.files("links"):
        links.load(identifier)
    for identifier in store.files("models"):
        _ = models.load(identifier).rotary_table
    for identifier in store.files("schemes"):
        parse_scheme(identifier)
    for file in _profile_files():
        for fit in file.fits():
            for _, _, table in profiles.coefficient_tables(fit):
                dict(table)


def _profile_files():
    """Every profile file: of GPUs under engines, of prompts, of latents, of implementations."""
    from costmodel.facts import profiles

    for identifier in store.files("profiles"):
        profile = profiles.load_profile(identifier)
        yield from filter(None, (profile.file, profile.prefill_file, profile.latent_file, profile.grouped_file))
    for identifier in profiles.identifiers("implementation"):
        yield profiles.read_profile_file(identifier, "implementation")


def sources_text() -> str:
    """The digests of all sources, a line a file."""
    lines = "".join(f"    {path!r}: {digest!r},\n" for path, digest in source_digests().items())
    return f"{modules.NOTE}DIGESTS = {{\n{lines}}}\n"


def outputs() -> dict[Path, str]:
    """Every generated file and its text."""
    return {
        vocabulary.FILE: vocabulary_text(),
        field_bounds.FILE: fields_text(),
        units.MEMO: quantities_text(),
        GENERATED / "formulas.py": modules.formulas_module(),
        GENERATED / "grid_loop.py": modules.loop_module(),
        GENERATED / "schemes.py": schemes_source(),
        GENERATED / "sources.py": sources_text(),
    }


if __name__ == "__main__":
    files.write_text(vocabulary.FILE, vocabulary_text())
    files.write_text(field_bounds.FILE, fields_text())
    for path, text in outputs().items():
        files.write_text(path, text)
        print(f"wrote {path.relative_to(ROOT.parent)} ({len(text):,} characters)")
