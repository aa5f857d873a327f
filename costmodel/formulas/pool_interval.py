"""The 90 % interval of the pool: what is taken of a GPU's memory before it errs by as many bytes, however small the pool.

Libraries, allocators and kernels take what no formula counts, alike for a large pool and a small one: a pool that is a tenth of
the memory is ten times as uncertain. Condition: one version of an engine, whose error its file states; a pool has no less than
nothing.
"""

from costmodel.formulas.capacity import pool_room, printed_tokens, whole_blocks
from costmodel.language.normal import Z90
from costmodel.language.quantity import formula
from costmodel.language.symbols import taken_error


@formula("token", r"T_\mathrm{pool}^{-}")
def pool_tokens_low():
    """Tokens of the pools where more is taken than was counted, at the low end of their 90 % interval."""
    return printed_tokens(whole_blocks(pool_room - Z90 * taken_error))


@formula("token", r"T_\mathrm{pool}^{+}")
def pool_tokens_high():
    """Tokens of the pools where less is taken than was counted, at the high end of their 90 % interval."""
    return printed_tokens(whole_blocks(pool_room + Z90 * taken_error))
