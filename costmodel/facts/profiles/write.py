"""The one writer of profile files: ``schema`` → TOML, numbers to four digits with their unit.

A comment beside a number states how certain its fit is; comments are passed in by the path of their number.
"""

import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import date

from costmodel.facts.profiles.schema import (
    AttentionFit,
    Fit,
    GemmFit,
    GroupedFit,
    Header,
    PrefillFit,
    ProfileFile,
    SectionFit,
    key_of,
    law_of,
)
from costmodel.facts.vocabulary import vocabulary

# Order of the keys in a file; what is None or empty is not written, and ``latent`` only where it is true.
HEADER_ORDER = ("gpu", "engine", "engine_version", "scheme", "evidence", "source", "fitted", "method")
PLAIN_ORDER = (
    *(
        "kernel",
        "head_dim",
        "dtype",
        "engine_version",
        "measured_experts",
        "max_tokens",
        "kv_dtypes",
        "latent",
        "rule",
        "ignores_window",
        "source",
    ),
    *("points", "condition", "model", "pair_correlation", "cost"),
)
TABLE_ORDER = ("measured_calls", "shared", "main", "fallback", "values", "spread", "held_out")
FIT_ORDER = ("attention", "prefill", "gemm", "grouped", "all_reduce", "codec", "small_kernel", "in_step")
DTYPE_ORDER = ("bfloat16", "fp8", "fp8_block", "nvfp4", "int8_wo", "int4_wo")
COEFFICIENTS = ("shared", "main", "fallback", "values")

NumberPath = tuple  # (*key_of(fit), table_name, KV type or "", coefficient)
Comments = Mapping[NumberPath, str]


def format_profile(profile: ProfileFile, comments: Comments | None = None) -> str:
    """The TOML text of a profile; ``comments`` maps paths of coefficients to what stands behind ``#``."""
    fits = sorted(profile.fits(), key=rank)
    return "\n".join([_format_header(profile.header), *(format_fit(fit, comments) for fit in fits)])


def format_fit(fit: Fit, comments: Comments | None = None) -> str:
    """The TOML text of one fit. A law that occurs once has single brackets."""
    name = law_of(fit)
    lines = [f"[{name}]" if isinstance(fit, SectionFit) else f"[[{name}]]"]
    present = {entry.name for entry in fields(fit)} - {"name"}
    plain = {key: getattr(fit, key) for key in PLAIN_ORDER if key in present}
    lines += [f"{key} = {format_value(value)}" for key, value in plain.items() if _is_written(key, value)]
    if len(lines) == 1 and isinstance(fit, SectionFit):
        lines = []
    for key in TABLE_ORDER:
        if key in present:
            lines += _format_table(f"{name}.{key}", getattr(fit, key), _comments_of(fit, key, comments or {}))
    return "\n".join(lines).lstrip("\n") + "\n"


def format_coefficient(number: float, unit: str) -> str | float:
    """Four significant digits with the unit, times in us or ns; a bare number where there is no unit."""
    if not unit:
        return float(f"{number:.4g}")
    if "second" in unit:
        prefix, scale = ("us", 1e6) if number >= 0.99995e-7 else ("ns", 1e9)
        return f"{number * scale:.4g} {unit.replace('second', prefix)}"
    return f"{number:.4g} {unit}"


def format_value(value) -> str:
    """A value as TOML; floats to four digits, ``nan`` where there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(float(f"{value:.4g}")) if math.isfinite(value) else "nan"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(format_value, value)) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


def _format_header(header: Header) -> str:
    values = {key: getattr(header, key) for key in HEADER_ORDER}
    lines = [f"{key} = {_format_date(value)}" for key, value in values.items() if value]
    if header.default_kernel:
        lines += ["", "[default_kernel]"]
        lines += [f"{kv_dtype} = {format_value(kernel)}" for kv_dtype, kernel in header.default_kernel.items()]
    return "\n".join(lines) + "\n"


def _format_date(value) -> str:
    return str(value) if isinstance(value, date) else format_value(value)


def _is_written(key: str, value) -> bool:
    return not (
        value is None or value == "" or (key == "latent" and not value) or (isinstance(value, tuple) and not value)
    )


def _format_table(path: str, table: Mapping, comments: Mapping) -> list[str]:
    """Lines of a table and the tables in it, each behind an empty line; ``comments`` by (KV type, coefficient)."""
    lines, kv_dtype = [], path.split(".", 2)[2] if path.count(".") > 1 else ""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if plain:
        lines = ["", f"[{path}]"]
        for key, value in plain.items():
            comment = comments.get((kv_dtype, key), "")
            written = _with_unit(key, value) if path.split(".")[1] in COEFFICIENTS else value
            lines.append(f"{key} = {format_value(written)}" + (f"  # {comment}" if comment else ""))
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += _format_table(f"{path}.{key}", value, comments)
    return lines


def _with_unit(coefficient: str, number: float) -> str | float:
    return format_coefficient(number, vocabulary()[coefficient]["unit"])


def _comments_of(fit: Fit, table_name: str, comments: Comments) -> dict[tuple[str, str], str]:
    prefix = (*key_of(fit), table_name)
    return {path[-2:]: comment for path, comment in comments.items() if path[:-2] == prefix}


def rank(fit: Fit) -> tuple:
    """Sort key of the order in which a file lists its fits: by law, then kernel and head width, or type."""
    law = FIT_ORDER.index(law_of(fit))
    if isinstance(fit, (AttentionFit, PrefillFit)):
        return law, fit.kernel, fit.head_dim
    if isinstance(fit, GroupedFit):
        return law, fit.dtype, fit.kernel
    return (law, DTYPE_ORDER.index(fit.dtype) if isinstance(fit, GemmFit) and fit.dtype in DTYPE_ORDER else 0)
