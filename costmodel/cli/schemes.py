"""``costmodel schemes``: the catalogue of compression schemes, or one of them with what it changes."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    name: Annotated[str | None, typer.Argument(help="One scheme, in full.")] = None,
    json: o.Json = False,
) -> None:
    """List schemes, or show one: its summary, knobs, the slots that it redefines, and its life cycle.

    Example: costmodel schemes kivi-2bit
    """
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.facts import store

    if name is None:
        files = {identifier: store.read_fact_file("schemes", identifier) for identifier in store.files("schemes")}
        rows = [(identifier, facts["name"], facts.get("idea", "")) for identifier, facts in files.items()]
        if json:
            terminal.print_json([dict(zip(("id", "name", "idea"), row, strict=True)) for row in rows])
            return
        note = "Compose with +, set knobs in brackets: h2o[budget=1024] + fp8"
        terminal.print_table("", ("id", "name", "idea"), rows, note)
        return
    scheme = load_scheme(name)
    if json:
        terminal.print_json({
            "id": scheme.id, "baseline": scheme.baseline, "parts": [_part_as_json(part) for part in scheme.spec.parts],
            "changes": sorted(scheme.slots), "lifecycle": scheme.spec.lifecycle, "remarks": scheme.spec.remarks,
        })  # fmt: skip
        return
    _print(scheme)


def _part_as_json(part) -> dict:
    """The keys of the scheme file, with the knobs' values for their declarations."""
    return {"id": part.id} | {key: value for key, value in part.facts.items() if key != "read"} | {"knobs": part.knobs}


def _print(scheme) -> None:
    from costmodel.cli import terminal
    from costmodel.facts.lifecycle import PROPERTIES, describe
    from costmodel.facts.vocabulary import vocabulary

    terminal.print_line(f"{scheme.id}: {scheme.name}\ncompared with: {scheme.baseline}")
    for part in scheme.spec.parts:
        facts = part.facts
        terminal.print_line(f"\n{facts.get('idea', '')}\nSource: {facts['source']} ({facts.get('status', 'read')})")
        for note in facts.get("notes", []):
            terminal.print_line(f"Note: {note}")
        rows = [
            (knob, f"{part.knobs[knob]:g} {table.get('unit', '')}".strip(), table["meaning"])
            for knob, table in facts.get("knobs", {}).items()
        ]
        if rows:
            terminal.print_table("\nKnobs", ("knob", ">value", "meaning"), rows)
    if scheme.spec.remarks:
        terminal.print_line()
        terminal.print_remarks([scheme.spec])
    rows = [
        (name.replace("_", " "), describe(name, value), PROPERTIES[name].meaning)
        for name, value in scheme.spec.lifecycle.items()
    ]
    terminal.print_table("\nLife cycle, as the mechanisms imply it", ("property", "value", "meaning"), rows)
    meanings = vocabulary()
    rows = [(slot, meanings[slot]["unit"] or "1", meanings[slot]["meaning"]) for slot in sorted(scheme.slots)]
    terminal.print_table("\nRedefines (costmodel tex --scheme shows how)", ("slot", "unit", "meaning"), rows)
