"""What vLLM printed at its start beside what is predicted of the same set-up, and which part of memory explains the difference.

A log states weights, the memory left to the cache, and tokens; what is left of the fraction went to the forward pass, graphs and
communication. Conditions: one replica, the log of one rank; the GPU is not in the log.
"""

import math
import re
from dataclasses import dataclass

import pandas as pd

from costmodel.errors import MAX_SHOWN, CostModelError, InputError, shown
from costmodel.evaluation.ask.predict import predict
from costmodel.facts.cache_words import agreed_scheme
from costmodel.facts.stated import agree

GIB = 2.0**30
NUMBER = r"([\d,]+(?:\.\d+)?)"
# What a line says, and what it is called: several versions write it differently.
MEASURED = {
    "weights": rf"[Ll]oading (?:model weights )?took {NUMBER} (GiB|GB)",
    "pool": rf"Available KV cache memory: {NUMBER} (GiB)",
    "tokens": rf"GPU KV cache size: {NUMBER} ()tokens",
    "blocks": rf"# (?:GPU|CUDA) blocks: {NUMBER}()",
    "graphs": rf"Graph capturing finished in .*?took {NUMBER} (GiB)",
}
# Column of a table of points → the names that logs give it, in arguments ('name': value) or configuration (name=value).
STATED = {
    "model": ("model",), "tp": ("tensor_parallel_size",), "kv_cache_dtype": ("kv_cache_dtype",),
    "memory_fraction": ("gpu_memory_utilization",), "max_num_seqs": ("max_num_seqs",),
    "max_num_batched_tokens": ("max_num_batched_tokens",), "max_model_len": ("max_model_len", "max_seq_len"),
    "block_size": ("block_size",), "eager": ("enforce_eager",),
}  # fmt: skip
VALUE = r"""['"]?{name}['"]?\s*[:=]\s*['"]?([^'",)}}\s]+)"""
VERSION = r"(?:engine \(v|vLLM (?:API server )?version v?)(\d+\.\d+(?:\.\d+)?)"
NOTHING = ("None", "auto", "")
MAX_CHARACTERS = 20_000_000
OF_A_STEP = ("batch = ", "prompt_len = ", "gen_len = ", "gen_cv = ", "context = ")  # no part of a pool
CLOSE = 0.02  # of the pool: a difference that needs no reason


@dataclass(frozen=True)
class StartupLog:
    """``stated``: what the log says of the set-up, by column; ``measured``: bytes of a GPU and tokens, by name."""

    stated: dict[str, str]
    measured: dict[str, float]


@dataclass(frozen=True)
class Compared:
    """A part of memory: what the log says and what is predicted, in bytes of a GPU or tokens."""

    name: str
    logged: float
    predicted: float

    @property
    def difference(self) -> float:
        """Predicted over logged, less one."""
        return self.predicted / self.logged - 1


def read_log(text: str, location: str) -> StartupLog:
    """The facts of a start-up log; InputError where it holds no pool."""
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"{location}: expected at most {MAX_CHARACTERS:,} characters of a start-up log, got {len(text):,}"
        )
    measured = {}
    for name, pattern in MEASURED.items():
        if found := re.search(pattern, text):
            unit = {"GiB": GIB, "GB": GIB, "": 1.0}[found[2]]  # vLLM called GiB GB
            measured[name] = _number(found[1].replace(",", ""), f"{location}: {found[0][:MAX_SHOWN]!r}") * unit
    stated = {}
    for column, names in STATED.items():
        for name in names:
            if (found := re.search(r"\b" + VALUE.format(name=name), text)) and found[1] not in NOTHING:
                stated[column] = found[1]
                break
    if version := re.search(VERSION, text):
        stated["engine_version"] = version[1]
    if "tokens" not in measured and "blocks" in measured:
        measured["tokens"] = measured["blocks"] * _number(stated.get("block_size", "16"), f"{location}: block_size")
    if "tokens" not in measured:
        raise InputError(
            f"{location}: expected a start-up log of vLLM with a line such as 'GPU KV cache size: 449,968 tokens', found none"
        )
    return StartupLog(stated, measured)


def _number(text: str, location: str) -> float:
    """A finite number above 0; InputError naming the ``location`` of another text."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise InputError(f"{location}: expected a number above 0, got {shown(text)}")
    return number


def compare_log(log: StartupLog, given: dict[str, object], location: str) -> tuple[list[Compared], dict, list[str]]:
    """Part by part, the completed row, and what was assumed. ``given`` fills in and corrects what the log states.

    Raises InputError for a set-up that cannot be predicted.
    """
    given = {key: value for key, value in given.items() if value is not None}
    row, corrected = agree({"engine": "vllm"} | log.stated, given, location)
    if "scheme" in given and (word := row.pop("kv_cache_dtype", None)) is not None:
        corrected += _corrected_scheme(word, str(given["scheme"]), location)
    if "eager" in row:
        row["eager"] = str(row["eager"]).lower() in ("true", "1")
    for name in ("model", "gpu"):
        if name not in row:
            raise InputError(f"{location}: {name} is not in the log: give --{name}")
    table, remarks = predict(pd.DataFrame([row]), location)
    assumed = corrected + [remark for remark in remarks if not remark.startswith(OF_A_STEP)]
    answer = table.iloc[0].to_dict()
    parts = []
    ranks = float(answer["tp"])
    predicted = {
        "weights": answer["memory_weights_bytes"], "pool": answer["kv_pool_bytes"] / ranks, "tokens": answer["kv_pool_tokens"],
    }  # fmt: skip
    for name, value in predicted.items():
        if name in log.measured:
            parts.append(Compared(name, log.measured[name], float(value)))
    return parts, answer, assumed


def _corrected_scheme(word: str, scheme: str, location: str) -> list[str]:
    """That a scheme stands in place of the engine's word for another; nothing where both mean the same."""
    try:
        agreed_scheme(word, scheme, "vllm")
        return []
    except CostModelError:
        return [f"{location}: scheme: {scheme} (--scheme) in place of kv_cache_dtype {word}, which it states"]


def explain(parts: list[Compared]) -> str:
    """Which part explains most of the difference in tokens, in a sentence."""
    by_name = {part.name: part for part in parts}
    tokens = by_name["tokens"]
    if abs(tokens.difference) <= CLOSE:
        return f"The pool is as predicted, to {100 * tokens.difference:+.1f} %."
    reasons = {}
    if "pool" in by_name:
        pool = by_name["pool"]
        per_token = pool.predicted / tokens.predicted / (pool.logged / tokens.logged) - 1
        reasons["bytes of a token"] = -per_token
        if "weights" in by_name:
            weights = by_name["weights"]
            reasons["weights"] = (weights.logged - weights.predicted) / pool.logged
            left = (pool.predicted - pool.logged + weights.predicted - weights.logged) / pool.logged
            reasons["what the forward pass, graphs, communication and other processes take"] = left
        else:
            reasons["memory beside the cache"] = pool.difference
    if not reasons:
        return f"The pool differs by {100 * tokens.difference:+.1f} %; the log states nothing that tells why."
    name, share = max(reasons.items(), key=lambda item: abs(item[1]))
    return f"The pool is predicted {100 * tokens.difference:+.1f} % off; most of it, {100 * share:+.1f} % of the pool, is {name}."
