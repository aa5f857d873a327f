"""A cache that rests between two uses: coded and moved away when its conversation pauses, brought back whole when it goes on.

No decode step pays for it; the first token of the next turn does (CacheGen, arXiv:2310.07240, section 5; KVTC, 2511.01815).
Rivals are offloading the pages as they are, and computing the history again. Conditions: one conversation at a time, copies
and kernels one after the other, nothing hidden behind the prompt pass of the new tokens. The link and the kernels err apart.
"""

from sympy import Rational

from costmodel.formulas.cache import (
    coded_size,
    kept_tokens,
    key_elements,
    local_cached_heads,
    size_16bit,
    value_elements,
)
from costmodel.formulas.capacity import local_sequence_size
from costmodel.formulas.codec import copy_efficiency, kernel_floor
from costmodel.formulas.errors import codec_spread
from costmodel.formulas.offloading import host_link_rate
from costmodel.language.functions import Floor, PositivePart
from costmodel.language.quantity import Input, formula, slot, total
from costmodel.language.symbols import (
    attends,
    clock,
    exposed_latency,
    flop,
    fused_product_share,
    hbm_bandwidth,
    host_link_spread,
    issue_lanes,
    layer,
    layer_count,
    multiprocessors,
    owns_cache,
    peak_16bit,
    sequence,
    token,
)

resting_store = Input(
    "resting_store",
    "byte",
    r"M_\mathrm{rest}",
    "Memory of the host that resting caches may take.",
    "workload",
    positive=True,
)


returning_rate = Input(
    "returning_rate",
    "sequence/second",
    r"\lambda_z",
    "Conversations that come back in a second.",
    "workload",
    positive=True,
)


@slot("", r"\rho_z")
def resting_rate():
    """Bytes of a token while its sequence rests over its coded bytes in the pool."""
    return 1


@slot("token/sequence", r"T_{z,16}")
def raw_resting_tokens():
    """Tokens of a sequence that keep the form of the pool while it rests."""
    return 0 * token / sequence


@slot("", r"k_z")
def resting_kernels():
    """Kernels of a layer that decode a resting cache before it is used; 0 where it is used as it rests."""
    return 0


@slot("flop", r"w_z")
def resting_decode_flop():
    """Tensor arithmetic that decoding one number takes: an inverse transform."""
    return 0 * flop


@slot("", r"\omega_z")
def resting_decode_work():
    """Thread instructions that decoding one number takes."""
    return 0


@slot("", r"\chi_h", high=1)
def rests_in_pool():
    """1 where a resting cache stays in the GPU's memory, 0 where it crosses the link to the host."""
    return 0


@formula("byte/token/head", r"s_z")
def resting_size():
    """Bytes of one token of one head while its sequence rests."""
    return coded_size * resting_rate


@formula("token/sequence", r"T_z")
def coded_resting_tokens():
    """Tokens of a layer that rest in coded form."""
    return PositivePart(kept_tokens - raw_resting_tokens)


@total("byte/sequence", r"m_z", "layer_group")
def resting_sequence_size():
    """Bytes of a resting sequence on one GPU's side."""
    raw = (kept_tokens - coded_resting_tokens) * coded_size
    return layer_count / layer * owns_cache * attends * local_cached_heads * (raw + coded_resting_tokens * resting_size)


@total("byte/sequence", r"m_\mathrm{plain}", "layer_group")
def plain_resting_size():
    """Bytes of a resting sequence whose pages are kept as they are."""
    return layer_count / layer * owns_cache * attends * local_cached_heads * kept_tokens * coded_size


@formula("second", r"t_\mathrm{plain}")
def plain_fetch_time():
    """Bringing the pages back as they are."""
    return plain_resting_size * sequence / host_link_rate


@formula("second", r"t_{z,\ell}")
def resting_fetch_time():
    """Bringing the coded cache back over the link."""
    return (1 - rests_in_pool) * resting_sequence_size * sequence / host_link_rate


@total("second", r"t_{z,d}", "layer_group")
def resting_decode_time():
    """Decoding the cache whole: kernels, its bytes read and written, the inverse transform, instructions a number."""
    tokens = local_cached_heads * coded_resting_tokens * sequence
    traffic = tokens * (resting_size + size_16bit) / (copy_efficiency * hbm_bandwidth)
    numbers = tokens * (key_elements + value_elements)
    products = numbers * resting_decode_flop / (fused_product_share * peak_16bit)
    busy = exposed_latency * numbers * resting_decode_work / (issue_lanes * clock * multiprocessors)
    return layer_count / layer * attends * (resting_kernels * (kernel_floor + traffic) + products + busy)


@formula("second", r"t_z")
def resume_time():
    """From the pause to a cache in the pool: the link, then decoding."""
    return resting_fetch_time + resting_decode_time


@formula("", r"\varsigma_z")
def resume_spread():
    """Log standard error of that time: the share of the link's rate, and the kernels that decode."""
    errors = (resting_fetch_time * host_link_spread) ** 2 + (resting_decode_time * codec_spread) ** 2
    return errors ** Rational(1, 2) / resume_time


@formula("byte/second", r"\beta_z^{=}")
def break_even_link():
    """Rate of the link at which coded and plain pages come back equally fast; a faster link favours plain pages."""
    return (plain_resting_size - resting_sequence_size) * sequence / resting_decode_time


@formula("", r"\gamma_z")
def resting_ratio():
    """Bytes in the pool over bytes at rest."""
    return local_sequence_size / resting_sequence_size


@formula("sequence", r"n_z")
def resting_sequences():
    """Sequences that rest in the host's memory at once."""
    return Floor(resting_store / (resting_sequence_size * sequence)) * sequence


@formula("second", r"t_\mathrm{pause}")
def covered_pause():
    """Longest pause after which a cache is still there, where the host keeps the newest ones."""
    return resting_sequences / returning_rate
