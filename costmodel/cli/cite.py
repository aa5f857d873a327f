"""``costmodel cite``: what to cite for a result: papers, code, measurements, datasheets."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.errors import InputError


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: o.Scheme = "none",
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX entries, costmodel's own first.")] = False,
    json: o.Json = False,
) -> None:
    """List the sources behind a result.

    Example: costmodel cite --model llama-70b --gpu h100-sxm --scheme kivi-2bit
    """
    from costmodel.cli import bibtex as entries
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme

    if bibtex and json:
        raise InputError("--bibtex: expected alone, got it with --json")
    deployment, loaded = deployment_options.resolve(scheme), load_scheme(scheme)
    gpu, engine, profile = deployment.gpu, deployment.engine, deployment.profile
    rows = [
        ("model", deployment.model.id, deployment.model.source),
        ("gpu", gpu.id, "; ".join(sorted(set(gpu.sources.values()))[:3]) + " …"),
        ("engine", engine.id, engine.source),
        ("profile", profile.id, profile.source),
    ]
    for part in loaded.spec.parts:
        rows += [("scheme", part.id, text) for text in (part.facts.get("paper"), part.facts["source"]) if text]
    if loaded.baseline != loaded.id:
        rows.append(("baseline", loaded.baseline, load_scheme(loaded.baseline).spec.parts[0].facts["source"]))
    if json:
        terminal.print_json([dict(zip(("kind", "id", "source"), row, strict=True)) for row in rows])
        return
    if bibtex:
        terminal.print_line(entries.to_bibtex(rows))
        return
    terminal.print_table("", ("", "id", "source"), rows)
