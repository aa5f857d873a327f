"""Select: store everything, read only the units that an index promises matter for this query."""

from costmodel.formulas import cache, codec, retrieval
from costmodel.language.functions import Indicator, Maximum, Minimum
from costmodel.mechanisms.base import SKIP, Field, Mechanism, Pipeline, blend_by_mask, layer_mask


class Select(Mechanism):
    """Saves bandwidth, never capacity: the index comes on top of the whole cache."""

    kind = "select"
    fields = {
        "budget": Field("token/sequence", "Tokens that attention reads in a step", required=True, positive=True),
        "unit": Field("token", "Tokens of one selected unit", "1 token", positive=True, whole=True),
        "index": Field("byte/head", "Index bytes of one unit and head", "0 byte/head"),
        "token_index": Field("byte/token", "Index bytes of one token that all heads of a layer share", "0 byte/token"),
        "kernels": Field("", "Kernels that estimate and select in every step", 2),
    } | SKIP

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        mask = layer_mask(fields["skip_first"], fields["skip_last"])
        before = pipeline[cache.read_tokens]
        pipeline[cache.read_tokens] = blend_by_mask(mask, Minimum(before, fields["budget"]), before)
        is_selected = mask * Indicator(before - fields["budget"])
        pipeline[retrieval.guaranteed_recent_tokens] *= 1 - is_selected
        pipeline[retrieval.score_selected] = Maximum(pipeline[retrieval.score_selected], is_selected)
        pipeline[cache.index_size] += fields["index"] / fields["unit"]
        if fields["token_index"] != 0:
            pipeline[cache.index_size] += fields["token_index"] / pipeline[cache.cached_heads]
        pipeline[codec.select_kernels] += mask * fields["kernels"]


MECHANISM = Select()
