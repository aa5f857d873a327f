"""Window: keep the first tokens and the newest ones by position alone."""

from costmodel.formulas import cache, retrieval, sharing
from costmodel.language.functions import Indicator, Maximum, Minimum
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Window(Mechanism):
    """A ring of blocks: no score, no gap to close, nothing to encode."""

    kind = "window"
    fields = {
        "sinks": Field("token/sequence", "First tokens kept permanently", "0 token/sequence"),
        "recent": Field("token/sequence", "Newest tokens kept", required=True),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        ring = fields["sinks"] + fields["recent"]
        pipeline[retrieval.guaranteed_recent_tokens] = Minimum(
            pipeline[retrieval.guaranteed_recent_tokens], fields["recent"]
        )
        pipeline[retrieval.sink_tokens] = Maximum(pipeline[retrieval.sink_tokens], fields["sinks"])
        pipeline[sharing.full_blocks_immutable] *= 1 - Indicator(pipeline[cache.kept_tokens] - ring)
        pipeline[cache.kept_tokens] = Minimum(pipeline[cache.kept_tokens], ring)
        if cache.read_tokens in pipeline.slots:
            pipeline[cache.read_tokens] = Minimum(pipeline[cache.read_tokens], pipeline[cache.kept_tokens])


MECHANISM = Window()
