"""Writing a figure, the table behind it and its caption, each whole or not at all."""

import io
from collections.abc import Callable
from pathlib import Path

from costmodel import files
from costmodel.errors import InputError
from costmodel.facts import engines, gpus
from costmodel.facts.deployment import Deployment
from costmodel.plots.base import STEP_CONDITIONS
from costmodel.plots.style import names
from costmodel.plots.style.latex import escape_latex
from costmodel.plots.style.paper import paper_style

ENDINGS = (".pdf", ".svg", ".png", ".pgf")


def validate_target(out: str, option: str = "--out", force: bool = False) -> Path:
    """The path to write to, checked before any work is done.

    ``option`` named it; without one the user did not name the figure either. Raises InputError for a name that cannot be
    written, and for a user's own file beside the figure unless ``force`` is set.
    """
    label = f"{option or '--out'} {out}"
    target = files.check_target(out, ENDINGS, label)
    unnamed = companions(target) if option else [target, *companions(target)]
    files.refuse_existing(unnamed, companions(target)[-1], force, label)
    return target


def companions(target: Path) -> list[Path]:
    """The files that are written beside a figure: its table and its caption."""
    return [target.with_suffix(".csv"), target.with_suffix(".tex")]


def render(draw: Callable[[], object], ending: str, style: str | None = None) -> bytes:
    """The content of an image file with that ending.

    ``draw`` returns a Matplotlib figure and is called under the style sheet ``style``. Raises InputError where Matplotlib, or
    for .pgf a TeX installation, is missing.
    """
    stream = io.BytesIO()
    try:
        with paper_style(style):
            figure = draw()
            if ending == ".pgf":
                _prepare_for_latex(figure)
            undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
            options = {"metadata": undated[ending]} if ending in undated else {}
            figure.savefig(stream, format=ending[1:], dpi=300, **options)
    except ImportError as error:
        raise InputError("figures need Matplotlib: pip install 'costmodel[plot]'") from error
    except (RuntimeError, FileNotFoundError) as error:
        if ending != ".pgf":
            raise
        raise InputError("a .pgf needs a working pdflatex to measure its text; write a .pdf instead") from error
    return stream.getvalue()


def _prepare_for_latex(figure) -> None:
    from matplotlib.text import Text

    figure.canvas.draw()
    for text in figure.findobj(Text):
        text.set_text(escape_latex(text.get_text()))
    for artist in figure.findobj(lambda artist: artist.get_rasterized()):
        artist.set_rasterized(False)  # an image would be a file of its own beside the .pgf


def format_caption(sentence: str, deployment: Deployment | None = None, conditions: str = STEP_CONDITIONS) -> str:
    """Caption text for LaTeX: the sentence, and of a deployment its label, its constants, what was assumed, the conditions."""
    parts = [sentence]
    if deployment is not None:
        description, assumed = names.describe(deployment), names.describe_assumed(deployment)
        label = [] if description in sentence else [f"{description}."]
        assumed = [f"Assumed: {'; '.join(assumed)}."] if assumed else []
        parts += [*label, _describe_constants(deployment), *assumed, conditions]
    return escape_latex(" ".join(parts)) + "\n"


def _describe_constants(deployment: Deployment) -> str:
    profile, gpu, engine = deployment.profile, deployment.gpu, deployment.engine
    header = profile.file.header
    if profile.origin == "ideal":
        return f"Kernel constants uncalibrated: typical values, no measurements of {gpu.name} under {engine.name}."
    source = f"{gpus.load(header.gpu).name} under {engines.load(header.engine, gpu).name}"
    if profile.origin == "inherited":
        return f"Kernel constants inherited from the profile of {source} (same architecture), intervals widened."
    return f"Kernel constants measured: profile of {source}, fitted {profile.fitted}."


def write_figure(draw: Callable[[], object], frame, target: Path, caption: str, style: str | None = None) -> list[Path]:
    """Draw a figure and write it, its table as CSV and its caption as .tex beside it; the caption names what was written.

    Returns the paths written. Raises InputError where Matplotlib is missing or a file cannot be written.
    """
    image, table, text = render(draw, target.suffix, style), frame.to_csv(index=False).encode(), caption.encode()
    stamped = f"% {files.stamp([image, table, text])}\n".encode() + text
    contents = dict(zip([target, *companions(target)], [image, table, stamped], strict=True))
    for path, content in contents.items():
        files.write_bytes(path, content, f"--out {path}")
    return list(contents)
