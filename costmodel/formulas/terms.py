"""What binds a decode step: one entry a term, from which the step, its waterfall and its errors follow.

A term takes the sum of its quantities; the step is the sum of all terms. ``errors`` says which log error each quantity that
is not modelled apart (attention, codec) has; quantities with the same error err together. ``every_pass`` holds what every
forward pass pays, the chunks of a prompt too. To add a term, write its formula and one entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sympy import Add, Expr

from costmodel.formulas.binding import (
    attention_launch_time,
    conversion_bound_time,
    hbm_bound_time,
    matrix_compute_bound_time,
    matrix_launch_time,
    matrix_memory_bound_time,
    streaming_bound_time,
)
from costmodel.formulas.errors import communication_spread, experts_spread, gemm_spread, other_spread
from costmodel.formulas.recurrent import state_launch_time, state_step_time
from costmodel.formulas.step import (
    codec_step_time,
    communication_step_time,
    expert_step_time,
    kernel_gap_time,
    sampling_time,
    small_kernel_time,
)
from costmodel.language.quantity import Quantity, formula
from costmodel.language.symbols import step_host_time


@dataclass(frozen=True)
class Term:
    """One thing that a decode step may wait for, with the letter and the colour that stand for it in maps and figures."""

    name: str
    letter: str
    colour: str
    meaning: str
    quantities: tuple[Quantity, ...]
    decided_by: tuple[str, ...]
    errors: dict[Quantity, tuple[Quantity, ...]] = field(default_factory=dict)
    every_pass: tuple[Quantity, ...] = ()


SMALL = (
    small_kernel_time,
    kernel_gap_time,
    sampling_time,
    state_launch_time,
)  # what no matrix product and no attention takes

TERMS = (
    Term(
        "hbm", "h", "#0072b2", "Attention waiting for memory, and the state of recurrent layers.",
        (hbm_bound_time, state_step_time), ("hbm_efficiency", "hbm_bandwidth"), {other_spread: (state_step_time,)},
    ),
    Term(
        "sm", "s", "#44aa99", "Attention waiting for the multiprocessors to stream and multiply tokens.",
        (streaming_bound_time,), ("token_cost", "sms"),
    ),
    Term(
        "conversion", "v", "#cc6677", "Attention waiting for the multiprocessors to convert the cache.",
        (conversion_bound_time,), ("conversion_spread", "clock"),
    ),
    Term(
        "launch", "l", "#ddcc77", "Floors of all kernels.",
        (attention_launch_time, matrix_launch_time, *SMALL),
        ("attention_launch", "gemm_launch", "small_floor", "kernel_gap", "layer_kernels"),
        {gemm_spread: (matrix_launch_time,), other_spread: SMALL},
        (matrix_launch_time, *SMALL),
    ),
    Term(
        "matrix-memory", "m", "#88ccee", "Matrix products waiting for memory.",
        (matrix_memory_bound_time,), ("gemm_efficiency", "hbm_bandwidth"),
        {gemm_spread: (matrix_memory_bound_time,)}, (matrix_memory_bound_time,),
    ),
    Term(
        "matrix-compute", "c", "#332288", "Matrix products waiting for the tensor cores.",
        (matrix_compute_bound_time,), ("gemm_peak_share", "peak"),
        {gemm_spread: (matrix_compute_bound_time,)}, (matrix_compute_bound_time,),
    ),
    Term(
        "experts", "e", "#661100", "The grouped product of experts: routing, their weights, their rows.",
        (expert_step_time,), ("grouped_launch", "grouped_efficiency", "hbm_bandwidth"),
        {experts_spread: (expert_step_time,)}, (expert_step_time,),
    ),
    Term(
        "communication", "n", "#aa4499", "All-reduces between the GPUs of a replica.",
        (communication_step_time,), ("reduce_launch", "link_bandwidth"),
        {communication_spread: (communication_step_time,)}, (communication_step_time,),
    ),
    Term(
        "host", "o", "#999933", "Host time that the device waits for.",
        (step_host_time,), ("step_host_time",), {other_spread: (step_host_time,)}, (step_host_time,),
    ),
    Term(
        "codec", "k", "#882255", "Codec work outside the attention kernel.",
        (codec_step_time,), ("kernel_floor", "exposed_latency"),
    ),
)  # fmt: skip


def total_of(select: Callable[[Term], tuple[Quantity, ...]]):
    """The sum of what ``select`` takes of every term."""
    return Add(*(quantity for term in TERMS for quantity in select(term)))


def errors_of(select: Callable[[Term], tuple[Quantity, ...]]) -> dict[Quantity, Expr]:
    """Error of what ``select`` takes of every term, by the log error that its quantities share."""
    sums: dict[Quantity, list] = {}
    for term in TERMS:
        for spread, quantities in term.errors.items():
            sums.setdefault(spread, []).extend(q for q in quantities if q in select(term))
    return {spread: spread * Add(*quantities) for spread, quantities in sums.items()}


@formula("second", r"t_\mathrm{step}")
def step_time():
    """One decode step: one more token for every sequence of the batch."""
    return total_of(lambda term: term.quantities)


@formula("second", r"t_\mathrm{pass}")
def forward_pass_time():
    """What every forward pass pays, that of a prompt's chunk too: products, all-reduces, small kernels, host."""
    return total_of(lambda term: term.every_pass)
