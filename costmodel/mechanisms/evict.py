"""Evict: keep a budget of tokens, selected by a score, and drop the rest permanently."""

import sympy as sp

from costmodel.formulas import cache, codec, prefill, retrieval, sharing
from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.symbols import context, layer, layer_index, layers, prompt, query_heads
from costmodel.mechanisms.base import Field, Mechanism, Pipeline, blend_by_mask


class Evict(Mechanism):
    """At every step the cache never exceeds its budget; at the end of the prompt only the prompt is cut."""

    kind = "evict"
    fields = {
        "budget": Field(
            "token/sequence", "Tokens of a sequence that a layer keeps (mean over layers)", required=True, positive=True
        ),
        "trigger": Field(None, "When entries are dropped", "step", ("step", "prefill_end")),
        "window": Field(
            "token/sequence", "Newest tokens of the budget that are kept in every layer alike", "0 token/sequence"
        ),
        "slope": Field("", "Budget of the first layer over that of the last; 1 for a uniform one", 1, positive=True),
        "score_state": Field("byte/token/head", "Scores kept beside every token", "0 byte/token/head"),
        "score_kernels": Field("", "Kernels that update scores in every step", 0),
        "score_passes": Field("1/head", "Passes over a row of attention weights in every step", "0 1/head"),
        "scored_queries": Field(
            "token/sequence", "Prompt queries whose attention weights are computed again", "0 token/sequence"
        ),
        "moved_tokens": Field("token/sequence", "Kept tokens copied in every step to close gaps", "0 token/sequence"),
        "prompt_passes": Field("", "Passes over the prompt's cache to gather what is kept", 0),
        "unit": Field("token", "Tokens that are dropped together", "1 token", positive=True, whole=True),
        "lengths": Field(
            None,
            "Whether all heads of a layer keep equally many tokens, or each as many as its scores ask for",
            "uniform",
            ("uniform", "by_head"),
        ),
        "cached_for": Field(None, "Heads that keep a set of their own", "kv_heads", ("kv_heads", "query_heads")),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        budget = layer_budget(fields["budget"], fields["window"], fields["slope"])
        before = pipeline[cache.kept_tokens]
        if fields["trigger"] == "step":
            kept_tokens, is_whole = Minimum(before, budget), 1 - Indicator(before - budget)
            pipeline[sharing.full_blocks_immutable] *= is_whole
        else:
            kept_tokens = Minimum(before, Minimum(Minimum(prompt, context), budget) + PositivePart(context - prompt))
            is_whole = 1 - Indicator(Minimum(prompt, context) - budget)
            pipeline[sharing.reusable_next_turn] *= is_whole
        pipeline[sharing.prefix_cacheable] *= is_whole
        guaranteed = pipeline[retrieval.guaranteed_recent_tokens]
        newest = fields["window"] if fields["trigger"] == "step" else fields["window"] + PositivePart(context - prompt)
        pipeline[retrieval.guaranteed_recent_tokens] = blend_by_mask(
            1 - is_whole, Minimum(guaranteed, newest), guaranteed
        )
        pipeline[retrieval.score_selected] = Maximum(pipeline[retrieval.score_selected], 1 - is_whole)
        pipeline[cache.kept_tokens] = kept_tokens
        if cache.read_tokens in pipeline.slots:
            pipeline[cache.read_tokens] = Minimum(pipeline[cache.read_tokens], kept_tokens)
        if fields["cached_for"] == "query_heads":
            pipeline[cache.cached_heads] = query_heads
        pipeline[cache.sidecar_size] += fields["score_state"]
        pipeline[codec.score_kernels] += fields["score_kernels"]
        pipeline[codec.score_passes] += fields["score_passes"]
        pipeline[codec.moved_tokens] += fields["moved_tokens"]
        pipeline[prefill.scored_queries] += fields["scored_queries"]
        pipeline[prefill.prompt_passes] += fields["prompt_passes"]


def layer_budget(budget: sp.Expr, window: sp.Expr, slope: sp.Expr | int) -> sp.Expr:
    """Tokens that a layer keeps: beyond the window in proportion to a line from the first layer to the last; mean ``budget``."""
    if slope == 1:
        return budget
    depth = layer_index / (layers - layer)
    return window + (budget - window) * 2 * (slope * (1 - depth) + depth) / (slope + 1)


MECHANISM = Evict()
