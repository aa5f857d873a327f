"""A cache that lives on the host while its sequence decodes: what attention needs of it crosses the link in every step.

The link is shared by the GPU's sequences; nothing is hidden behind other work (InfiniGen, arXiv:2406.19707, prefetches one
layer ahead, which hides at most the rest of the step). Condition: one layer, copies at the link's reached rate.
"""

from costmodel.formulas.cache import local_cached_heads, read_tokens
from costmodel.language.quantity import formula, slot
from costmodel.language.symbols import attends, batch, byte, head, host_bandwidth, host_link_efficiency, token


@slot("byte/token/head", r"\varsigma_\ell")
def fetched_size():
    """Bytes of a read token and head that cross the link to the host in every step."""
    return 0 * byte / (token * head)


@formula("byte/second", r"\beta_h'")
def host_link_rate():
    """Bytes that the link to the host moves in a second."""
    return host_link_efficiency * host_bandwidth


@formula("second", r"T_\ell")
def fetch_time():
    """Fetching what attention reads of the offloaded cache."""
    return attends * batch * local_cached_heads * read_tokens * fetched_size / host_link_rate
