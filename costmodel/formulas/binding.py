"""The operations of a decode step by what binds them: memory, multiprocessors, conversion, tensor cores, launches.

Attention waits for memory or for the multiprocessors in the proportion of their shares in the smooth maximum; part of the
multiprocessors' time converts the cache. Conditions: those of the step.
"""

from costmodel.formulas.attention import (
    attention_floor,
    attention_memory_time,
    conversion_time,
    multiprocessor_time,
    overlap,
)
from costmodel.formulas.linear import (
    gemm_overlap,
    product_compute_time,
    product_floor,
    product_memory_time,
    timed_count,
)
from costmodel.formulas.recurrent import state_launch_time
from costmodel.formulas.step import kernel_gap_time, matrix_step_time, sampling_time, small_kernel_time
from costmodel.language.functions import PNorm, PNormWeight
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import attends, layer, layer_count


@total("second", r"\sum t_\mathrm{hbm}", "layer_group")
def hbm_bound_time():
    """Attention waiting for memory."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    return layer_count / layer * attends * overlapped * PNormWeight(attention_memory_time, multiprocessor_time, overlap)


@total("second", r"\sum t_\mathrm{sm}", "layer_group")
def sm_bound_time():
    """Attention waiting for the multiprocessors, conversion included."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    return layer_count / layer * attends * overlapped * PNormWeight(multiprocessor_time, attention_memory_time, overlap)


@total("second", r"\sum t_\mathrm{conv}", "layer_group")
def conversion_bound_time():
    """The part of the multiprocessor-bound time that converts the cache."""
    overlapped = PNorm(attention_memory_time, multiprocessor_time, overlap)
    bound = overlapped * PNormWeight(multiprocessor_time, attention_memory_time, overlap)
    return layer_count / layer * attends * bound * conversion_time / multiprocessor_time


@formula("second", r"t_\mathrm{sm}")
def streaming_bound_time():
    """Attention waiting for the multiprocessors to stream and multiply tokens, conversion left out."""
    return sm_bound_time - conversion_bound_time


@total("second", r"\sum t_{0}", "layer_group")
def attention_launch_time():
    """Floors of attention."""
    return layer_count / layer * attends * attention_floor


@total("second", r"\sum t_{g,0}", "layer_group product")
def matrix_launch_time():
    """Floors of the matrix products."""
    return timed_count * product_floor


@total("second", r"\sum t_{g,\mathrm{mem}}", "layer_group product")
def matrix_memory_bound_time():
    """Matrix products waiting for memory."""
    overlapped = PNorm(product_memory_time, product_compute_time, gemm_overlap)
    return timed_count * overlapped * PNormWeight(product_memory_time, product_compute_time, gemm_overlap)


@formula("second", r"t_\mathrm{tc}")
def matrix_compute_bound_time():
    """Matrix products waiting for the tensor cores."""
    return matrix_step_time - matrix_launch_time - matrix_memory_bound_time


@formula("second", r"t_\mathrm{launch}")
def launch_bound_time():
    """Floors of all kernels."""
    small = small_kernel_time + kernel_gap_time + sampling_time + state_launch_time
    return attention_launch_time + matrix_launch_time + small
