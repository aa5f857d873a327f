"""``costmodel schemes``: the catalogue of compression schemes, or one of them with what it changes."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    name: Annotated[str | None, typer.Argument(help="One scheme, in full.")] = None,
    json: o.Json = False,
) -> None:
    """List schemes, or show one: its idea, knobs, the slots it redefines, and its life cycle.

    Example: costmodel schemes kivi-2bit
    """
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.facts import store

    if name is None:
        rows = [
            (i, store.read_fact_file("schemes", i)["name"], store.read_fact_file("schemes", i).get("idea", ""))
            for i in store.files("schemes")
        ]
        if json:
            terminal.print_json([dict(zip(("id", "name", "idea"), row, strict=True)) for row in rows])
        else:
            terminal.print_table(
                "", ("id", "name", "idea"), rows, "Compose with +, set knobs in brackets: h2o[budget=1024] + fp8"
            )
        return
    made = load_scheme(name)
    if json:
        facts = [
            {"id": p.id, "knobs": p.knobs} | {k: v for k, v in p.facts.items() if k != "read"} | {"knobs": p.knobs}
            for p in made.spec.parts
        ]
        terminal.print_json({"id": made.id, "baseline": made.baseline, "parts": facts, "changes": sorted(made.slots)})
        return
    _print(made)


def _print(made) -> None:
    from costmodel.cli import terminal
    from costmodel.facts.vocabulary import vocabulary

    terminal.print_line(f"{made.id}: {made.name}\nheld against: {made.baseline}")
    for part in made.spec.parts:
        terminal.print_line(
            f"\n{part.facts.get('idea', '')}\nSource: {part.facts['source']} ({part.facts.get('status', 'read')})"
        )
        for note in part.facts.get("notes", []):
            terminal.print_line(f"Note: {note}")
        knobs = part.facts.get("knobs", {})
        rows = [(k, f"{part.knobs[k]:g} {t.get('unit', '')}".strip(), t["meaning"]) for k, t in knobs.items()]
        if rows:
            terminal.print_table("\nKnobs", ("knob", ">value", "meaning"), rows)
        if cycle := part.facts.get("lifecycle"):
            terminal.print_table("\nLife cycle", ("", ""), [(k.replace("_", " "), v) for k, v in cycle.items()])
    meanings = vocabulary()
    rows = [(slot, meanings[slot]["unit"] or "1", meanings[slot]["meaning"]) for slot in sorted(made.slots)]
    terminal.print_table("\nRedefines (costmodel tex --scheme shows how)", ("slot", "unit", "meaning"), rows)
