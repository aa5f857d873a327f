"""``costmodel referee``: a report on a proposal, as a rigorous and constructive reviewer would write it."""

import re
from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o

NAMES = ("report.md", "report.html", "report.json")
UNFIT = r"[^a-zA-Z0-9.=_-]+"  # for the name of a folder
FINDINGS = ("novelty", "speed", "torture card", "twist", "to measure first")  # the five lines on standard output


@o.with_deployment_options
def command(
    deployment_options: o.DeploymentOptions,
    scheme: Annotated[
        str, typer.Argument(help="The proposal: a TOML file of your own, or a scheme (costmodel schemes).")
    ],
    out: Annotated[
        str | None,
        typer.Option("--out", help="Folder for report.md, report.html and report.json (costmodel-out/referee-…)."),
    ] = None,
    claims: Annotated[
        str | None, typer.Option("--claims", help="CSV of claimed speed-ups, to be taken apart and re-based.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Judge a proposal: what it is, whether it is new, where it holds and breaks, what its claims are worth, what to change.

    Claims: model,gpu,engine,engine_version,baseline,scheme,batch,prompt_len,gen_len,metric,claimed,source, where metric is
    tpot, throughput, ttft or memory, scheme self is the proposal, and baseline is a scheme, hf-eager or flexgen.

    Example: costmodel referee mine.toml --model llama-3.1-8b --gpu h100-sxm --out report
    """
    from costmodel import files
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme
    from costmodel.facts.claims import read_claims
    from costmodel.report.build import build_report
    from costmodel.report.subject import Subject
    from costmodel.report.writers import to_html, to_json, to_markdown
    from costmodel.text.progress import progress

    rows = read_claims(claims) if claims is not None else ()
    loaded = load_scheme(scheme)
    out = out or f"costmodel-out/referee-{re.sub(UNFIT, '-', loaded.id).strip('-')}"
    folder = _folder(out)
    deployment = deployment_options.resolve(scheme)
    subject = Subject(scheme, loaded, deployment, rows)
    terminal.print_limits(deployment, [scheme], [1.0], [subject.contexts[0]], json)
    with progress("Refereeing") as update:
        report = build_report(subject, update)
    texts = (to_markdown(report), to_html(report), to_json(report, str(folder)))
    with files.input_errors(f"--out {out}"):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(NAMES, texts, strict=True):
        files.write_text(folder / name, text, f"--out {folder / name}")
    if json:
        print(texts[2], end="")
        return
    terminal.print_deployment(deployment, f"; {report.scheme}")
    for finding in report.summary.findings:
        if finding.about in FINDINGS:
            terminal.print_line(f"{finding.about}: {finding.text}")
    terminal.print_line("Written: " + ", ".join(str(folder / name) for name in NAMES))


def _folder(out: str) -> Path:
    """The folder to write to, checked before any work is done."""
    from costmodel.errors import InputError

    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {out}: expected a folder, got a file; nothing was written")
    return folder
