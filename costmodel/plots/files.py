"""Writing a figure, the table that it was drawn from and its caption, each whole or not at all."""

import io
from pathlib import Path

from costmodel import files
from costmodel.errors import InputError
from costmodel.plots.paper import for_latex, sheet

ENDINGS = (".pdf", ".svg", ".png", ".pgf")
CONDITIONS = "One decode step, cold L2, contexts alike, no arrivals and no prefill interference; 90 % intervals."


def check(out: str, option: str = "--out", force: bool = False) -> Path:
    """InputError, before any work is done, for a name that could not be written, or a user's own file beside the figure.

    Without ``option`` the user did not name the figure either.
    """
    label = f"{option or '--out'} {out}"
    target = files.check_target(out, ENDINGS, label)
    unnamed = beside(target) if option else [target, *beside(target)]
    files.refuse_existing(unnamed, beside(target)[-1], force, label)
    return target


def beside(target: Path) -> list[Path]:
    """The files that are written with a figure: its table, its caption."""
    return [target.with_suffix(".csv"), target.with_suffix(".tex")]


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
    figure, table, text = drawn(draw, target.suffix, style), frame.to_csv(index=False).encode(), words.encode()
    stamped = f"% {files.stamp([figure, table, text])}\n".encode() + text
    written = dict(zip([target, *beside(target)], [figure, table, stamped], strict=True))
    for path, content in written.items():
        files.write_bytes(path, content, f"--out {path}")
    return list(written)
