"""All fits of one GPU and engine, written fit by fit into its profile; fits that an earlier run finished stay."""

import time
from collections.abc import Callable
from datetime import date

import pandas as pd

from calibration.data import aiconfigurator as source
from calibration.data.design import BUDGET, SEED, serving_sizes
from calibration.data.gpu_numbers import states
from calibration.kernel_fits import gemm
from calibration.kernel_fits.attention import attention_section
from calibration.kernel_fits.section import ProfileSection
from calibration.kernel_fits.small_kernels import SMALL_KERNELS, small_section
from calibration.profiles.writer import ProfileWriter, open_writer
from costmodel.errors import InputError, UnknownName
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import Header
from costmodel.text.counted import counted

MIN_ROWS = 400
MIN_MESSAGES = 36
METHOD = (
    f"at most {BUDGET} designed rows a fit (45 % of shapes above twice the L2, half maximin, half random, "
    f"seed {SEED}), soft-L1 least squares on log latency and on the log ratio of matched shapes, "
    "in log coefficients, weak prior, best of three starts; "
    "spreads from the fitted rows alone: attention by ten folds of whole shapes, other laws by leverage; "
    "held_out in percent on all other rows"
)
# Section -> operation of the tables, its rows, the least number of them.
SMALL_SOURCES = {
    "all_reduce": ("comm", source.all_reduce, MIN_MESSAGES),
    "codec": ("quantize", source.quantise, MIN_ROWS),
}


def calibrate(
    gpu: GPU, engine: str, kernel: str | None = None, refit: bool = False, log: Callable[[str], None] = print
) -> ProfileWriter:
    """Fit everything measured for the pair and write its profile. ``log`` takes a line for every fit and every omission.

    ``kernel`` limits the run to decode attention of one family. Raises InputError where nothing was measured, UnknownName
    for a family that was not.
    """
    rows = measured_attention(gpu, engine, log)
    families = sorted(rows["kernel"].unique()) if rows is not None else []
    writer = open_writer(_header(gpu, engine, rows), refit=refit)
    if kernel is not None and kernel not in families:
        raise UnknownName("measured kernel", kernel, families)
    if rows is not None:
        fit_attention_kernels(writer, rows, gpu, families if kernel is None else [kernel], log)
    if kernel is None:
        _fit_products(writer, gpu, log)
        for name in SMALL_SOURCES:
            _fit_small(writer, name, gpu, log)
    return writer


def measured_attention(gpu: GPU, engine: str, log: Callable[[str], None] = print) -> pd.DataFrame | None:
    """Rows of decode attention of the pair; None, with the reason logged, where they are missing or refused."""
    try:
        return source.decode_attention(gpu.id, engine)
    except InputError as error:
        log(f"skipped decode attention: {error}")
        return None


def fit_attention_kernels(writer: ProfileWriter, rows: pd.DataFrame, gpu: GPU, families, log: Callable) -> None:
    """Fit decode attention of every kernel family at every head width that has rows enough."""
    for family in families:
        for head_dim, group in rows[rows["kernel"] == family].groupby("head_dim"):
            key = ("attention", family, int(head_dim))
            if len(group) < MIN_ROWS:
                log(f"skipped {family} head_dim {head_dim}: {counted(len(group), 'row')}, at least {MIN_ROWS} needed")
            else:
                fit_section_unless_done(writer, key, lambda group=group: attention_section(group, gpu), log)


def default_kernels(rows: pd.DataFrame) -> dict[str, str]:
    """For each KV type the family with most measured shapes."""
    counts = rows.groupby(["kv_dtype", "kernel"]).size().reset_index(name="rows")
    best = counts.sort_values(["rows", "kernel"]).groupby("kv_dtype").tail(1)
    return {row.kv_dtype: row.kernel for row in best.sort_values("kv_dtype").itertuples()}


def fit_section_unless_done(
    writer: ProfileWriter, key: tuple, fit: Callable[[], ProfileSection], log: Callable[[str], None]
) -> None:
    """Fit and write one section, unless an earlier run has finished it; one line is logged, with the time it took."""
    label, start = " ".join(map(str, key)), time.perf_counter()
    if writer.fit_unless_done(key, fit):
        log(f"fitted {label} in {time.perf_counter() - start:.1f} s")
    else:
        log(f"kept {label}")


def _header(gpu: GPU, engine: str, rows: pd.DataFrame | None) -> Header:
    operation = "attention" if rows is not None else "gemm"
    versions = source.versions(gpu.id, operation, engine)
    if not versions:
        raise InputError(f"nothing was measured on {gpu.id} with {engine}")
    text = source.source_text(gpu.id, operation, engine, versions[-1])
    kernels = {} if rows is None else default_kernels(rows)
    return Header(gpu.id, engine, text, versions[-1], date.today(), METHOD, kernels)


def _fit_products(writer: ProfileWriter, gpu: GPU, log: Callable[[str], None]) -> None:
    engine = writer.header.engine
    if not source.versions(gpu.id, "gemm", engine):
        return log("skipped gemm: not measured")
    for dtype, rows in source.gemm(gpu.id, engine).groupby("dtype"):
        if reason := gemm.reason_not_to_fit(dtype, gpu):
            log(f"skipped gemm {dtype}: {reason}")
        elif (serving := serving_sizes(rows).sum()) < MIN_ROWS:
            log(f"skipped gemm {dtype}: {counted(serving, 'row')} at serving sizes, at least {MIN_ROWS} needed")
        else:
            fit_section_unless_done(writer, ("gemm", dtype), lambda rows=rows: gemm.gemm_section(rows, gpu), log)


def _fit_small(writer: ProfileWriter, name: str, gpu: GPU, log: Callable[[str], None]) -> None:
    operation, load, min_rows = SMALL_SOURCES[name]
    if not source.versions(gpu.id, operation, writer.header.engine):
        return log(f"skipped {name}: not measured")
    if name == "all_reduce" and not states(gpu, "link_bandwidth"):
        return log(f"skipped {name}: {gpu.id} states no link_bandwidth")
    rows = SMALL_KERNELS[name].rows(load(gpu.id, writer.header.engine), gpu)
    if len(rows) < min_rows:
        return log(f"skipped {name}: {counted(len(rows), 'row')}, at least {min_rows} needed")
    fit_section_unless_done(writer, (name,), lambda: small_section(name, rows, gpu), log)
