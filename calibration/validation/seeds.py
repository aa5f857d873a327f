"""How far the errors of a profile depend on the seed of its design: every fit made again under five seeds."""

from collections.abc import Callable, Iterator

import pandas as pd

from calibration.data import aiconfigurator as source
from calibration.data.grouped_products import grouped_products
from calibration.kernel_fits.attention import attention_section
from calibration.kernel_fits.gemm import gemm_section
from calibration.kernel_fits.grouped import grouped_section
from calibration.kernel_fits.prefill import prefill_section
from calibration.validation.held_out import HeldOut
from costmodel.facts.gpus import GPU

SEEDS = range(5)


def over_seeds(identifier: str) -> Iterator[dict]:
    """Held-out median error of every fit of a profile when its rows are designed under five seeds: least and most."""
    held_out = HeldOut(identifier)
    gpu, header, beside = held_out.gpu, held_out.file.header, held_out.beside("prefill")
    if held_out.file.attention:
        measured = source.decode_attention(gpu.id, header.engine, header.engine_version)
        yield from _by_kernel("attention", attention_section, held_out.file.attention, measured, gpu)
    if held_out.file.gemm:
        measured = source.gemm(gpu.id, header.engine)
        for fit in held_out.file.gemm:
            rows = measured[measured["dtype"] == fit.dtype]
            yield from _errors_over_seeds(fit.dtype, "gemm", gemm_section, rows, gpu)
    if (experts := held_out.beside("grouped")) is not None:
        measured = grouped_products(gpu.id, experts.header.engine)
        for fit in experts.grouped:
            rows = measured[(measured["kernel"] == fit.kernel) & (measured["dtype"] == fit.dtype)]
            yield from _errors_over_seeds(f"experts {fit.label}", "grouped", grouped_section, rows, gpu)
    if beside is not None:
        measured = source.prefill_attention(gpu.id, beside.header.engine, beside.header.engine_version)
        yield from _by_kernel("prefill", prefill_section, beside.prefill, measured, gpu)


def _by_kernel(law: str, fit_section: Callable, fits, measured: pd.DataFrame, gpu: GPU) -> Iterator[dict]:
    fitted = {(fit.kernel, fit.head_dim) for fit in fits}
    for (kernel, head_dim), rows in measured.groupby(["kernel", "head_dim"]):
        if (kernel, head_dim) in fitted:
            yield from _errors_over_seeds(f"{kernel} {head_dim}", law, fit_section, rows, gpu)


def _errors_over_seeds(label: str, law: str, fit_section: Callable, rows: pd.DataFrame, gpu: GPU) -> Iterator[dict]:
    held_out = [fit_section(rows, gpu, seed).fit.held_out for seed in SEEDS]
    for group in (name for name in held_out[0] if name != "pairs"):
        medians = [errors[group]["median"] for errors in held_out]
        yield {"law": law, "what": f"{label} {group}", "least": min(medians), "most": max(medians)}
    if "pairs" in held_out[0]:
        signs = [errors["pairs"].get("sign_5", float("nan")) for errors in held_out]
        yield {"law": law, "what": f"{label} sign_5", "least": min(signs), "most": max(signs)}
