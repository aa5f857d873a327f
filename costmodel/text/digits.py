"""Numbers for people, in a terminal and on a page."""


def format_rounded(value: float) -> str:
    """Three digits that count, never as a power of ten: 7,320,000 and 0.000123."""
    return format_digits(float(f"{value:.3g}"))


def format_digits(value: float) -> str:
    """Three digits, never as a power of ten: 8,780 and 0.000123."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0") if "e" in text and abs(value) >= 5e-7 else text
