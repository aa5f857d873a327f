"""Dedup: at the page-mapping layer, equal or similar blocks share one physical page."""

from costmodel.formulas import cache, deduplication, pooling, sharing
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Dedup(Mechanism):
    """The baseline's hashed prefix cache merges equal prefixes already: only blocks beyond those count.

    Keys that carry their position match at the same place alone. A share is measured on a trace or stated, never assumed.
    """

    kind = "dedup"
    fields = {
        "match": Field(None, "Whether blocks must be equal, or within a threshold of error", "exact", ("exact", "similar")),
        "duplicates": Field(
            "", "Share of full blocks that match a stored one, prefixes that the engine merges left out", required=True,
            low=0, high=1,
        ),
        "moved": Field("", "Share of those matches that stand at another position", 0, high=1),
        "keys": Field(
            None, "Whether cached keys carry their position (rotary embedding applied) or not yet", "rotated",
            ("rotated", "unrotated"),
        ),
        "threshold": Field("", "Largest relative error of a key or value that is taken for another", 0),
        "signature": Field("byte/token/head", "Fingerprint stored beside every token and head", "0 byte/token/head"),
        "compared": Field("", "Stored blocks with whose fingerprints a new block is compared", 0),
        "kernels": Field("", "Kernels that fingerprint and compare in every step", 0),
    }  # fmt: skip

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        usable = 1 - fields["moved"] if fields["keys"] == "rotated" else 1
        unique = (1 - pipeline[pooling.duplicate_share]) * (1 - fields["duplicates"] * usable)
        pipeline[pooling.duplicate_share] = 1 - unique
        if fields["match"] == "similar":
            pipeline[sharing.prefix_cacheable] *= 0
        pipeline[cache.signature_size] += fields["signature"]
        pipeline[deduplication.compared_blocks] += fields["compared"]
        pipeline[deduplication.fingerprint_kernels] += fields["kernels"]


MECHANISM = Dedup()
