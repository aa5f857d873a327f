"""The command that starts an engine with a set-up: words out of the table ``[command]`` of the engine's file.

``serve`` names the program, every other key an option with ``{value}`` in it. ``with_cache`` is the whole line where the type of
the cache is no option; ``weights`` names the option that quantises weights while loading, by type.
"""

import string

from costmodel.errors import FactError
from costmodel.facts import store

OPTIONS = (
    "tensor_parallel", "expert_parallel", "memory_fraction", "max_sequences", "max_batched_tokens", "max_context", "port",
)  # fmt: skip
KEYS = ("serve", "with_cache", "weights", "source", *OPTIONS)


def check(table: dict, location: str) -> dict:
    """The table of an engine's file, checked; FactError naming file and key for what is unknown or no template."""
    store.check_keys(table, KEYS, f"{location}: command", ("serve", "source"))
    for key in (*OPTIONS, "serve", "with_cache"):
        text = table.get(key, "")
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        except (ValueError, TypeError) as error:
            raise FactError(f"{location}: command.{key}: expected text with {{value}} in it, got {text!r}") from error
        due = {"serve": {"checkpoint"}, "with_cache": {"serve", "dtype", "memory_fraction"}}.get(key, {"value"})
        if names - due:
            raise FactError(
                f"{location}: command.{key}: expected {{{', '.join(sorted(due))}}}, got {{{min(names - due)}}}"
            )
    if not all(isinstance(value, str) for value in table.get("weights", {}).values()):
        raise FactError(f"{location}: command.weights: expected an option for each type of weights")
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
    if cache_flag and not table.get("with_cache"):
        parts.append(cache_flag)
    line = " ".join(parts)
    if cache_flag and (template := table.get("with_cache")):
        return template.format(serve=line, dtype=cache_word, memory_fraction=_number(options["memory_fraction"]))
    return line


def _number(value) -> str:
    return f"{value:g}" if value != int(value) else f"{int(value)}"
