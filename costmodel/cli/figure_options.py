"""The options of ``costmodel plot``: the command's own, and those that the figures' own files declare.

Figures are looked up only when the command is called or asked for help, so that ``costmodel --help`` stays fast.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from costmodel.cli.once import OnceCommand
from costmodel.text import parse

if TYPE_CHECKING:
    from costmodel.plots.base import Option

PREFIX = "figure_"  # of the parameters of options that figures declare
DEPLOYMENT_OPTIONS = ("gpu", "engine")  # a figure may declare them; the command has them anyway
OPTIONS_KEY = "costmodel.figure_options"  # in the context of a call: what was typed for the options of figures
MAX_NAMED = 2  # figures that the help of an option names; one that more of them share needs no names
PARSERS: dict[str, Callable[[str, str], object]] = {
    "number": lambda text, name: float(text),
    "count": parse.parse_count,
    "axis": parse.parse_axis,
    "duration": parse.parse_duration,
    "conditions": lambda text, name: parse.parse_conditions(text),
}  # by the kind of an option; text needs no parsing


class PlotCommand(OnceCommand):
    """The command's own options, and those that figures declare."""

    @property
    def params(self) -> list:
        """The parameters of the command; Typer asks for them when the command itself is called, not before."""
        if not self._is_complete:
            from costmodel import plots

            self._is_complete = True
            for param in self._params:
                if param.name == "figure":
                    param.help = f"One of {', '.join(plots.figures())}."
            self._params += figure_options()
        return self._params

    @params.setter
    def params(self, params: list) -> None:
        self._params, self._is_complete = params, False

    def invoke(self, ctx):
        """Call the command with its own options; what was typed for those of figures goes into ``ctx.meta``."""
        names = [name for name in ctx.params if name.startswith(PREFIX)]
        ctx.meta[OPTIONS_KEY] = {name.removeprefix(PREFIX): ctx.params.pop(name) for name in names}
        return super().invoke(ctx)


def figure_options() -> list:
    """Options of the command line for all that figures declare, each once; their defaults are applied by the figure."""
    from costmodel import plots

    declared: dict[str, list] = {}
    for figure in plots.figures().values():
        for option in figure.options:
            if option.name not in DEPLOYMENT_OPTIONS:
                declared.setdefault(option.name, []).append((figure.id, option))

    def collect():
        """Stands for a command with these options, from which Typer builds them."""

    collect.__annotations__ = {PREFIX + name: _annotate(entries) for name, entries in declared.items()}
    collect.__signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in collect.__annotations__.items()
        ]
    )
    app = typer.Typer(add_completion=False)
    app.command()(collect)
    return typer.main.get_command(app).params


def _annotate(entries: "list[tuple[str, Option]]"):
    """The type and help of an option that some figures, by id, declare."""
    option, shared = entries[0][1], len(entries) > MAX_NAMED
    text = option.help if shared else f"{', '.join(figure for figure, _ in entries)}: {option.help}"
    kind = {"flag": bool, "number": float}.get(option.kind, str)
    default = False if shared or option.default is None else option.default
    return Annotated[kind | None, typer.Option(f"--{option.name}", help=text, show_default=default)]


def parse_options(options: "tuple[Option, ...]", texts: dict[str, object]) -> dict[str, object]:
    """The value of every option that a figure declares, from what was typed or else its default.

    Raises InputError for a text that its kind of option cannot read.
    """
    values = {}
    for option in options:
        text, parse = texts.get(option.name), PARSERS.get(option.kind)
        text = option.default if text is None else text
        if option.kind == "flag":
            values[option.name] = bool(text)
        else:
            values[option.name] = text if text is None or parse is None else parse(text, f"--{option.name}")
    return values
