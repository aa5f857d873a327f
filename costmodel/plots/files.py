"""Writing a figure, the table that it was drawn from and its caption, each whole or not at all."""

import io
from pathlib import Path

from costmodel.errors import InputError
from costmodel.plots.paper import for_latex, sheet

ENDINGS = (".pdf", ".svg", ".png", ".pgf")
CONDITIONS = "One decode step, cold L2, contexts alike, no arrivals and no prefill interference; 90 % intervals."


def check(out: str) -> Path:
    """InputError for a name that could not be written, before any work is done."""
    target = Path(out)
    if target.suffix not in ENDINGS:
        raise InputError(f"--out {out}: found ending {target.suffix or 'none'!r}, due one of {', '.join(ENDINGS)}")
    if not target.resolve().parent.is_dir():
        raise InputError(f"--out {out}: the folder {target.parent} does not exist")
    return target


def drawn(draw, ending: str, style: str | None = None) -> bytes:
    """The figure that ``draw`` makes under a style, as a file of that ending; InputError where it cannot be made here."""
    made = io.BytesIO()
    try:
        with sheet(style):
            figure = draw()
            if ending == ".pgf":
                _for_latex(figure)
            undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
            more = {"metadata": undated[ending]} if ending in undated else {}
            figure.savefig(made, format=ending[1:], dpi=300, **more)
    except ImportError as error:
        raise InputError("figures need Matplotlib: pip install 'costmodel[plot]'") from error
    except (RuntimeError, FileNotFoundError) as error:
        if ending != ".pgf":
            raise
        raise InputError(
            "a .pgf is measured by pdflatex, which is not on this machine or failed; .pdf needs none"
        ) from error
    return made.getvalue()


def _for_latex(figure) -> None:
    from matplotlib.text import Text

    figure.canvas.draw()
    for text in figure.findobj(Text):
        text.set_text(for_latex(text.get_text()))
    for artist in figure.findobj(lambda artist: artist.get_rasterized()):
        artist.set_rasterized(False)  # an image would be a file of its own beside the .pgf


def caption(sentence: str, where=None, conditions: str = CONDITIONS) -> str:
    """Caption text for LaTeX: what is shown, where, whence its constants, what was assumed, under which conditions."""
    parts = [sentence]
    if where is not None:
        profile = where.profile
        constants = {
            "ideal": f"Kernel constants uncalibrated: typical values, no measurement of {where.gpu.id} under {where.engine.id}.",
            "inherited": f"Kernel constants inherited from profile {profile.id} (same architecture), intervals widened.",
        }.get(profile.origin, f"Kernel constants measured: profile {profile.id}, fitted {profile.fitted}.")
        assumed = [f"Assumed: {'; '.join(where.assumed)}."] if where.assumed else []
        label = [] if where.label in sentence else [f"{where.label}."]
        parts += [*label, constants, *assumed, conditions]
    return for_latex(" ".join(parts)) + "\n"


def save(draw, frame, target: Path, words: str, style: str | None = None) -> list[Path]:
    """Draw, write figure, CSV and caption, and say where; InputError where Matplotlib is missing or the disk refuses."""
    figure = drawn(draw, target.suffix, style)
    beside = [(target, figure), (target.with_suffix(".csv"), frame.to_csv(index=False).encode())]
    beside.append((target.with_suffix(".tex"), words.encode()))
    try:
        for path, content in beside:
            partial = path.with_name(f".{path.stem}.partial{path.suffix}")
            partial.write_bytes(content)
            partial.replace(path)
    except OSError as error:
        raise InputError(f"--out {target}: cannot be written: {error.strerror or error}") from error
    return [path for path, _ in beside]
