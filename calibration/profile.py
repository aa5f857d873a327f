"""The profile file of a GPU and an engine: a header, then one block a fit; beside it, the keys of the fitted rows.

Blocks are kept as text, so that a run can replace one and leave the others, and a run that was cut short can go on.
"""

import math
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[1] / "costmodel" / "facts" / "profiles"
BLOCK = re.compile(r"^(?=\[\[(?:attention|gemm|prefill)\]\]$|\[(?:all_reduce|codec)\]$)", re.MULTILINE)
ORDER = ("attention", "prefill", "gemm", "all_reduce", "codec")
TYPES = ("bfloat16", "fp8", "fp8_block", "nvfp4", "int8_wo", "int4_wo")
POINT_COLUMNS = [
    *("law", "kernel", "head_dim", "kv_dtype", "batch", "query_heads", "kv_heads", "window", "context"),
    *("m", "n", "k"),
]


def quantity_text(number: float, unit: str) -> str | float:
    """Four significant digits with the unit, times in us or ns; a bare number where there is no unit."""
    if not unit:
        return float(f"{number:.4g}")
    if "second" in unit:
        prefix, scale = ("us", 1e6) if number >= 1e-7 else ("ns", 1e9)
        return f"{number * scale:.4g} {unit.replace('second', prefix)}"
    return f"{number:.4g} {unit}"


def block_text(name: str, table: dict, notes: dict[str, str]) -> str:
    """TOML of one block; ``notes`` maps dotted keys to comments. A block that occurs once has single brackets."""
    repeated = name in ("attention", "prefill", "gemm")
    lines = [f"[[{name}]]" if repeated else f"[{name}]"]
    lines += [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _section(name, key, value, notes)
    return "\n".join(lines) + "\n"


def _section(prefix: str, key: str, table: dict, notes: dict[str, str]) -> list[str]:
    here, lines = f"{prefix}.{key}", []
    plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
    if plain:
        lines = ["", f"[{here}]"]
        for name, value in plain.items():
            note = notes.get(f"{here}.{name}", "")
            lines.append(f"{name} = {_value(value)}" + (f"  # {note}" if note else ""))
    for name, value in table.items():
        if isinstance(value, dict):
            lines += _section(here, name, value, notes)
    return lines


def _value(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(float(f"{value:.4g}")) if math.isfinite(value) else "nan"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def key_of(name: str, table: dict) -> tuple:
    """What tells one block from another: kernel and head width, or type."""
    return {
        "attention": ("attention", table.get("kernel"), table.get("head_dim")),
        "prefill": ("prefill", table.get("kernel"), table.get("head_dim")),
        "gemm": ("gemm", table.get("dtype")),
    }.get(name, (name,))


@dataclass
class Profile:
    """A profile under work. ``blocks`` maps keys to text, ``points`` to the fitted rows' keys.

    ``part`` is the folder of a companion profile (``prefill``), which holds further laws of the same GPU and engine.
    """

    gpu: str
    engine: str
    header: dict
    default_kernel: dict[str, str]
    blocks: dict[tuple, str] = field(default_factory=dict)
    points: dict[tuple, pd.DataFrame] = field(default_factory=dict)
    part: str = ""

    @property
    def path(self) -> Path:
        """The profile's file."""
        return FOLDER / self.part / f"{self.gpu}--{self.engine}.toml"

    @property
    def points_path(self) -> Path:
        """The file of the fitted rows' keys."""
        return FOLDER / self.part / "points" / f"{self.gpu}--{self.engine}.csv"

    def resume(self) -> None:
        """Take over the blocks of an earlier run of the same version and method, where there is one."""
        if not (self.path.exists() and self.points_path.exists()):
            return
        text, points = self.path.read_text(), read_points(self.points_path)
        earlier = tomllib.loads(text)
        if any(earlier.get(key) != self.header[key] for key in ("engine_version", "method", "source")):
            return
        for block in BLOCK.split(text)[1:]:
            ((name, table),) = tomllib.loads(block).items()
            key = key_of(name, table[0] if isinstance(table, list) else table)
            mask = _points_mask(points, key)
            if mask.any():
                self.blocks[key], self.points[key] = block.rstrip() + "\n", points[mask]

    def put(self, key: tuple, text: str, points: pd.DataFrame) -> None:
        """Add or replace a block and write both files."""
        self.blocks[key], self.points[key] = text, points
        self.write()

    def write(self) -> None:
        """Write both files, whole or not at all."""
        keys = sorted(self.blocks, key=_rank)
        head = [f"{key} = {_value(value) if key != 'fitted' else value}" for key, value in self.header.items()]
        head += ["", "[default_kernel]", *(f'{kind} = "{kernel}"' for kind, kernel in self.default_kernel.items())]
        _replace(self.path, "\n".join(head) + "\n\n" + "\n".join(self.blocks[key] for key in keys))
        rows = pd.concat([self.points[key] for key in keys], ignore_index=True).reindex(columns=POINT_COLUMNS)
        for column in set(POINT_COLUMNS) - {"law", "kernel", "kv_dtype"}:
            rows[column] = rows[column].astype("Int64")
        _replace(self.points_path, rows.to_csv(index=False, lineterminator="\n"))


def read_points(path: Path) -> pd.DataFrame:
    """The fitted rows' keys: law, kernel (or type) and shape; an all-reduce has its numbers in m, its ranks in n."""
    return pd.read_csv(path, dtype={"law": str, "kernel": str, "kv_dtype": str})


def _points_mask(points: pd.DataFrame, key: tuple) -> pd.Series:
    mask = points["law"] == key[0]
    if len(key) > 1:
        mask &= points["kernel"] == key[1]
    if len(key) > 2:
        mask &= points["head_dim"] == key[2]
    return mask


def _rank(key: tuple) -> tuple:
    place = (ORDER.index(key[0]),)
    return (*place, key[1], key[2]) if len(key) == 3 else (*place, TYPES.index(key[1]) if key[0] == "gemm" else 0)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".draft")
    draft.write_text(text)
    os.replace(draft, path)
