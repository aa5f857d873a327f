"""Profiles beside the profile: laws that are fitted apart from decode attention and lie in a folder of their own.

A companion has the header of a profile and the same resumable fits; ``costmodel.facts.profiles`` reads it together with
the profile of the same name.
"""

from collections.abc import Callable
from datetime import date

import pandas as pd

from calibration.data import aiconfigurator as source
from calibration.data.design import BUDGET, NODE, NODE_FRACTION, SEED, SERVING_FRACTION
from calibration.data.grouped_products import OPERATION, grouped_products, measured_layers
from calibration.kernel_fits import grouped
from calibration.kernel_fits.prefill import prefill_section, reason_not_to_fit
from calibration.profiles.fit_profile import (
    METHOD,
    MIN_ROWS,
    default_kernels,
    fit_attention_kernels,
    fit_section_unless_done,
)
from calibration.profiles.writer import ProfileWriter, open_writer
from costmodel.errors import InputError
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import Header
from costmodel.text.counted import counted

MIN_SERVING_ROWS = 100
PREFILL_METHOD = (
    f"at most {BUDGET} designed rows a fit ({SERVING_FRACTION:.0%} of shapes at serving sizes, half maximin, half random, "
    f"seed {SEED}), soft-L1 least squares on log latency and on the log ratio of matched shapes, in log coefficients, "
    "weak prior, best of three starts from each of two ways with a window; empty cache, 16-bit arithmetic; "
    "spreads from the fitted rows alone by ten folds of whole shapes; held_out in percent on all other rows, "
    "serving: prompts from 512 tokens, 2,048 tokens in all"
)
GROUPED_METHOD = (
    f"at most {BUDGET} designed rows a fit ({NODE_FRACTION:.0%} within a node of {NODE} GPUs, as many of up to 256 tokens as of "
    f"more, half maximin over tokens, expert, experts on a GPU, choices and routing, half random, seed {SEED}), soft-L1 least "
    "squares on log latency in log coefficients, weak prior, best of two starts from each of three tiles; spreads from the "
    "fitted rows alone by leverage; held_out in percent on all other rows (small: up to 256 tokens, large: from 1,024)"
)


def calibrate_prefill(
    gpu: GPU, engine: str, refit: bool = False, log: Callable[[str], None] = print
) -> ProfileWriter | None:
    """Fit prefill attention of the pair and write it; None, with the reason logged, where none was measured."""
    try:
        rows = source.prefill_attention(gpu.id, engine)
    except InputError as error:
        return log(f"skipped prefill attention: {error}")
    writer = open_writer(_header(gpu, engine, "prefill", rows, PREFILL_METHOD), "prefill", refit)
    for (family, head_dim), group in rows.groupby(["kernel", "head_dim"]):
        if reason := reason_not_to_fit(group, MIN_ROWS, MIN_SERVING_ROWS):
            log(f"skipped prefill {family} head_dim {head_dim}: {reason}")
        else:
            key = ("prefill", family, int(head_dim))
            fit_section_unless_done(writer, key, lambda group=group: prefill_section(group, gpu), log)
    return writer if writer.sections else log("skipped prefill attention: nothing to fit")


def calibrate_latent(
    gpu: GPU, engine: str, refit: bool = False, log: Callable[[str], None] = print
) -> ProfileWriter | None:
    """Fit decode attention over a latent (MLA) and write it; None, with the reason logged, where none was measured."""
    try:
        rows = source.latent_attention(gpu.id, engine)
    except InputError as error:
        return log(f"skipped latent attention: {error}")
    writer = open_writer(_header(gpu, engine, "mla", rows, METHOD), "latent", refit)
    fit_attention_kernels(writer, rows, gpu, sorted(rows["kernel"].unique()), log)
    return writer if writer.sections else log("skipped latent attention: nothing to fit")


def calibrate_grouped(
    gpu: GPU, engine: str, refit: bool = False, log: Callable[[str], None] = print
) -> ProfileWriter | None:
    """Fit the grouped products of experts of the pair and write them; None, with the reason logged, where none was measured."""
    try:
        rows = grouped_products(gpu.id, engine, lambda reason, count: log(f"left out {counted(count, 'row')} {reason}"))
    except InputError as error:
        return log(f"skipped grouped products: {error}")
    version, layers = source.versions(gpu.id, OPERATION, engine)[-1], measured_layers(gpu.id, engine)
    text = source.source_text(gpu.id, OPERATION, engine, version)
    writer = open_writer(Header(gpu.id, engine, text, version, date.today(), GROUPED_METHOD), "grouped", refit)
    for (dtype, kernel), group in rows.groupby(["dtype", "kernel"]):
        if reason := grouped.reason_not_to_fit(dtype, gpu):
            log(f"skipped grouped {kernel} {dtype}: {reason}")
        elif len(group) < MIN_ROWS:
            log(f"skipped grouped {kernel} {dtype}: {counted(len(group), 'row')}, at least {MIN_ROWS} needed")
        else:
            key = ("grouped", f"{kernel} {dtype}")
            own = layers[kernel, dtype]
            fit_section_unless_done(
                writer, key, lambda group=group, own=own: grouped.grouped_section(group, gpu, layers=own), log
            )
    return writer if writer.sections else log("skipped grouped products: nothing to fit")


def _header(gpu: GPU, engine: str, operation: str, rows: pd.DataFrame, method: str) -> Header:
    version = rows["engine_version"].iloc[0]
    text = source.source_text(gpu.id, operation, engine, version)
    return Header(gpu.id, engine, text, version, date.today(), method, default_kernels(rows))
