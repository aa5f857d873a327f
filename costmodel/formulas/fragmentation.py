"""What a pool loses to fragmentation: held memory that holds no token yet, and free memory that no request fits into.

Fixed blocks grow with a request and waste a tail (Kwon et al. 2023, section 4); a slot of a size class, or a segment of the exact
size, is reserved whole from the beginning. Among segments of many sizes there is a hole for every two of them (Knuth, The Art of
Computer Programming, 2.5). Conditions: requests wait all the time; lengths alike but for their spread; no eviction.
"""

from functools import partial

from sympy import Rational, log

from costmodel.formulas.block_tables import pool_block
from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import generated, generated_cv, prompt, sequence, token

F = partial(Input, table="workload", positive=True)
class_ratio = F("class_ratio", "", r"r_c", "Size of a class of slots over that of the next smaller one (above 1).")
hole_ratio = F("hole_ratio", "", r"r_h", "Mean size of a hole between segments over that of a segment.")


@formula("token/sequence", r"T_\mathrm{wr}")
def written_tokens():
    """Tokens that a running request has written, on average: the output is met in proportion to its length, half of it done."""
    return prompt + generated * (1 + generated_cv**2) / 2


@formula("token/sequence", r"T_\mathrm{fin}")
def final_tokens():
    """Tokens that a running request will have written when it ends, on average."""
    return prompt + generated * (1 + generated_cv**2)


@formula("", r"u_b")
def block_use():
    """Share of the held blocks of fixed size that holds tokens: all but the tail of the last block."""
    return written_tokens / (written_tokens + (pool_block - token) / (2 * sequence))


@formula("", r"u_r")
def segment_use():
    """Share of a segment of the exact size that holds tokens: the rest waits for what is yet to be generated."""
    return written_tokens / final_tokens


@formula("", r"u_c")
def slot_use():
    """Share of the slots of size classes that holds tokens, where lengths lie evenly on a logarithmic scale within a class."""
    return segment_use * (1 - 1 / class_ratio) / log(class_ratio)


@formula("", r"\phi_v")
def unusable_share():
    """Share of a pool of segments that lies in holes: one hole for every two segments."""
    return hole_ratio * Rational(1, 2) / (1 + hole_ratio * Rational(1, 2))
