"""Rest: a cache is coded, and moved away, only while its conversation pauses; no decode step sees the code."""

import sympy as sp

from costmodel.formulas import cache, resting
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Rest(Mechanism):
    """What is paid is the hit: the link, then decoding the whole cache; what is gained is room on the host, or computing."""

    kind = "rest"
    fields = {
        "ratio": Field("", "16-bit bytes of a token over its bytes at rest", required=True, positive=True),
        "raw": Field("token/sequence", "Tokens (first and newest) that stay as they are", "0 token/sequence"),
        "place": Field(None, "Where the cache rests", "host", ("host", "pool")),
        "decode_kernels": Field("", "Kernels of a layer that decode the cache before it is used", 1),
        "decode_flop": Field("flop", "Tensor arithmetic to decode one number: an inverse transform", "0 flop"),
        "decode_instructions": Field("", "Thread instructions to decode one number: an entropy code", 0),
        "lossy": Field(None, "Whether what comes back differs from what was there", "yes", ("yes", "no")),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[resting.resting_rate] = cache.size_16bit / (fields["ratio"] * cache.coded_size)
        pipeline[resting.raw_resting_tokens] = fields["raw"]
        pipeline[resting.resting_kernels] = fields["decode_kernels"]
        pipeline[resting.resting_decode_flop] = fields["decode_flop"]
        pipeline[resting.resting_decode_work] = fields["decode_instructions"]
        pipeline[resting.rests_in_pool] = sp.Integer(fields["place"] == "pool")


MECHANISM = Rest()
