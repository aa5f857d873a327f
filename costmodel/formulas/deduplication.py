"""Equal or similar blocks that share one physical page: what finding them costs in a decode step.

Each step fills 1/b of a block of every sequence; its bytes are read once for a fingerprint, which is compared with those of
candidate blocks. A content hash over token ids, as engines chain it for prefixes, reads no cache at all. Condition: one layer.
"""

from costmodel.formulas.cache import coded_size, local_cached_heads, signature_size
from costmodel.formulas.codec import copy_efficiency, kernel_floor
from costmodel.language.functions import Indicator
from costmodel.language.quantity import formula, slot
from costmodel.language.symbols import attends, batch, hbm_bandwidth, kernel_is_ideal, sequence, token


@slot("", r"k_=")
def fingerprint_kernels():
    """Kernels that fingerprint new blocks and compare them in every step."""
    return 0


@slot("", r"n_=")
def compared_blocks():
    """Stored blocks with whose fingerprints a new block is compared."""
    return 0


@formula("second", r"T_=")
def deduplication_time():
    """Reading what a step adds to fingerprint it, and the fingerprints of candidates."""
    size = batch * local_cached_heads * (token / sequence) * (coded_size + compared_blocks * signature_size)
    traffic = Indicator(fingerprint_kernels) * size / (copy_efficiency * hbm_bandwidth)
    return attends * (1 - kernel_is_ideal) * (fingerprint_kernels * kernel_floor + traffic)
