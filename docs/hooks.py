"""Pages that are made while the site is built: the first from the README, equations from the formulas, validation.

LaTeX becomes MathML here, which browsers draw themselves: no script, and no request to another host.
"""

import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
SPAN = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\((?:calibration|costmodel|benchmarks|dashboards|notebooks|tests)/[^)]*\)")


def on_files(files, config):
    """Add the pages that no file holds."""
    for path, made in (("index.md", tour), ("equations.md", equations), ("validation.md", validation)):
        files.append(File.generated(config, path, content=made()))
    return files


def on_page_content(html, page, config, files):
    """LaTeX of the page as MathML."""
    from html import unescape

    from latex2mathml.converter import convert

    def drawn(match) -> str:
        return convert(unescape(match[3]), display="inline" if match[2] == "(" else "block")

    return SPAN.sub(drawn, html)


def tour() -> str:
    """The README, its links as seen from the folder of the documentation; a file outside of it is named, not linked."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    return OUTSIDE.sub(r"\1", text)


def validation() -> str:
    """What ``costmodel validate`` prints: errors of the fitted kernels, then memory."""
    parts = [
        "# Validation",
        "Errors are percentages on measured points that no fit saw; a group that misses what is asked of it stands here like "
        "the others.",
        "## Kernels",
        f"```console\n$ costmodel validate --kernels\n{_printed('validate', '--kernels')}```",
        "## Memory",
        f"```console\n$ costmodel validate\n{_printed('validate')}```",
        "`costmodel validate --recompute` computes the errors of the kernels again from the raw tables of "
        "`costmodel[measured]`, beside simpler laws; `--data FILE` holds predictions against measurements of your own. Where "
        "the model is known to be wrong, and by how much: [What it does not cover](limits.md).",
    ]
    return "\n\n".join(parts) + "\n"


def _printed(*words: str) -> str:
    environment = os.environ | {"COLUMNS": "118", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "costmodel", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def equations() -> str:
    """Every formula, picture by picture, in the order in which they build on each other, then every symbol."""
    from costmodel import formulas

    described: set[str] = set()
    pictures = [_picture(import_module(f"costmodel.formulas.{name}"), described) for name in _order(formulas)]
    head = (
        "# Equations\n\nMade from the formulas that are evaluated: each is written once, in SymPy, and this page prints it. "
        "`costmodel tex NAME --chain` prints one and all that it stands on as LaTeX."
    )
    return "\n\n".join([head, *filter(None, pictures), _symbols()]) + "\n"


def _picture(module, described: set[str]) -> str:
    """The formulas that a file defines, under what its docstring says; nothing where it defines none."""
    from costmodel.language.quantity import Constant, Formula
    from costmodel.language.tex import tex

    known = [q for q in vars(module).values() if isinstance(q, Formula) and not isinstance(q, Constant)]
    defined = [q for q in known if q.name not in described]
    described |= {q.name for q in defined}
    lines = [
        f"`{q.name}` – {q.meaning} Unit: {q.unit or '1'}.\n\n$$\n{q.tex} = {tex(q.definition)}\n$$" for q in defined
    ]
    title = module.__name__.rpartition(".")[2].replace("_", " ").capitalize()
    docstring = inspect.getdoc(module).replace("[", "\\[")  # brackets of arithmetic are no links
    return "\n\n".join([f"## {title}", docstring, *lines]) if defined else ""


def _symbols() -> str:
    from costmodel.language.quantity import Coefficient, Input, catalogue

    rows = ["| symbol | name | meaning | unit | from |", "|---|---|---|---|---|"]
    for q in catalogue.values():
        if isinstance(q, (Input, Coefficient)):
            source = f"fit of {q.law}" if isinstance(q, Coefficient) else q.table
            meaning = q.meaning.replace("|", "\\|")
            rows.append(f"| ${q.tex}$ | `{q.name}` | {meaning} | {q.unit or '1'} | {source} |")
    said = "What the formulas take from facts, from a fitted profile, or from a sweep."
    return f"## Symbols\n\n{said}\n\n" + "\n".join(rows)


def _order(package) -> list[str]:
    """Names of the formula files in the order in which the package imports them."""
    return re.findall(r"^    (\w+),$", inspect.getsource(package).partition("__all__")[0], re.MULTILINE)
