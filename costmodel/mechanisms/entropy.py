"""Entropy code: blocks of varying size, which save nothing where the allocator hands out slots of one size."""

from costmodel.formulas import attention, cache, codec, pooling
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Entropy(Mechanism):
    """A fixed slot must hold the worst block; only an allocator of varying sizes gains the mean."""

    kind = "entropy"
    fields = {
        "mean": Field("", "Mean coded size over nominal size", required=True, positive=True),
        "worst": Field("", "Largest coded size over nominal size", 1, positive=True),
        "reads": Field(
            None,
            "Whether attention reads the nominal size of a number or its coded one",
            "nominal",
            ("nominal", "coded"),
        ),
        "decode_instructions": Field("", "Issue slots to decode a number in fused attention", 0),
        "encode_kernels": Field("", "Kernels to encode what a step adds", 1),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[pooling.mean_coded_ratio] *= fields["mean"]
        pipeline[pooling.worst_coded_ratio] *= fields["worst"]
        if fields["reads"] == "coded":
            pipeline[cache.read_rate] *= fields["mean"]
        pipeline[attention.conversion_work] += fields["decode_instructions"]
        pipeline[codec.encode_kernels] += fields["encode_kernels"]


MECHANISM = Entropy()
