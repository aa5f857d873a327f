"""Everything that a scheme does in a decode step outside the attention kernel, for one layer."""

from costmodel.formulas.codec import (
    added_time,
    decode_pass_time,
    encode_time,
    move_time,
    query_cast_time,
    score_time,
    select_time,
)
from costmodel.formulas.deduplication import deduplication_time
from costmodel.formulas.offloading import fetch_time
from costmodel.language.quantity import formula
from costmodel.language.symbols import attends


@formula("second", r"t_\mathrm{codec}")
def codec_time():
    """Everything a scheme does outside the attention kernel, per layer and step."""
    passes = decode_pass_time + encode_time + score_time + select_time + move_time + query_cast_time
    return passes + deduplication_time + fetch_time + attends * added_time
