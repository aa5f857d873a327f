"""The errors of profiles on rows outside their fits, computed again from the raw measurements."""

from collections.abc import Iterator

import pandas as pd

from calibration.fitting import metrics
from calibration.kernel_fits import attention, gemm, grouped, prefill, small_kernels
from calibration.validation.held_out import HeldOut
from costmodel.facts import profiles
from costmodel.facts.gpus import GPU

POOLED = "attention, all widths"
SIZES = {"small": "m to 256", "large": "m from 1024"}
TOKENS = {"all": "all", "small": "to 256 tokens", "large": "from 1,024 tokens"}
POOLS = {"all_reduce": "all-reduce", "codec": "cast to fp8"}
POOLED_METRICS = ["median", "p90", "p99", "cold_median", "cold_p90", "coverage", "width"]


def report(identifier: str) -> Iterator[dict]:
    """One row of errors (percent) a fit and KV type of a profile, and one for the pairs of the whole profile."""
    held_out = HeldOut(identifier)
    if held_out.file.attention:
        yield from _attention(held_out)
    yield from other_laws(held_out)


def stated_errors(identifier: str) -> Iterator[dict]:
    """Rows of errors as the profile itself states them, where its measurements are not at hand."""
    for fit in profiles.read_profile_file(identifier).fits():
        label = " ".join(str(value) for value in profiles.key_of(fit)[1:])
        for name, errors in fit.held_out.items():
            if isinstance(errors, dict):
                yield {"law": profiles.law_of(fit), "what": f"{label} {name}".strip()} | errors


def other_laws(held_out: HeldOut) -> Iterator[dict]:
    """Rows of errors of all laws but decode attention; ``pool`` names what may be pooled over profiles."""
    gpu = held_out.gpu
    for fit, rows in held_out.gemm():
        for size, errors in gemm.held_out_errors(fit, rows, gpu).items():
            pool = f"products {fit.dtype}, {SIZES[size]}"
            yield {"law": "gemm", "what": f"{fit.dtype} {size}", "pool": pool} | errors
    for fit, rows in held_out.prefill():
        for kv_dtype, errors in prefill.held_out_errors(fit, rows, gpu).items():
            what = f"prefill {fit.kernel} {fit.head_dim} {kv_dtype}"
            yield {"law": "prefill", "what": what, "pool": "prefill attention, all sizes"} | errors
    for fit, rows in held_out.latent():
        for group, errors in attention.held_out_errors(fit, rows, gpu).items():
            pool = {} if group == "pairs" else {"pool": f"MLA decode {group}"}
            yield {"law": "latent", "what": f"latent {fit.kernel} {group}", "rule": fit.rule} | pool | errors
    for fit, rows in held_out.grouped():
        for size, errors in grouped.held_out_errors(fit, rows, gpu).items():
            pool = f"experts {fit.dtype}, {TOKENS[size]}"
            within = grouped.coverage(fit, rows, gpu) if size == "all" else {}
            yield {"law": "grouped", "what": f"experts {fit.label} {size}", "pool": pool} | errors | within
    for fit, rows in held_out.small():
        errors = small_kernels.held_out_errors(fit, rows, gpu)
        yield {"law": fit.name, "what": "", "pool": POOLS[fit.name]} | errors


def _attention(held_out: HeldOut) -> Iterator[dict]:
    rows, gpu = held_out.attention(), held_out.gpu
    for (kernel, head_dim, kv_dtype), group in rows.groupby(["kernel", "head_dim", "kv_dtype"]):
        labels = {"law": "attention", "what": f"{kernel} {head_dim} {kv_dtype}", "rule": group["rule"].iloc[0]}
        yield labels | attention_scores(group, gpu)
    for (kernel, kv_dtype), group in rows.groupby(["kernel", "kv_dtype"]):
        yield {"law": POOLED, "what": f"{kernel} {kv_dtype}"} | attention_scores(group, gpu)
    pairs = metrics.pairs(rows, rows["predicted_us"].to_numpy())
    if len(pairs):
        scores = metrics.pair_scores(pairs, gpu.numbers["l2_size"])
        yield {"law": "attention", "what": "fastest kernels, pairs"} | scores


def attention_scores(rows: pd.DataFrame, gpu: GPU) -> dict[str, float]:
    """Errors of rows with ``predicted_us`` and ``spread``, in percent: all, cold, and how many lie in their interval."""
    predicted = rows["predicted_us"].to_numpy()
    errors = metrics.attention_errors(rows, predicted, gpu.numbers["l2_size"])
    return errors | metrics.coverage(predicted, rows["spread"], rows["latency_us"])


def pooled(rows: pd.DataFrame) -> pd.Series:
    """Medians over groups (GPU, engine, kernel, KV type) of each group's errors: every group counts the same."""
    groups = rows[rows["law"] == POOLED]
    return groups[POOLED_METRICS].median().rename(f"{len(groups)} groups")
