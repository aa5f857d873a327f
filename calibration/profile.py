"""The profile file of a GPU and an engine: a header, then one block a fit.

Beside it lie the keys of the fitted rows, and how certain the numbers are. Blocks are kept as text, so that a run can
replace one and leave the others, and a run that was cut short can go on.
"""

import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from costmodel import files

FOLDER = Path(__file__).parents[1] / "costmodel" / "facts" / "profiles"
BLOCK = re.compile(r"^(?=\[\[(?:attention|gemm|prefill)\]\]$|\[(?:all_reduce|codec)\]$)", re.MULTILINE)
ORDER = ("attention", "prefill", "gemm", "all_reduce", "codec")
TYPES = ("bfloat16", "fp8", "fp8_block", "nvfp4", "int8_wo", "int4_wo")
POINT_COLUMNS = [
    *("law", "kernel", "head_dim", "kv_dtype", "batch", "query_heads", "kv_heads", "window", "context"),
    *("m", "n", "k"),
]
CERTAINTY_COLUMNS = ["law", "kernel", "head_dim", "kv_dtype", "path", "coefficient", "error", "correlation"]


class Block(NamedTuple):
    """One fit, ready to be written: its TOML, the keys of its rows, and the certainty of its numbers.

    ``certainty`` has one row a fitted number: the standard error of its logarithm, and its correlations with the
    numbers of the rows above it, as text.
    """

    text: str
    points: pd.DataFrame
    certainty: pd.DataFrame


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
    """A profile under work: finished fits by key.

    ``part`` is the folder of a companion profile (``prefill``), which holds further laws of the same GPU and engine;
    ``folder`` is where profiles lie: the package's, where none is named.
    """

    gpu: str
    engine: str
    header: dict
    default_kernel: dict[str, str]
    blocks: dict[tuple, Block] = field(default_factory=dict)
    part: str = ""
    folder: Path | None = None

    @property
    def _place(self) -> Path:
        return (self.folder or FOLDER) / self.part

    @property
    def path(self) -> Path:
        """The profile's file."""
        return self._place / f"{self.gpu}--{self.engine}.toml"

    @property
    def points_path(self) -> Path:
        """The file of the fitted rows' keys."""
        return self._place / "points" / f"{self.gpu}--{self.engine}.csv"

    @property
    def certainty_path(self) -> Path:
        """The file of standard errors and correlations."""
        return self._place / "certainty" / f"{self.gpu}--{self.engine}.csv"

    def resume(self) -> None:
        """Take over the blocks of an earlier run of the same version and method, where there is one."""
        if not all(path.exists() for path in (self.path, self.points_path, self.certainty_path)):
            return
        text, points, certainty = self.path.read_text(), read_keys(self.points_path), read_keys(self.certainty_path)
        earlier = tomllib.loads(text)
        if any(earlier.get(key) != self.header[key] for key in ("engine_version", "method", "source")):
            return
        for block in BLOCK.split(text)[1:]:
            ((name, table),) = tomllib.loads(block).items()
            key = key_of(name, table[0] if isinstance(table, list) else table)
            mask, sure = _of(points, key), _of(certainty, key)
            if mask.any() and sure.any():
                self.blocks[key] = Block(block.rstrip() + "\n", points[mask], certainty[sure])

    def put(self, key: tuple, block: Block) -> None:
        """Add or replace a block and write all files."""
        self.blocks[key] = block
        self.write()

    def write(self) -> None:
        """Write the files, each whole or not at all."""
        keys = sorted(self.blocks, key=_rank)
        head = [f"{key} = {_value(value) if key != 'fitted' else value}" for key, value in self.header.items()]
        head += ["", "[default_kernel]", *(f'{kind} = "{kernel}"' for kind, kernel in self.default_kernel.items())]
        files.make_folder(self.path.parent)
        files.write_text(self.path, "\n".join(head) + "\n\n" + "\n".join(self.blocks[key].text for key in keys))
        sure = pd.concat([self.blocks[key].certainty for key in keys], ignore_index=True)
        sure = sure.astype({"head_dim": "Int64"})[CERTAINTY_COLUMNS]
        files.make_folder(self.certainty_path.parent)
        files.write_text(self.certainty_path, sure.to_csv(index=False, lineterminator="\n"))
        rows = pd.concat([self.blocks[key].points for key in keys], ignore_index=True).reindex(columns=POINT_COLUMNS)
        for column in set(POINT_COLUMNS) - {"law", "kernel", "kv_dtype"}:
            rows[column] = rows[column].astype("Int64")
        files.make_folder(self.points_path.parent)
        files.write_text(self.points_path, rows.to_csv(index=False, lineterminator="\n"))


def read_keys(path: Path) -> pd.DataFrame:
    """A table beside a profile. Rows of fits: law, kernel (or type), shape; an all-reduce has numbers in m, ranks in n."""
    return pd.read_csv(path, dtype=dict.fromkeys(("law", "kernel", "kv_dtype", "path", "correlation"), str))


def _of(rows: pd.DataFrame, key: tuple) -> pd.Series:
    mask = rows["law"] == key[0]
    if len(key) > 1:
        mask &= rows["kernel"] == key[1]
    if len(key) > 2:
        mask &= rows["head_dim"] == key[2]
    return mask


def _rank(key: tuple) -> tuple:
    place = (ORDER.index(key[0]),)
    return (*place, key[1], key[2]) if len(key) == 3 else (*place, TYPES.index(key[1]) if key[0] == "gemm" else 0)
