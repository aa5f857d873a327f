"""Variable rate: every block is coded at a width of its own, so that its bytes depend on what it holds."""

import sympy as sp

from costmodel.formulas import attention, cache, codec, pooling, sharing
from costmodel.language.functions import Maximum
from costmodel.language.symbols import token
from costmodel.mechanisms.base import MAX_BYTES, Field, Mechanism, Pipeline


class VariableRate(Mechanism):
    """In slots of one size every block reserves the widest code; in size classes the allocator's utilisation is the price."""

    kind = "variable_rate"
    fields = {
        "mean_bits": Field(
            "byte", "Width of a coded number, mean over the blocks", required=True, positive=True, high=MAX_BYTES
        ),
        "worst_bits": Field(
            "byte", "Width of a number in the widest class", required=True, positive=True, high=MAX_BYTES
        ),
        "tile": Field(
            "", "Tokens, channels and heads that share one metadata record", [1, "key_width", 1], low=1, whole=True
        ),
        "metadata": Field("byte", "Scales and zero points of one tile", "0 bit"),
        "allocator": Field(
            None,
            "Whether blocks lie in slots of one size, or in size classes of their own",
            "fixed",
            ("fixed", "size_classes"),
        ),
        "utilisation": Field("", "Share of the size classes' memory that holds blocks", 1, positive=True, high=1),
        "recoded": Field("", "Blocks coded again for every block that is filled", 0),
        "decode_instructions": Field("", "Issue slots that a number takes in fused attention", 0),
        "encode_instructions": Field("", "Thread instructions to encode a number", 0),
        "encode_kernels": Field("", "Kernels to encode what a step adds", 1),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        tokens, channels, heads = fields["tile"]
        metadata = fields["metadata"] / Maximum(tokens * channels * heads, 1)
        nominal, worst = fields["mean_bits"] + metadata, fields["worst_bits"] + metadata
        for bits, record in ((cache.key_bits, cache.key_metadata), (cache.value_bits, cache.value_metadata)):
            pipeline[bits], pipeline[record] = fields["mean_bits"], metadata
        if fields["allocator"] == "size_classes":
            pipeline[pooling.size_classes] = sp.Integer(1)
            pipeline[pooling.mean_coded_ratio] /= fields["utilisation"]
        pipeline[pooling.worst_coded_ratio] *= worst / nominal
        pipeline[attention.conversion_work] += fields["decode_instructions"]
        pipeline[codec.encode_work] += fields["encode_instructions"] * (1 + fields["recoded"])
        pipeline[codec.encode_kernels] += fields["encode_kernels"] * (1 + fields["recoded"])
        if tokens != 1:
            pipeline[sharing.share_unit] = Maximum(pipeline[sharing.share_unit], tokens * token)
        if fields["recoded"] != 0:  # a block that changes its rate is written again, in place or elsewhere
            pipeline[sharing.full_blocks_immutable] *= 0
            pipeline[sharing.prefix_cacheable] *= 0


MECHANISM = VariableRate()
