"""The command line that shows what a page shows. What was uploaded stands in it under the name of the visitor's own file."""

import shlex

from dashboards import uploads
from dashboards.selection import OBJECTIVE_FIELDS, OPTION_NAMES, UPLOAD_PREFIX, Selection


def format_command(selection: Selection, subcommand: tuple[str, ...], names: tuple[str, ...], **overrides) -> str:
    """The command line that shows the same: ``subcommand``, then an option per named field; ``overrides`` replace fields."""
    arguments: list[str] = []
    for name in names:
        value = overrides.get(name, getattr(selection, name))
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if text:
                arguments += [_option(name, text), f"{text}ms" if name in OBJECTIVE_FIELDS else visitors_name(text)]
    return shlex.join(["costmodel", *map(visitors_name, subcommand), *arguments])


def _option(name: str, text: str) -> str:
    """The option of a field; an uploaded model is a configuration."""
    if name == "model" and text.startswith(UPLOAD_PREFIX):
        return "--hf-config"
    return f"--{OPTION_NAMES.get(name, name).replace('_', '-')}"


def visitors_name(text: str) -> str:
    """A name as a visitor knows it: that of the file for an upload and for the path where the server stores it."""
    return uploads.label_of(text) if text.startswith(UPLOAD_PREFIX) else uploads.without_paths(text)
