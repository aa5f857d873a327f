"""Writing a figure, the table behind it and its caption, each whole or not at all."""

import io
from collections.abc import Callable
from pathlib import Path

from costmodel.errors import InputError
from costmodel.facts.deployment import Deployment
from costmodel.plots.base import STEP_CONDITIONS
from costmodel.plots.style.paper import escape_latex, paper_style

ENDINGS = (".pdf", ".svg", ".png", ".pgf")


def validate_target(out: str) -> Path:
    """The path to write to; raises InputError, before any work is done, for a name that cannot be written."""
    target = Path(out)
    if target.suffix not in ENDINGS:
        raise InputError(f"--out {out}: expected an ending of {', '.join(ENDINGS)}, got {target.suffix or 'none'!r}")
    if not target.resolve().parent.is_dir():
        raise InputError(f"--out {out}: the folder {target.parent} does not exist")
    return target


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
        label = [] if deployment.label in sentence else [f"{deployment.label}."]
        assumed = [f"Assumed: {'; '.join(deployment.assumed)}."] if deployment.assumed else []
        parts += [*label, _describe_constants(deployment), *assumed, conditions]
    return escape_latex(" ".join(parts)) + "\n"


def _describe_constants(deployment: Deployment) -> str:
    profile = deployment.profile
    if profile.origin == "ideal":
        return (
            f"Kernel constants uncalibrated: typical values, no measurements of {deployment.gpu.id} with "
            f"{deployment.engine.id}."
        )
    if profile.origin == "inherited":
        return f"Kernel constants inherited from profile {profile.id} (same architecture), intervals widened."
    return f"Kernel constants measured: profile {profile.id}, fitted {profile.fitted}."


def write_figure(draw: Callable[[], object], frame, target: Path, caption: str, style: str | None = None) -> list[Path]:
    """Draw a figure and write it, its table as CSV and its caption as .tex beside it.

    Returns the paths written. Raises InputError where Matplotlib is missing or a file cannot be written.
    """
    contents = {target: render(draw, target.suffix, style)}
    contents[target.with_suffix(".csv")] = frame.to_csv(index=False).encode()
    contents[target.with_suffix(".tex")] = caption.encode()
    try:
        for path, content in contents.items():
            partial = path.with_name(f".{path.stem}.partial{path.suffix}")
            partial.write_bytes(content)
            partial.replace(path)
    except OSError as error:
        raise InputError(f"--out {target}: cannot be written: {error.strerror or error}") from error
    return list(contents)
