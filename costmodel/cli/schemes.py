"""``costmodel schemes``: the catalogue of compression schemes, or one of them with what it changes."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.errors import InputError
from costmodel.text.counted import counted

REFERENCE = ("llama-3.1-8b", "h100-sxm")  # where predicates that are numbers are taken
UNSTATED = "unstated"


def command(
    name: Annotated[str | None, typer.Argument(help="One scheme, in full.")] = None,
    mechanisms: Annotated[
        bool,
        typer.Option(
            "--mechanisms", help="List the kinds of mechanism that a scheme file may name, with their fields."
        ),
    ] = False,
    json: o.Json = False,
) -> None:
    """List schemes, or show one: its summary, knobs, the slots that it redefines, and its life cycle.

    Example: costmodel schemes kivi-2bit
    """
    from costmodel.analyses.availability import implementations_of
    from costmodel.analyses.predicates import predicates
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.facts import store

    if mechanisms:
        if name is not None:
            raise InputError(f"expected a scheme or --mechanisms, got both: {name} and --mechanisms")
        _print_mechanisms(json)
        return
    if name is None:
        files = {identifier: store.read_fact_file("schemes", identifier) for identifier in store.files("schemes")}
        rows = [
            (identifier, facts["name"], facts.get("status", UNSTATED), facts.get("idea", ""))
            for identifier, facts in files.items()
        ]
        if json:
            terminal.print_json([dict(zip(("id", "name", "status", "idea"), row, strict=True)) for row in rows])
            return
        note = (
            "Compose with +, set knobs in brackets: h2o[budget=1024] + fp8\n"
            "Status: read in code or paper; recalled, some of it unverified; assumed; unstated where the file does not say."
        )
        terminal.print_table("", ("id", "name", "status", "idea"), rows, note, is_list=True)
        return
    scheme = load_scheme(name)
    if json:
        terminal.print_json({
            "id": scheme.id, "baseline": scheme.baseline, "parts": [_part_as_json(part) for part in scheme.spec.parts],
            "changes": sorted(scheme.slots), "lifecycle": scheme.spec.lifecycle, "remarks": scheme.spec.remarks,
            "predicates": [_predicate_as_json(one) for one in predicates(scheme, _deployment())],
            "conflicts": [{"rule": one.rule, "text": one.text} for one in scheme.spec.conflicts(_block_size())],
            "implementations": [_implementation_as_json(one) for one in implementations_of(scheme)],
        })  # fmt: skip
        return
    _print(scheme)


def _deployment():
    from costmodel.evaluation.assemble.deployments import resolve_deployment

    return resolve_deployment(*REFERENCE, ranks=1, engine="vllm")


def _block_size() -> float:
    return _deployment().engine.numbers["block_size"]


def _predicate_as_json(predicate) -> dict:
    return {"name": predicate.name, "value": predicate.value, "text": predicate.text, "reason": predicate.reason}


def _print_mechanisms(json: bool) -> None:
    """One row for every field of every kind of mechanism."""
    import costmodel.formulas  # noqa: F401 - defines the slots that redefine lists
    from costmodel.cli import terminal
    from costmodel.mechanisms import load_mechanisms

    listed = [
        (kind, name, field)
        for kind, mechanism in load_mechanisms().items()
        for name, field in mechanism.listed_fields.items()
    ]
    if json:
        terminal.print_json([{
            "kind": kind, "field": name, "unit": field.unit, "default": field.default, "required": field.required,
            "choices": field.choices, "meaning": field.meaning,
        } for kind, name, field in listed])  # fmt: skip
        return
    rows = [
        (kind, name, "choice" if field.unit is None else field.unit or "1", _format_default(field),
         f"{field.meaning}: {', '.join(field.choices)}" if field.choices else field.meaning)
        for kind, name, field in listed
    ]  # fmt: skip
    note = "Default –: nothing is changed, or as the meaning says. Fields take quantities, or arithmetic over knobs."
    terminal.print_table("", ("kind", "field", "unit", "default", "meaning"), rows, note, is_list=True)


def _format_default(field) -> str:
    if field.required:
        return "required"
    if isinstance(field.default, list):
        return ", ".join(map(str, field.default))
    return "–" if field.default is None else str(field.default)


def _part_as_json(part) -> dict:
    """The keys of the scheme file, with the knobs' values for their declarations."""
    return {"id": part.id} | {key: value for key, value in part.facts.items() if key != "read"} | {"knobs": part.knobs}


def _implementation_as_json(implementation) -> dict:
    return {
        "id": implementation.id, "engine": implementation.engine, "versions": implementation.versions,
        "flag": implementation.flag, "status": implementation.status, "architectures": implementation.architectures,
        "kernel": implementation.kernel, "prefill_kernel": implementation.prefill_kernel,
    }  # fmt: skip


def _print_implementations(scheme) -> None:
    """Where the scheme runs, and with which flag."""
    from costmodel.analyses.availability import NOWHERE, implementations_of
    from costmodel.cli import terminal

    rows = [
        (one.id, one.status, one.versions or "–", ", ".join(one.architectures), one.flag or "–")
        for one in implementations_of(scheme)
    ]
    if not rows:
        terminal.print_line(f"\nWhere it runs: {NOWHERE}.")
        return
    heads = ("implementation", "status", "versions", "architectures", "flag")
    terminal.print_table("\nWhere it runs (costmodel implementations ID shows kernels and sources)", heads, rows)


def _print(scheme) -> None:
    from costmodel.analyses.predicates import predicates
    from costmodel.cli import terminal
    from costmodel.facts.vocabulary import vocabulary

    terminal.print_line(f"{scheme.id}: {scheme.name}\ncompared with: {scheme.baseline}")
    for part in scheme.spec.parts:
        facts = part.facts
        terminal.print_line(f"\n{facts.get('idea', '')}\nSource: {facts['source']} ({facts.get('status', UNSTATED)})")
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
    _print_implementations(scheme)
    deployment = _deployment()
    rows = [(one.meaning, one.text, one.reason) for one in predicates(scheme, deployment)]
    title = f"\nLife cycle, as the mechanisms imply it; numbers on {deployment.label}"
    terminal.print_table(title, ("question", "answer", "why"), rows)
    if conflicts := scheme.spec.conflicts(_block_size()):
        terminal.print_table(
            f"\nWhat an implementation must solve, under blocks of {counted(_block_size(), 'token')}",
            ("conflict", "what it means"),
            [(one.rule, one.text) for one in conflicts],
        )
    meanings = vocabulary()
    rows = [(slot, meanings[slot]["unit"] or "1", meanings[slot]["meaning"]) for slot in sorted(scheme.slots)]
    terminal.print_table("\nRedefines (costmodel tex --scheme shows how)", ("slot", "unit", "meaning"), rows)
