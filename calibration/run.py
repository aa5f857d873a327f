"""All fits of one GPU and engine, written block by block into its profile; finished blocks are kept."""

import time
from collections.abc import Callable
from datetime import date

import pandas as pd

from calibration import blocks, gemm
from calibration.design import BUDGET, SEED, serving_sizes
from calibration.device import device
from calibration.profile import Profile
from calibration.sources import aiconfigurator as source
from costmodel.errors import InputError, UnknownName

FEWEST_ROWS = 400
FEWEST_MESSAGES = 36
METHOD = (
    f"at most {BUDGET} designed rows a fit (45 % of shapes above twice the L2, half maximin, half random, "
    f"seed {SEED}), soft-L1 least squares on log latency and on the log ratio of matched shapes, "
    "in log coefficients, weak prior, best of three starts; "
    "spreads from the fitted rows alone: attention by ten folds of whole shapes, other laws by leverage; "
    "held_out in percent on all other rows"
)


def calibrate(gpu: str, engine: str, kernel: str | None = None, refit: bool = False, say: Callable = print) -> Profile:
    """Fit everything measured for the pair and write its profile. ``say`` hears of every block and every omission.

    ``kernel`` limits the run to decode attention of one family. Raises InputError where nothing was measured.
    """
    table, profile = _opened(gpu, engine, say)
    families = sorted(table["kernel"].unique()) if table is not None else []
    if kernel is not None and kernel not in families:
        raise UnknownName("measured kernel", kernel, families)
    if not refit:
        profile.resume()
    wanted = families if kernel is None else [kernel]
    for family in wanted:
        for width, rows in table[table["kernel"] == family].groupby("head_dim"):
            key = ("attention", family, int(width))
            if len(rows) < FEWEST_ROWS:
                say(f"skipped {family} head_dim {width}: {len(rows)} rows, {FEWEST_ROWS} due")
            else:
                once(profile, key, lambda rows=rows: blocks.attention_block(rows, gpu), say)
    if kernel is None:
        _products(profile, say)
        _small(profile, "all_reduce", "comm", source.all_reduce, FEWEST_MESSAGES, say)
        _small(profile, "codec", "quantize", source.quantise, FEWEST_ROWS, say)
    return profile


def measured_attention(gpu: str, engine: str, say: Callable = print) -> pd.DataFrame | None:
    """Decode attention of the pair; None, with the reason said, where it is missing or refused."""
    try:
        return source.decode_attention(gpu, engine)
    except InputError as error:
        say(f"skipped decode attention: {error}")
        return None


def _opened(gpu: str, engine: str, say: Callable) -> tuple[pd.DataFrame | None, Profile]:
    table = measured_attention(gpu, engine, say)
    operation = "attention" if table is not None else "gemm"
    found = source.versions(gpu, operation, engine)
    if not found:
        raise InputError(f"nothing was measured on {gpu} with {engine}")
    header = {"gpu": gpu, "engine": engine, "engine_version": found[-1]}
    header |= {
        "source": source.source_text(gpu, operation, engine, found[-1]),
        "fitted": date.today(),
        "method": METHOD,
    }
    return table, Profile(gpu, engine, header, {} if table is None else default_kernels(table))


def default_kernels(table: pd.DataFrame) -> dict[str, str]:
    """For each KV type the family with most measured shapes."""
    counts = table.groupby(["kv_dtype", "kernel"]).size().reset_index(name="rows")
    best = counts.sort_values(["rows", "kernel"]).groupby("kv_dtype").tail(1)
    return {row.kv_dtype: row.kernel for row in best.sort_values("kv_dtype").itertuples()}


def _products(profile: Profile, say: Callable) -> None:
    if not source.versions(profile.gpu, "gemm", profile.engine):
        return say("skipped gemm: not measured")
    for dtype, rows in source.gemm(profile.gpu, profile.engine).groupby("dtype"):
        if reason := gemm.can_fit(dtype, profile.gpu):
            say(f"skipped gemm {dtype}: {reason}")
        elif (serving := serving_sizes(rows).sum()) < FEWEST_ROWS:
            say(f"skipped gemm {dtype}: {serving} rows at serving sizes, {FEWEST_ROWS} due")
        else:
            once(profile, ("gemm", dtype), lambda rows=rows: blocks.gemm_block(rows, profile.gpu), say)


def _small(profile: Profile, name: str, operation: str, load: Callable, fewest: int, say: Callable) -> None:
    if not source.versions(profile.gpu, operation, profile.engine):
        return say(f"skipped {name}: not measured")
    if name == "all_reduce" and "link_bandwidth" not in device(profile.gpu):
        return say(f"skipped {name}: {profile.gpu} states no link_bandwidth")
    rows = blocks.SMALL_ROWS[name](load(profile.gpu, profile.engine), profile.gpu)
    if len(rows) < fewest:
        return say(f"skipped {name}: {len(rows)} rows, {fewest} due")
    once(profile, (name,), lambda: blocks.small_block(name, rows, profile.gpu), say)


def once(profile: Profile, key: tuple, build: Callable, say: Callable) -> None:
    """Build and write one block, unless an earlier run has finished it."""
    words = " ".join(map(str, key))
    if key in profile.blocks:
        return say(f"kept {words}")
    began = time.perf_counter()
    profile.put(key, build())
    say(f"fitted {words} in {time.perf_counter() - began:.1f} s")
