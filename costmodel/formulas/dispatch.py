"""Which path a decode-attention call takes: a closed list of predicates; a profile names one.

On the main path one work unit serves the whole query group of a cached head; on the fallback path it serves one query
head, and every query head reads the cache again through L2. The rules were read off the engines' own heuristics.
"""

import sympy as sp

from costmodel.formulas.attention import group_size, kv_units
from costmodel.formulas.cache import key_bits
from costmodel.language.symbols import bit, head, token, window

ENDLESS = sp.Integer(10) ** 15  # tokens; a comparison with infinity SymPy would settle at once, symbols being finite
wide, single = group_size > 32, sp.Eq(group_size, 1)
plain, cut = key_bits > 12 * bit, window < ENDLESS
small = kv_units < 8192 * token * head

RULES: dict[str, sp.Basic] = {
    "none": sp.false,
    "all": sp.true,
    "window": cut,
    "group-above-16": group_size > 16,
    "group-above-32": wide,
    "group-above-32-or-single": wide | single,
    "single": single,
    "window-or-single": cut | single,
    "group-above-32-or-plain-single": wide | (single & plain),
    "masked-or-grouped": wide | (plain & (single | small)),
    "group-above-32-or-single-or-plain-small": wide | single | (plain & small),
}
