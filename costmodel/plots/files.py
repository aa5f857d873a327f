"""Writing a figure and the table that it was drawn from, whole or not at all."""

from pathlib import Path

from costmodel.errors import FactError

ENDINGS = (".pdf", ".svg", ".png", ".pgf")


def check(out: str) -> Path:
    """FactError for a name that could not be written, before any work is done."""
    target = Path(out)
    if target.suffix not in ENDINGS:
        raise FactError(f"--out {out}: found ending {target.suffix or 'none'!r}, due one of {', '.join(ENDINGS)}")
    if not target.resolve().parent.is_dir():
        raise FactError(f"--out {out}: the folder {target.parent} does not exist")
    return target


def inches(width: str, presets: dict[str, float]) -> float:
    """A preset's width or a number of inches."""
    try:
        value = presets.get(width) or float(width)
    except ValueError as error:
        raise FactError(f"--width: found {width!r}, due {', '.join(presets)} or a number of inches") from error
    if not 1 <= value <= 40:
        raise FactError(f"--width: found {width!r}, due 1 to 40 inches")
    return value


def save(draw, frame, target: Path) -> list[Path]:
    """Draw, write figure and CSV, and say where; FactError where Matplotlib is missing or the disk refuses."""
    try:
        figure = draw()
    except ImportError as error:
        raise FactError("figures need Matplotlib: pip install 'costmodel[plot]'") from error
    beside = target.with_suffix(".csv")
    partial = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        figure.savefig(partial, dpi=200, metadata={"Date": None} if target.suffix == ".svg" else None)
        partial.replace(target)
        frame.to_csv(beside, index=False)
    except OSError as error:
        raise FactError(f"--out {target}: cannot be written: {error.strerror or error}") from error
    return [target, beside]
