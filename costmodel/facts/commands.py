"""The command that starts an engine with a set-up: words out of the table ``[command]`` of the engine's file.

``serve`` names the program, every other key an option with ``{value}`` in it. ``with_file`` is the whole line where some settings
are lines of a file, ``cache_lines`` those of the type of the cache; ``weights`` names the option that quantises weights while
loading, by type.
"""

import string

from costmodel.errors import FactError
from costmodel.facts import store

OPTIONS = (
    "tensor_parallel", "expert_parallel", "memory_fraction", "max_sequences", "max_batched_tokens", "max_context", "port",
)  # fmt: skip
KEYS = ("serve", "with_file", "cache_lines", "weights", "source", *OPTIONS)


DUE = {"serve": {"checkpoint"}, "with_file": {"serve", "cache"}, "cache_lines": {"dtype", "memory_fraction"}}


def check(table: dict, location: str) -> dict:
    """The table of an engine's file, checked; FactError naming file and key for what is unknown or no template."""
    store.check_keys(table, KEYS, f"{location}: command", ("serve", "source"))
    for key in (*OPTIONS, "serve", "with_file", "cache_lines"):
        text = table.get(key, "")
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        except (ValueError, TypeError) as error:
            raise FactError(f"{location}: command.{key}: expected text with {{value}} in it, got {text!r}") from error
        due = DUE.get(key, {"value"})
        if names - due:
            raise FactError(
                f"{location}: command.{key}: expected {{{', '.join(sorted(due))}}}, got {{{min(names - due)}}}"
            )
    store.check_types(
        {f"command.{key}": value for key, value in table.items()},
        {"command.weights": dict[str, str], "command.source": str},
        location,
    )
    return table


def command_line(table: dict, checkpoint: str, weight_dtype: str, cache_flag: str, cache_word: str, **options) -> str:
    """The command of an engine's table; ``options`` by the names of OPTIONS, those that are None or unknown to it left out.

    ``cache_flag`` is the implementation's option for the type of the cache ("" for 16 bit), ``cache_word`` the type itself,
    ``weight_dtype`` the type that weights are quantised to while loading ("" for the checkpoint's own).
    """
    parts = [table["serve"].format(checkpoint=checkpoint)]
    for key in OPTIONS:
        if key in table and options.get(key) is not None:
            parts.append(table[key].format(value=_number(options[key])))
    if weight_dtype and weight_dtype in table.get("weights", {}):
        parts.append(table["weights"][weight_dtype])
    if "with_file" not in table:
        return " ".join([*parts, cache_flag] if cache_flag else parts)
    lines = ""
    if cache_flag:
        lines = table.get("cache_lines", "").format(
            dtype=cache_word, memory_fraction=_number(options["memory_fraction"])
        )
    return table["with_file"].format(serve=" ".join(parts), cache=lines)


def _number(value) -> str:
    return f"{value:g}" if value != int(value) else f"{int(value)}"
