"""Damage to texts that people hand in, and what must hold of any text: a value or words, soon, and no nonsense accepted.

A text begins as a valid one: damage near what is valid goes deeper than noise. Every change is drawn by hypothesis, so that a
failure shrinks to the one change that matters.
"""

import contextlib
import dataclasses
import json
import math
import re
import signal
import string
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from costmodel.errors import CostModelError, CostModelWarning

SECONDS = 2.0  # of processor time: no input may take longer
COUNTS: Counter[str] = Counter()
TOML = (
    "-1", "0", "-0.0", "1", "3", "0.5", "1e400", "1e-320", "nan", "inf", "-inf", "9223372036854775807",
    "-9223372036854775808",
    '""', '" "', '"x"', '"3"', '"nan"', '"inf"', '"nan GB"', '"1e999 GB"', '"-1 GB"', '"0 GB"', '"1e-300 GB"', '"80 s"',
    '"1 us"',
    '"0.5"', '"1e400"', '"1 bit**9"', '"context / 0"', '"context ** context"', '"min(context)"', '"-context"',
    '"nan * context"',
    '"layer_index"', '"1e25*1e25"', '"9**9"', '"µ"', '"none"', '"any"', '"bfloat16"', "true", "false", "[]", "[1]", "[[]]",
    '[""]',
    "[{}]", '["x", 1]', "[nan]", "{}", "{ a = 1 }", "2026-01-01", "2026-01-01T00:00:00Z", "07:32:00", "1_000", "0x10",
)  # fmt: skip
JSON = (
    "-1", "0", "1", "2", "3", "0.5", "-0.0", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "1e-320", "9" * 30,
    "9" * 60, '""',
    '" "', '"x"', '"3"', '"nan"', '"inf"', '"1e999"', '"µ"', '"\\u0000"', "true", "false", "null", "[]", "[1]", "[[]]",
    "[null]",
    '[""]', "[{}]", '["x", 1]', "{}", '{"a": 1}', '{"a": {"b": []}}',
)  # fmt: skip
CELLS = (
    "", " ", "0", "-1", "1", "2", "3", "8", "0.5", "1.5", "1e9", "1e10", "1e400", "-0.0", "1e-320", "nan", "NaN", "inf",
    "-inf",
    "1,5", "1_0", "0x10", "x", "none", "None", "true", "false", "TRUE", '"', '""', "4K", "µ", "=1+1", "upload:x", "../x",
    "a.toml",
    "2026-01-01", "9" * 30, "serving", "static", "fp8", "int4", "auto", "hf:a/b", "1.0.0", "٣", "1e", "+8", " 8 ", "8\t",
)  # fmt: skip
WORDS = (
    "-1", "0", "1", "8", "4K", "1M", "0.5", "30%", "130%", "-5%", "1e400", "1e-320", "nan", "inf", "-inf", "9" * 30,
    "1:256", "256:1",
    "1:256:20", "1:2:3:4", "1:8:1e9", "1:8:0.5", "0:8", ":", ",", "1,,2", "8,8", "15us", "50 ms", "-1 s", "1 GB",
    "1e999 s", "x", "",
    " ", "none", "fp8", "kivi-2bit+fp8", "h2o[budget=0]", "h2o[budget=1e400]", "h2o[", "a.toml", "../../etc/passwd",
    "hf:a/b", "µs",
    "upload:x", "http://x", "١", "context=64K", "context=-1", "context=nan", "=", "a=b=c", "\u0000", "auto", "bfloat16",
    "h100",
)  # fmt: skip
NUMBERS = ("0", "-1", "1", "2", "0.5", "1e400", "1e30", "1e-300", "nan", "inf", "9" * 25, "x")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
NOISE = st.text(string.printable + "µ²ſ\u0000\u2028\U0001f600", min_size=1, max_size=8)


class TooLongError(BaseException):
    """Raised by the processor's timer, past every ``except Exception``."""


@contextlib.contextmanager
def within(seconds: float):
    """Fail where the block takes more processor time; a loop without an end is ended."""

    def interrupt(signum, frame):
        raise TooLongError

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except TooLongError:
        raise AssertionError(f"took more than {seconds:g} s of the processor") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def answer_of(read, *arguments, location: str = ""):
    """What an entry point answers to an input; None where it refuses it in words that name the ``location``."""
    COUNTS["inputs"] += 1
    with within(SECONDS):
        try:
            answer = read(*arguments)
            assert_sensible(answer)
        except (CostModelError, CostModelWarning) as error:
            COUNTS["refused"] += 1
            text = str(error)
            assert location in text, text
            assert text.strip() and len(text) < 2000 and "Traceback" not in text, text
            return None
    return answer


def assert_sensible(value, path: str = "", positive: bool = False) -> None:
    """No number in an answer is not-a-number; nothing named bytes or times is negative or without an end."""
    if isinstance(value, str) or value is None:
        return
    if isinstance(value, (bool, np.bool_)):
        return
    if isinstance(value, pd.DataFrame):
        value = {str(name): value[name].to_numpy() for name in value}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            assert_sensible(inner, f"{path}.{key}")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for entry in dataclasses.fields(value):
            if entry.name != "facts":  # as the file states them, beside what was read
                assert_sensible(getattr(value, entry.name), f"{path}.{entry.name}")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            assert_sensible(inner, f"{path}[{index}]")
    elif isinstance(value, (int, float, np.number)):
        assert not math.isnan(value), f"{path} is not a number"
        if re.search(r"bytes|memory|parameters|tokens|seconds|_ms$", path.rpartition(".")[2]):
            assert value >= 0, f"{path} is {value}"


