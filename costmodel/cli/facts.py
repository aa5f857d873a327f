"""``costmodel models | gpus | engines | implementations``: the fact files, and their sources."""

from typing import Annotated

import typer

from costmodel.cli import options as o

Name = Annotated[str | None, typer.Argument(help="Id or alias of one, to show in full.")]
MIXERS = {"none": "feed-forward alone"}  # of a layer, where the word of its file says little in a list


def models(name: Name = None, json: o.Json = False) -> None:
    """List models, or show one.

    Example: costmodel models llama-70b
    """
    from costmodel.facts import models as facts

    def row(identifier):
        model = facts.load(identifier)
        counts: dict[str, float] = {}
        for group in model.groups:
            kind = MIXERS.get(group["mixer"], group["mixer"])
            counts[kind] = counts.get(kind, 0.0) + group["layer_count"]
        kinds = ", ".join(f"{count:.0f} {kind}" for kind, count in counts.items())
        return (
            identifier,
            model.name,
            f"{model.parameters / 1e9:,.1f}",
            f"{model.max_context:,.0f}",
            kinds,
            model.status,
        )

    _list("models", name, json, ("id", "name", ">10⁹ parameters", ">context", "layers", "status"), row)


def gpus(name: Name = None, json: o.Json = False) -> None:
    """List GPUs, or show one.

    Example: costmodel gpus h100-sxm
    """
    from costmodel.facts import gpus as facts
    from costmodel.facts import profiles, store
    from costmodel.language.units import format_quantity

    def row(identifier):
        gpu = facts.load(identifier)
        measured = sorted({p.split("--")[1] for p in store.files("profiles") if p.startswith(f"{identifier}--")})
        inherits = profiles.select_profile(gpu, "vllm").calibrated
        return (
            identifier,
            gpu.architecture,
            format_quantity(gpu.numbers["memory"], "byte"),
            format_quantity(gpu.numbers["hbm_bandwidth"], "byte/second"),
            f"{gpu.numbers['sms']:.0f}",
            format_quantity(gpu.numbers["peak_16bit"], "flop/second"),
            ", ".join(measured) or ("inherited" if inherits else "uncalibrated"),
        )

    _list("gpus", name, json, ("id", "architecture", ">memory", ">bandwidth", ">SMs", ">16-bit peak", "profiles"), row)


def engines(name: Name = None, json: o.Json = False) -> None:
    """List engines with their defaults, or show one.

    Example: costmodel engines vllm
    """
    from costmodel.facts import engines as facts
    from costmodel.facts import gpus as devices

    def row(identifier):
        numbers = facts.load(identifier, devices.load("h100-sxm")).numbers
        return (
            identifier,
            f"{numbers['block_size']:.0f}",
            f"{numbers['memory_fraction']:g} of {'free' if numbers['fraction_of_free'] else 'all'}",
            f"{numbers['max_sequences']:.0f}",
            f"{numbers['max_batched_tokens']:.0f}",
        )

    _list("engines", name, json, ("id", ">block", "memory", ">sequences", ">tokens a pass"), row)


def implementations(name: Name = None, json: o.Json = False) -> None:
    """List implementations of schemes in engines, or show one.

    Example: costmodel implementations vllm--int8
    """
    from costmodel.facts import implementations as facts
    from costmodel.facts import profiles

    def row(identifier):
        implementation = facts.load(identifier)
        measured = [p.split("--")[0] for p in profiles.identifiers("implementation") if p.endswith(f"--{identifier}")]
        return (
            identifier,
            implementation.status,
            implementation.versions or "–",
            implementation.flag or "–",
            implementation.kernel,
            ", ".join(measured) or "–",
        )

    _list("implementations", name, json, ("id", "status", "versions", "flag", "kernel", "constants learnt on"), row)


def _list(kind, name, json, heads, row) -> None:
    from costmodel.cli import terminal
    from costmodel.facts import store

    if name is not None:
        identifier = store.resolve(kind, name)
        facts = store.read_fact_file(kind, identifier)
        if json:
            terminal.print_json({"id": identifier} | facts | {"read": str(facts.get("read"))})
            return
        alias = f" (alias {name})" if store.normal(name) != identifier else ""
        terminal.print_line(f"# {identifier}{alias}")
        terminal.print_line(store.files(kind)[identifier].read_text(encoding="utf-8").rstrip())
        return
    rows = [row(identifier) for identifier in store.files(kind)]
    if json:
        terminal.print_json([dict(zip((h.lstrip(">") for h in heads), r, strict=True)) for r in rows])
        return
    terminal.print_table("", heads, rows, is_list=True)
