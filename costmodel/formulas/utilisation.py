"""How much of the device a decode step uses: bytes over what HBM could move, arithmetic over what tensor cores could do.

MBU and MFU as serving reports state them: useful work alone, the datasheet's peaks, the whole step as the time. What is left of
both is launches, waits and the codec. Condition: one GPU of the replica.
"""

from costmodel.formulas.breakdown import attention_step_traffic, attention_step_work
from costmodel.formulas.linear import product_traffic
from costmodel.formulas.terms import step_time
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import columns, flop, hbm_bandwidth, inner, peak, product_count, rows


@total("byte", r"\sum W_\nu", "layer_group product")
def products_traffic():
    """Traffic of all matrix products of a step, on one GPU."""
    return product_count * product_traffic


@total("flop", r"\sum F_\nu", "layer_group product")
def products_work():
    """Arithmetic of all matrix products of a step, on one GPU."""
    return product_count * 2 * flop * rows * columns * inner


@formula("", r"\mathrm{MBU}")
def bandwidth_use():
    """Share of HBM's datasheet bandwidth that a step uses: weights, cache and activations, each read once."""
    return (products_traffic + attention_step_traffic) / (step_time * hbm_bandwidth)


@formula("", r"\mathrm{MFU}")
def arithmetic_use():
    """Share of the tensor cores' datasheet throughput, at the type of the products, that a step uses."""
    return (products_work + attention_step_work) / (step_time * peak)