KINDS = ("value",) * 6 + ("number",) * 3 + ("move", "delete", "double", "rename", "noise", "cut")


@st.composite
def damaged_lines(draw, texts, literals=TOML, separator=" = "):
    """A text of lines ``key = value`` with one to three damages: another value or number, a line less, a key misspelt,
    noise."""
    lines = draw(st.sampled_from(texts)).splitlines()
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(KINDS))
        keyed = [place for place, line in enumerate(lines) if separator in line]
        numbered = [place for place, line in enumerate(lines) if NUMBER.search(line)]
        pool = {"value": keyed, "move": keyed, "rename": keyed, "number": numbered}.get(kind, range(len(lines)))
        if not pool:
            continue
        place = draw(st.sampled_from(pool))
        line = lines[place]
        key, _, value = line.partition(separator)
        if kind == "value":
            lines[place] = f"{key}{separator}{draw(st.sampled_from(literals))}"
        elif kind == "move":
            other = lines[draw(st.sampled_from(keyed))].partition(separator)[2]
            lines[place] = f"{key}{separator}{other}"
        elif kind == "rename":
            cut = draw(st.integers(0, len(key)))
            lines[place] = f"{key[:cut]}{draw(st.sampled_from(['', 's', '_', '.']))}{key[cut + 1 :]}{separator}{value}"
        elif kind == "number":
            numbers = list(NUMBER.finditer(line))
            match = draw(st.sampled_from(numbers))
            lines[place] = line[: match.start()] + draw(st.sampled_from(NUMBERS)) + line[match.end() :]
        elif kind == "delete":
            del lines[place]
        elif kind == "double":
            lines.insert(place, line)
        elif kind == "noise":
            cut = draw(st.integers(0, len(line)))
            lines[place] = line[:cut] + draw(NOISE) + line[cut:]
        else:
            lines = lines[: max(place, 1)]
        if not lines:
            return ""
    return "\n".join(lines)


@st.composite
def damaged_json(draw, documents):
    """The text of a JSON document with one to three damages: a value replaced, moved or gone, or noise in the text."""
    document = json.loads(json.dumps(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 3))):
        inner = document
        while isinstance(inner, (dict, list)) and inner:
            key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
            if not (isinstance(inner[key], (dict, list)) and inner[key] and draw(st.booleans())):
                break
            inner = inner[key]
        if not isinstance(inner, (dict, list)) or not inner:
            continue
        kind = draw(st.sampled_from(("literal",) * 6 + ("delete", "move", "add")))
        if kind == "literal":
            inner[key] = json.loads(draw(st.sampled_from(JSON)))
        elif kind == "delete":
            del inner[key]
        elif kind == "move":
            inner[key] = draw(st.sampled_from(list(inner.values()) if isinstance(inner, dict) else inner))
        elif isinstance(inner, list):
            inner.append(json.loads(draw(st.sampled_from(JSON))))
        else:
            inner[f"{key}_"] = inner[key]
    text = json.dumps(document)
    if draw(st.integers(0, 9)):
        return text
    cut = draw(st.integers(0, len(text)))
    return text[:cut] + draw(NOISE) + text[cut + draw(st.integers(0, 9)) :]


@st.composite
def damaged_table(draw, tables, cells=CELLS):
    """A CSV with one to four damages: another cell, a column less, twice or of another name, a short row, noise."""
    rows = [line.split(",") for line in draw(st.sampled_from(tables)).strip().splitlines()]
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("cell",) * 8 + ("drop", "double", "rename", "row", "short", "noise")))
        row = draw(st.integers(0 if kind == "noise" else min(1, len(rows) - 1), len(rows) - 1))
        column = draw(st.integers(0, len(rows[row]) - 1)) if rows[row] else 0
        if not rows[row]:
            continue
        if kind == "cell":
            rows[row][column] = draw(st.sampled_from(cells))
        elif kind == "drop":
            rows = [cells_of[:column] + cells_of[column + 1 :] for cells_of in rows]
        elif kind == "double":
            rows = [cells_of + cells_of[column : column + 1] for cells_of in rows]
        elif kind == "rename" and column < len(rows[0]):
            rows[0][column] = draw(st.sampled_from([rows[0][column][1:], f"{rows[0][column]}s", "", "x", *rows[0]]))
        elif kind == "row":
            rows.append(list(rows[row]))
        elif kind == "short":
            rows[row] = rows[row][:column]
        elif kind == "noise":
            rows[row][column] += draw(NOISE)
    return "\n".join(",".join(row) for row in rows) + "\n"


FINITE = ("tpot_ms", "throughput_tok_s", "kv_bytes_per_token", "kv_bytes_per_sequence", "memory_weights_bytes")


def assert_predicted(table: pd.DataFrame) -> None:
    """A table of predictions has a time above 0 in its own interval, finite bytes,
    and a winner only where there is a ratio."""
    for name in FINITE:
        values = table[name].to_numpy(float)
        assert (np.isfinite(values) & (values >= 0)).all(), f"{name}: {values}"
    low, middle, high = (table[f"tpot_ms{end}"].to_numpy(float) for end in ("_lo", "", "_hi"))
    assert ((middle > 0) & (low <= middle) & (middle <= high)).all(), f"{low}, {middle}, {high}"
    wins = (table["verdict"] == "wins").to_numpy()
    assert np.isfinite(table["speedup"].to_numpy(float)[wins]).all()
