"""Select: store everything, read only the units that an index promises matter for this query."""

from costmodel.formulas import cache, codec, retrieval
from costmodel.language.functions import Indicator, Maximum, Minimum
from costmodel.mechanisms.base import SKIP, Field, Mechanism, Pipeline, mixed, skipping


class Select(Mechanism):
    """Saves bandwidth, never capacity: the index comes on top of the whole cache."""

    kind = "select"
    fields = {
        "budget": Field("token/sequence", "Tokens that attention reads in a step", required=True),
        "unit": Field("token", "Tokens of one selected unit", "1 token"),
        "index": Field("byte/head", "Index bytes of one unit and head", "0 byte/head"),
        "kernels": Field("", "Kernels that estimate and choose in every step", 2),
    } | SKIP

    def change(self, pipeline: Pipeline, given: dict) -> None:
        mask = skipping(given["skip_first"], given["skip_last"])
        before = pipeline.slots.get(cache.read_tokens, cache.kept_tokens)
        pipeline[cache.read_tokens] = mixed(mask, Minimum(before, given["budget"]), before)
        chosen, sure = mask * Indicator(before - given["budget"]), pipeline[retrieval.guaranteed_recent_tokens]
        pipeline[retrieval.guaranteed_recent_tokens] = (1 - chosen) * sure
        pipeline[retrieval.score_selected] = Maximum(pipeline[retrieval.score_selected], chosen)
        pipeline[cache.index_size] += given["index"] / given["unit"]
        pipeline[codec.select_kernels] += mask * given["kernels"]


MECHANISM = Select()
