"""``costmodel tex``: equations and nomenclature for a paper, from the formulas themselves."""

from typing import Annotated

import typer

from costmodel.cli import options as o


def command(
    target: Annotated[list[str] | None, typer.Argument(help="Quantities; default: the decode step.")] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="Also print what this scheme redefines.")] = None,
    expand: Annotated[bool, typer.Option("--chain", help="Also every formula that they depend on.")] = False,
    json: o.Json = False,
) -> None:
    """Print LaTeX: an align block of the formulas and a table of their symbols.

    Example: costmodel tex attention_time --chain
    """
    from costmodel.analyses.equations import build_equations
    from costmodel.cli import terminal

    equations = build_equations(target or ["step_time"], scheme, expand)
    if json:
        terminal.print_json(equations.as_dict())
        return
    print(equations.latex())
