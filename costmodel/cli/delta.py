"""``costmodel delta``: is a scheme new, or a known one with another number; its neighbours, and in what it differs."""

from typing import Annotated

import typer

from costmodel.cli import options as o

SHOWN, NAMED = 5, 4  # neighbours, and coordinates of each
BLOCK_SIZE = 16.0  # tokens: most engines' default


def command(
    scheme: Annotated[str, typer.Argument(help="Scheme, or a TOML file of your own (costmodel schemes).")],
    against: Annotated[
        list[str] | None, typer.Option("--against", help="Known scheme to compare with; repeat for several (all).")
    ] = None,
    json: o.Json = False,
) -> None:
    """Compare what a scheme does with every known scheme, by values of its slots and by predicates of its life cycle.

    Each known scheme is taken at the knobs that bring it nearest, so that a number is not taken for a mechanism. Names do not
    matter, nor does the order of mechanisms that commute. Distance: the sum over all coordinates of how far apart the two are,
    each from 0 (equal) to 1.

    --json lists all neighbours with all coordinates.

    Example: costmodel delta mine.toml
    """
    from costmodel.analyses.novelty import delta
    from costmodel.cli import terminal
    from costmodel.evaluation.compile.compiled import load_scheme

    result = delta(scheme, against or ())
    if json:
        terminal.print_json(_as_json(result))
        return
    terminal.print_line(f"{result.scheme}: {result.verdict}.")
    for conflict in load_scheme(scheme).spec.conflicts(BLOCK_SIZE):
        terminal.print_line(f"An implementation must solve: {conflict.text}.")
    nearest = result.neighbours[:SHOWN]
    rows = [
        (n.scheme, f"{n.distance:.2f}", _words(n.in_class), _words(n.in_parameter), _words(n.unstated)) for n in nearest
    ]
    heads = ("known scheme, nearest setting", ">distance", "differs in class", "in a number", "left open")
    terminal.print_table("\nNearest of what it was compared with", heads, rows)


def _words(names: tuple[str, ...]) -> str:
    """Some of the coordinates, and how many there are; all of them are in the JSON."""
    some = ", ".join(name.replace("_", " ") for name in names[:NAMED])
    return f"{len(names)}: {some}, …" if len(names) > NAMED else some or "–"


def _as_json(result) -> dict:
    return {
        "scheme": result.scheme,
        "identical_to": next((n.scheme for n in result.neighbours if n.is_identical), None),
        "nearest": [
            {
                "scheme": n.scheme, "distance": n.distance, "class_differences": list(n.in_class),
                "parameter_differences": list(n.in_parameter), "unstated": list(n.unstated),
            }
            for n in result.neighbours
        ],
        "origins": [
            {"scheme": one.scheme, "coordinates": list(one.coordinates), "others": list(one.others)} for one in result.origins
        ],
        "new_coordinates": list(result.unknown),
        "verdict": result.verdict,
    }  # fmt: skip
