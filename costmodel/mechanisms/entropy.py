"""Entropy code: blocks of varying size, which save nothing where the allocator hands out slots of one size."""

from costmodel.formulas import attention, cache, codec
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Entropy(Mechanism):
    """A fixed slot must hold the worst block; only a variable allocator gains the mean."""

    kind = "entropy"
    fields = {
        "mean": Field("", "Mean coded size over nominal size", required=True),
        "worst": Field("", "Largest coded size over nominal size", 1),
        "decode_instructions": Field("", "Issue slots to decode a number in fused attention", 0),
        "encode_kernels": Field("", "Kernels to encode what a step adds", 1),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[cache.mean_coded_ratio] *= fields["mean"]
        pipeline[cache.worst_coded_ratio] *= fields["worst"]
        pipeline[attention.conversion_work] += fields["decode_instructions"]
        pipeline[codec.encode_kernels] += fields["encode_kernels"]


MECHANISM = Entropy()
