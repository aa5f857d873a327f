"""Evict: keep a budget of tokens, chosen by a score, and drop the rest for good."""

from costmodel.formulas import cache, codec, prefill, retrieval, sharing
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.symbols import context, layer, layer_index, layers, prompt, query_heads
from costmodel.mechanisms.base import Field, Mechanism, Pipeline, mixed


class Evict(Mechanism):
    """At every step the cache never exceeds its budget; at the end of the prompt only the prompt is cut."""

    kind = "evict"
    fields = {
        "budget": Field("token/sequence", "Tokens of a sequence that a layer keeps (mean over layers)", required=True),
        "trigger": Field(None, "When entries are dropped", "step", ("step", "prefill_end")),
        "window": Field(
            "token/sequence", "Newest tokens of the budget that are kept in every layer alike", "0 token/sequence"
        ),
        "slope": Field("", "Budget of the first layer over that of the last; 1 for a uniform one", 1),
        "score_state": Field("byte/token/head", "Scores kept beside every token", "0 byte/token/head"),
        "score_kernels": Field("", "Kernels that update scores in every step", 0),
        "score_passes": Field("1/head", "Passes over a row of attention weights in every step", "0 1/head"),
        "scored_queries": Field(
            "token/sequence", "Prompt queries whose attention weights are computed again", "0 token/sequence"
        ),
        "moved_tokens": Field("token/sequence", "Kept tokens copied in every step to close gaps", "0 token/sequence"),
        "prompt_passes": Field("", "Passes over the prompt's cache to gather what is kept", 0),
        "cached_for": Field(None, "Heads that keep a set of their own", "kv_heads", ("kv_heads", "query_heads")),
    }

    def change(self, pipeline: Pipeline, given: dict) -> None:
        budget, before = given["budget"], pipeline[cache.kept_tokens]
        if given["slope"] != 1:
            depth = layer_index / (layers - layer)
            shape = 2 * (given["slope"] * (1 - depth) + depth) / (given["slope"] + 1)
            budget = given["window"] + (budget - given["window"]) * shape
        if given["trigger"] == "step":
            kept, whole = Minimum(before, budget), 1 - Indicator(before - budget)
            pipeline[sharing.full_blocks_immutable] *= whole
        else:
            kept = Minimum(before, Minimum(Minimum(prompt, context), budget) + PositivePart(context - prompt))
            whole = 1 - Indicator(Minimum(prompt, context) - budget)
            pipeline[sharing.reusable_next_turn] *= whole
        pipeline[sharing.prefix_cacheable] *= whole
        sure = pipeline[retrieval.guaranteed_recent_tokens]
        newest = given["window"] if given["trigger"] == "step" else given["window"] + PositivePart(context - prompt)
        pipeline[retrieval.guaranteed_recent_tokens] = mixed(1 - whole, Minimum(sure, newest), sure)
        pipeline[retrieval.score_selected] = Maximum(pipeline[retrieval.score_selected], 1 - whole)
        pipeline[cache.kept_tokens] = kept
        if cache.read_tokens in pipeline.slots:
            pipeline[cache.read_tokens] = Minimum(pipeline[cache.read_tokens], kept)
        if given["cached_for"] == "query_heads":
            pipeline[cache.cached_heads] = query_heads
        pipeline[cache.sidecar_size] += given["score_state"]
        pipeline[codec.score_kernels] += given["score_kernels"]
        pipeline[codec.score_passes] += given["score_passes"]
        pipeline[codec.moved_tokens] += given["moved_tokens"]
        pipeline[prefill.scored_queries] += given["scored_queries"]
        pipeline[prefill.prompt_passes] += given["prompt_passes"]


MECHANISM = Evict()
