"""Requests that a full pool sends back: what each of them frees, how often one is, and what swapping it costs.

Requests stand in a line by arrival, and the pool reaches to a level in it, which growth moves back. Conditions: the pool binds,
and the latest comer is the victim.
"""

from functools import partial

from sympy import Rational

from costmodel.formulas.capacity import kv_bytes_per_token_per_gpu, local_sequence_size
from costmodel.formulas.offloading import host_link_rate
from costmodel.formulas.pressure import prompt_cv, prompt_token_size
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import generated, generated_cv, prompt, sequence

W = partial(Input, table="workload")
prompt_size = W("prompt_size", "byte/sequence", r"m_a", "Bytes of a prompt on one GPU.", positive=True)
pool_slots = W("pool_slots", "sequence", "K", "Requests of mean length that the pool holds.", positive=True)
half = Rational(1, 2)


@formula("byte**2/sequence**2", r"m_{2,v}")
def leaving_square():
    """Mean square of the bytes that a request frees at its end."""
    prompts, outputs = prompt_token_size * prompt * prompt_cv, kv_bytes_per_token_per_gpu * generated
    return (prompt_size + outputs) ** 2 + prompts**2 + (outputs * generated_cv) ** 2


@formula("byte/sequence", r"m_v")
def victim_size():
    """Bytes that sending one back frees: its prompt, and what it has generated while it came and went.

    Requests ahead of it grow and leave, so that its place in the line is a walk towards the front. It crosses the pool's end for
    the walk's noise over its drift: v³ - m v² = what they grow by, times the square of what one frees, over twice their number.
    """
    noise = kv_bytes_per_token_per_gpu * generated * leaving_square * sequence / (2 * pool_slots)
    third = prompt_size / 3
    root = (noise / 2 + third**3 + (noise**2 / 4 + noise * third**3) ** half) ** Rational(1, 3)
    return third + root + third**2 / root


@formula("", r"v_1")
def full_preemptions():
    """Times that a request is sent back where the pool is always full: growth over what sending one back frees.

    Requests stand in a line by arrival, and the pool reaches to a level in it; growth moves the level back over one boundary a
    victim, wherever it stands.
    """
    return kv_bytes_per_token_per_gpu * generated / victim_size


@formula("second", r"t_\mathrm{swap}")
def swap_time():
    """Copying a running request of mean length to the host and back."""
    return 2 * local_sequence_size * sequence / host_link_rate
