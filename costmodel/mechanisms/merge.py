"""Merge: several tokens, or the same token of neighbouring layers, become one entry."""

from costmodel.formulas import cache, codec, retrieval, sharing
from costmodel.language.functions import Indicator, Minimum, PositivePart
from costmodel.language.symbols import layer, layer_index, layers
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Merge(Mechanism):
    """Tokens merged into older ones change blocks that others may share; layers that share an entry do not."""

    kind = "merge"
    fields = {
        "axis": Field(None, "What is merged", "tokens", ("tokens", "layers")),
        "into": Field("", "Entries that become one", required=True, low=1),
        "recent": Field("token/sequence", "Newest tokens that are left apart (axis tokens)", "0 token/sequence"),
        "from_depth": Field("", "Share of the layers, from below, that are left apart (axis layers)", 0, high=1),
        "metadata": Field(
            "byte/token/head", "What every entry keeps to tell its members apart", "0 byte/token/head", low=0
        ),
        "kernels": Field("", "Kernels of a layer that merge in every step", 0),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[codec.score_kernels] += fields["kernels"]
        if fields["axis"] == "layers":
            merged = Indicator(layer_index + layer / 2 - fields["from_depth"] * layers)
            pipeline[cache.cached_heads] *= 1 - merged * (1 - 1 / fields["into"])
            pipeline[cache.sidecar_size] += merged * fields["into"] * fields["metadata"]  # every layer keeps its own
            return
        pipeline[cache.sidecar_size] += fields["metadata"]
        before, recent = pipeline[cache.kept_tokens], fields["recent"]
        kept_tokens = Minimum(before, recent) + PositivePart(before - recent) / fields["into"]
        is_whole = 1 - Indicator(before - recent)
        pipeline[sharing.full_blocks_immutable] *= is_whole
        pipeline[sharing.prefix_cacheable] *= is_whole
        pipeline[retrieval.guaranteed_recent_tokens] = Minimum(pipeline[retrieval.guaranteed_recent_tokens], recent)
        pipeline[cache.kept_tokens] = kept_tokens
        if cache.read_tokens in pipeline.slots:
            pipeline[cache.read_tokens] = Minimum(pipeline[cache.read_tokens], kept_tokens)


MECHANISM = Merge()
