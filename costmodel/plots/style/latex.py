"""Text that LaTeX sets as it stands: its special characters escaped, symbols and dashes as commands."""

import re

SYMBOLS = {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$",
    "µ": r"$\mu$", "μ": r"$\mu$", "×": r"$\times$", "·": r"$\cdot$", "±": r"$\pm$", "≈": r"$\approx$", "≤": r"$\le$",
    "≥": r"$\ge$", "≠": r"$\ne$", "→": r"$\to$", "∞": r"$\infty$", "Δ": r"$\Delta$", "−": "$-$", "–": "--", "—": "---",
    "…": r"\dots{}", "\u00a0": "~", "\u202f": r"\,", "²": "$^2$", "³": "$^3$", "⁹": "$^9$",
} | {mark: f"\\{mark}" for mark in "&%#_{}"}  # fmt: skip
# Two hyphens in a row, as in the name of a profile, are no dash.
PATTERN = re.compile("|".join(["(?<=-)-", *map(re.escape, SYMBOLS)]))


def escape_latex(text: str) -> str:
    """The text with what LaTeX would not set as it stands replaced; what stands between dollars is left alone."""
    pieces = text.split("$")
    pieces[::2] = [PATTERN.sub(lambda match: SYMBOLS.get(match[0], "{}-"), piece) for piece in pieces[::2]]
    return "$".join(pieces)
