"""Quantise: fewer bits a number, and one metadata record for every tile of tokens × channels × heads."""

import sympy as sp

from costmodel.formulas import attention, cache, codec, prefill
from costmodel.language.functions import Maximum
from costmodel.language.symbols import key_width, value_width
from costmodel.mechanisms.base import SKIP, Field, Mechanism, Pipeline, mixed, skipping


class Quantize(Mechanism):
    """The tile replaces the words per-channel, per-token, per-head, per-tensor: KIVI's keys are 32 × 1 × 1."""

    kind = "quantize"
    fields = {
        "target": Field(None, "What is coded", "both", ("key", "value", "both")),
        "bits": Field("byte", "Width of a coded number", required=True),
        "tile": Field(
            "", "Tokens, channels and heads that share one metadata record ('all' for a static one)", ["all"] * 3
        ),
        "metadata": Field("byte", "Scales, zero points or tables of one tile", "0 bit"),
        "native": Field(None, "KV type under which kernel tables measure this very format", "none", ("none", "fp8")),
        "decode_instructions": Field(
            "",
            "Issue slots a number takes in fused attention beyond a 16-bit cache's: of a compiled codec, or counted",
            0,
        ),
        "encode_instructions": Field("", "Thread instructions to encode a number", 0),
        "encode_kernels": Field("", "Kernels to encode what a step adds; 0 where fused into the cache write", 0),
        "decode": Field(None, "Whether attention decodes, or a pass before it", "fused", ("fused", "unfused")),
        "prompt_passes": Field("", "Further passes over the encoded prompt", 0),
    } | SKIP

    def change(self, pipeline: Pipeline, given: dict) -> None:
        tokens, channels, heads = given["tile"]
        mask = skipping(given["skip_first"], given["skip_last"])
        static = sp.oo in given["tile"]  # one record for all tokens weighs nothing
        metadata = sp.S.Zero if static else given["metadata"] / Maximum(tokens * channels * heads, 1)
        parts = {
            "key": (cache.key_bits, cache.key_metadata, key_width),
            "value": (cache.value_bits, cache.value_metadata, value_width),
        }
        targets = ("key", "value") if given["target"] == "both" else (given["target"],)
        for target in targets:
            bits, side, width = parts[target]
            pipeline[bits] = mixed(mask, given["bits"], pipeline[bits])
            pipeline[side] = mixed(mask, metadata, pipeline[side])
            pipeline.native[target] = given["native"]
            share = width / (key_width + value_width)
            pipeline[attention.conversion_work] += mask * share * given["decode_instructions"]
            pipeline[codec.encode_work] += mask * share * given["encode_instructions"]
        if given["decode"] == "unfused":
            pipeline[attention.unfused] = mask
        pipeline[codec.encode_kernels] += mask * given["encode_kernels"]
        if given["prompt_passes"] != 0:
            pipeline[prefill.prompt_passes] += mask * given["prompt_passes"]


MECHANISM = Quantize()
