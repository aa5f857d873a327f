"""How wide a figure may be at a venue, in inches, according to its own document class.

``column`` is one column of a two-column page, ``text`` the whole page; at a one-column venue both are the same.
"""

from costmodel.errors import InputError, UnknownName

POINTS = 72.27  # TeX points in an inch
VENUES = {
    # IEEE Author Center, "Resolution and size": one column 3.5 in, two columns 7.16 in
    "ieee": {"column": 3.5, "text": 7.16},
    # acmart, sigconf: \columnwidth 241.14749pt, \textwidth 506.295pt
    "acm": {"column": 241.14749 / POINTS, "text": 506.295 / POINTS},
    # usenix-2020-09.sty: text block 7 in, columns 0.33 in apart
    "usenix": {"column": (7.0 - 0.33) / 2, "text": 7.0},
    # neurips_20xx.sty: \textwidth 5.5 in, one column
    "neurips": {"column": 5.5, "text": 5.5},
    # mlsys20xx.sty: \textwidth 6.75 in, \columnsep 0.25 in
    "mlsys": {"column": (6.75 - 0.25) / 2, "text": 6.75},
}


def figure_width(width: str, venue: str = "acm") -> float:
    """A venue's ``column`` or ``text`` width, or a number of inches, in inches.

    Raises UnknownName for an unknown venue and InputError for a width that is none.
    """
    name = venue.strip().lower()
    if name not in VENUES:
        raise UnknownName("venue", venue, VENUES)
    if width in VENUES[name]:
        return VENUES[name][width]
    try:
        value = float(width)
    except ValueError as error:
        raise InputError(f"--width: expected column, text or a number of inches, got {width!r}") from error
    if not 1 <= value <= 40:
        raise InputError(f"--width must be 1 to 40 inches, got {width!r}")
    return value
