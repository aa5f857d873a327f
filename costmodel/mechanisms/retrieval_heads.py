"""Retrieval heads: some heads keep every token, the others the first and the newest alone."""

from costmodel.formulas import cache, retrieval, sharing
from costmodel.language.functions import Indicator, Maximum, Minimum
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class RetrievalHeads(Mechanism):
    """Two tables a layer: blocks of the full heads grow and are shared, those of the others are a ring."""

    kind = "retrieval_heads"
    fields = {
        "full": Field("", "Share of heads that keep every token", required=True, high=1),
        "sinks": Field("token/sequence", "First tokens that the other heads keep", "0 token/sequence"),
        "recent": Field("token/sequence", "Newest tokens that the other heads keep", required=True),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        before, full, ring = pipeline[cache.kept_tokens], fields["full"], fields["sinks"] + fields["recent"]
        kept_tokens = full * before + (1 - full) * Minimum(before, ring)
        in_rings = Indicator(before - ring) * (1 - full) * ring  # mean over the heads
        pipeline[sharing.residual_window_tokens] = Maximum(pipeline[sharing.residual_window_tokens], in_rings)
        pipeline[retrieval.full_heads] = full
        pipeline[retrieval.guaranteed_recent_tokens] = Minimum(
            pipeline[retrieval.guaranteed_recent_tokens], fields["recent"]
        )
        pipeline[retrieval.sink_tokens] = fields["sinks"]
        pipeline[cache.kept_tokens] = kept_tokens
        if cache.read_tokens in pipeline.slots:
            pipeline[cache.read_tokens] = Minimum(pipeline[cache.read_tokens], kept_tokens)


MECHANISM = RetrievalHeads()
