"""Quantize: fewer bits per number, and one metadata record for every tile of tokens × channels × heads."""

import sympy as sp

from costmodel.formulas import attention, cache, codec, prefill, rounding, sharing
from costmodel.language import symbols
from costmodel.language.codecs import COMPILED, MIN_BITS, NATIVE, UNCODED_BITS, nearest_codec, tile_layout
from costmodel.language.functions import Indicator, Maximum
from costmodel.language.symbols import bit, key_width, token, value_width
from costmodel.mechanisms.base import MAX_BYTES, SKIP, Field, Mechanism, Pipeline, blend_by_mask, layer_mask

STATIC_NUMBERS = 1_000_000  # what a static record covers: a thousand tokens of 8 heads of 128 channels
ROUNDED = {
    "key": (rounding.key_step_error, rounding.key_float_error, rounding.key_tile_tokens),
    "value": (rounding.value_step_error, rounding.value_float_error, rounding.value_tile_tokens),
}


class Quantize(Mechanism):
    """The tile replaces the words per-channel, per-token, per-head, per-tensor: KIVI's keys are 32 × 1 × 1."""

    kind = "quantize"
    fields = {
        "target": Field(None, "What is coded", "both", ("key", "value", "both")),
        "bits": Field("byte", "Width of a coded number", required=True, positive=True, high=MAX_BYTES),
        "tile": Field(
            "",
            "Tokens, channels and heads that share one metadata record ('all' for a static one)",
            ["all"] * 3,
            low=1,
            whole=True,
        ),
        "metadata": Field("byte", "Scales, zero points or tables of one tile", "0 bit"),
        "code": Field(
            None,
            "What a code stands for: an evenly spaced integer, a float, or an entry of a table",
            "integer",
            ("integer", "float", "codebook"),
        ),
        "native": Field(None, "KV type under which kernel tables measure exactly this format", "none", ("none", "fp8")),
        "decode_instructions": Field(
            "",
            "Issue slots that a number takes in fused attention beyond a 16-bit cache's: those of a compiled codec, or "
            "counted; without it, those of the nearest compiled codec",
        ),
        "encode_instructions": Field("", "Thread instructions to encode a number", 0),
        "encode_kernels": Field("", "Kernels to encode what a step adds; 0 where fused into the cache write", 0),
        "decode": Field(None, "Whether attention decodes, or a pass before it", "fused", ("fused", "unfused")),
        "prompt_passes": Field("", "Further passes over the encoded prompt", 0),
    } | SKIP

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        tokens, channels, heads = fields["tile"]
        mask = layer_mask(fields["skip_first"], fields["skip_last"])
        is_static = sp.oo in fields["tile"]  # one record for all tokens weighs nothing
        metadata = sp.S.Zero if is_static else fields["metadata"] / Maximum(tokens * channels * heads, 1)
        targets = {
            "key": (cache.key_bits, cache.key_metadata, key_width),
            "value": (cache.value_bits, cache.value_metadata, value_width),
        }
        for target in targets if fields["target"] == "both" else (fields["target"],):
            bits, target_metadata, width = targets[target]
            pipeline[bits] = blend_by_mask(mask, fields["bits"], pipeline[bits])
            pipeline[target_metadata] = blend_by_mask(mask, metadata, pipeline[target_metadata])
            rounded = (*_rounding_errors(fields), 1 if is_static else tokens)
            for slot, value in zip(ROUNDED[target], rounded, strict=True):
                pipeline[slot] = blend_by_mask(mask, value, pipeline[slot])
            pipeline.native[target] = fields["native"]
            width_fraction = width / (key_width + value_width)
            decode, encode = _decode_instructions(fields), fields["encode_instructions"]
            pipeline.replace_work(attention.conversion_work, target, width_fraction * decode, mask)
            pipeline.replace_work(codec.encode_work, target, width_fraction * encode, mask)
        if tokens not in (1, sp.oo):  # a tile is whole or not there
            pipeline[sharing.share_unit] = Maximum(pipeline[sharing.share_unit], tokens * token)
        if fields["decode"] == "unfused":
            pipeline[attention.unfused] = mask
        pipeline[codec.encode_kernels] += mask * fields["encode_kernels"]
        if fields["prompt_passes"] != 0:
            pipeline[prefill.prompt_passes] += mask * fields["prompt_passes"]


def _rounding_errors(fields: dict) -> tuple[sp.Expr, sp.Expr]:
    """Relative error of a normal number under even codes and under codes that follow its size; one of them is 0.

    A record of up to 16 bits is a scale alone.
    """
    bits, code = fields["bits"], fields["code"]
    if code == "float":
        return sp.S.Zero, rounding.float_error(bits)
    if code == "codebook":
        return sp.S.Zero, rounding.codebook_error(bits)
    if sp.oo in fields["tile"]:
        return rounding.signed_error(bits, sp.Integer(STATIC_NUMBERS)), sp.S.Zero
    tokens, channels, heads = fields["tile"]
    record = fields["metadata"].subs(bit, sp.Rational(1, 8))  # bytes
    law = rounding.signed_error if record.is_number and record <= 2 else rounding.integer_error
    return law(bits, tokens * channels * heads), sp.S.Zero


def _decode_instructions(fields: dict) -> sp.Expr:
    """What the file states; else 0 for an unfused codec, whose pass has a time of its own, or the nearest codec's work."""
    if fields["decode_instructions"] is not None:
        return fields["decode_instructions"]
    if fields["decode"] == "unfused":
        return sp.S.Zero
    bits, layout = fields["bits"], tile_layout(["all" if entry == sp.oo else entry for entry in fields["tile"]])
    if bits.is_number or fields["native"] in NATIVE:
        name = nearest_codec(8 * float(bits) if bits.is_number else 0.0, layout, fields["native"])
        return sp.S.Zero if name is None else getattr(symbols, name)
    work = sp.S.Zero  # a width that a knob decides: the widest codec that it reaches
    for width, minimum in reversed(MIN_BITS.items()):
        reached = 1 - Indicator(minimum * bit - bits)
        work = blend_by_mask(reached, getattr(symbols, COMPILED[width][layout]), work)
    return Indicator(UNCODED_BITS * bit - bits) * work


MECHANISM = Quantize()
