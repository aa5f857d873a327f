"""Tier: keys, values or both live on the host while their sequence decodes; what attention reads crosses the link."""

from costmodel.formulas import cache, offloading, pooling
from costmodel.mechanisms.base import Field, Mechanism, Pipeline

SIZES = {"key": (cache.key_size,), "value": (cache.value_size,), "both": (cache.key_size, cache.value_size)}


class Tier(Mechanism):
    """Capacity is bought with the link; a selection that stands before it decides how many tokens cross in a step."""

    kind = "tier"
    fields = {
        "target": Field(None, "What lives on the host", "both", ("key", "value", "both")),
        "fetched": Field("", "Share of what attention reads that crosses the link in a step; the rest is found on the GPU", 1,
                         low=0, high=1),
    }  # fmt: skip

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        size = sum(SIZES[fields["target"]])
        pipeline[pooling.offloaded_size] += size
        pipeline[offloading.fetched_size] += size * fields["fetched"]


MECHANISM = Tier()
