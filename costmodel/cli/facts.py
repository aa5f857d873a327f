"""``costmodel models | gpus | engines``: what the project knows, and where from."""

from typing import Annotated

import typer

from costmodel.cli import options as o

Name = Annotated[str | None, typer.Argument(help="One of them, in full.")]


def models(name: Name = None, json: o.Json = False) -> None:
    """List models, or show one.

    Example: costmodel models llama-70b
    """
    from costmodel.facts import models as facts

    def row(identifier):
        made = facts.load(identifier)
        kinds = ", ".join(f"{g['layer_count']:.0f} {g['mixer']}" for g in made.groups)
        return identifier, made.name, f"{made.parameters / 1e9:,.1f}", f"{made.max_context:,.0f}", kinds, made.status

    _list("models", name, json, ("id", "name", ">10⁹ parameters", ">context", "layers", "status"), row)


def gpus(name: Name = None, json: o.Json = False) -> None:
    """List GPUs, or show one.

    Example: costmodel gpus h100-sxm
    """
    from costmodel.facts import gpus as facts
    from costmodel.facts import profiles, store
    from costmodel.language.units import format_quantity

    def row(identifier):
        made = facts.load(identifier)
        n = made.numbers
        measured = sorted({p.split("--")[1] for p in store.files("profiles") if p.startswith(f"{identifier}--")})
        found = ", ".join(measured) or (
            "inherited" if profiles.select_profile(made, "vllm").calibrated else "uncalibrated"
        )
        memory, band = format_quantity(n["memory"], "byte"), format_quantity(n["hbm_bandwidth"], "byte/second")
        return (
            identifier,
            made.architecture,
            memory,
            band,
            f"{n['sms']:.0f}",
            format_quantity(n["peak_16bit"], "flop/second"),
            found,
        )

    _list("gpus", name, json, ("id", "architecture", ">memory", ">bandwidth", ">SMs", ">16-bit peak", "profiles"), row)


def engines(name: Name = None, json: o.Json = False) -> None:
    """List engines with their defaults, or show one.

    Example: costmodel engines vllm
    """
    from costmodel.facts import engines as facts
    from costmodel.facts import gpus as devices

    def row(identifier):
        n = facts.load(identifier, devices.load("h100-sxm")).numbers
        share = f"{n['memory_fraction']:g} of {'free' if n['fraction_of_free'] else 'all'}"
        return (
            identifier,
            f"{n['block_size']:.0f}",
            share,
            f"{n['max_sequences']:.0f}",
            f"{n['max_batched_tokens']:.0f}",
        )

    _list("engines", name, json, ("id", ">block", "memory", ">sequences", ">tokens a pass"), row)


def _list(kind, name, json, heads, row) -> None:
    from costmodel.cli import show
    from costmodel.facts import store

    if name is not None:
        identifier = store.resolve(kind, name)
        if json:
            show.print_json(
                {"id": identifier}
                | store.read_fact_file(kind, identifier)
                | {"read": str(store.read_fact_file(kind, identifier).get("read"))}
            )
            return
        show.print_line(f"# {identifier}" + (f" (asked for as {name})" if store.normal(name) != identifier else ""))
        show.print_line(store.files(kind)[identifier].read_text(encoding="utf-8").rstrip())
        return
    rows = [row(identifier) for identifier in store.files(kind)]
    if json:
        show.print_json([dict(zip((h.lstrip(">") for h in heads), r, strict=True)) for r in rows])
        return
    show.print_table("", heads, rows)
