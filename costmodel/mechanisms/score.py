"""Score: what ranks tokens or pages, and what it needs: attention weights, a pass over keys, a learned head, or nothing."""

from costmodel.formulas import cache, codec, prefill
from costmodel.language.symbols import sequence, token
from costmodel.mechanisms.base import Field, Mechanism, Pipeline

SIGNALS = (
    "attention_sum", "attention_last", "attention_window", "reconstruction", "keys", "page_bounds", "learned", "position",
)  # fmt: skip


class Score(Mechanism):
    """Only position and keys are known without a query; attention weights are what fused attention never writes."""

    kind = "score"
    fields = {
        "signal": Field(None, "What the score is computed from", required=True, choices=SIGNALS),
        "state": Field("byte/token/head", "Scores kept beside every token and head", "0 byte/token/head"),
        "kernels": Field("", "Kernels that update scores, each time", 0),
        "passes": Field("1/head", "Passes over a row of attention weights, each time", "0 1/head"),
        "interval": Field("token/sequence", "Tokens from one update to the next: how stale a score may be",
                          "1 token/sequence", low=1),
        "scored_queries": Field("token/sequence", "Prompt queries whose attention weights are computed again",
                                "0 token/sequence"),
        "prompt_passes": Field("", "Passes over the prompt's cache to score it", 0),
    }  # fmt: skip

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        updates = (token / sequence) / fields["interval"]
        pipeline[cache.sidecar_size] += fields["state"]
        pipeline[codec.score_kernels] += fields["kernels"] * updates
        pipeline[codec.score_passes] += fields["passes"] * updates
        pipeline[prefill.scored_queries] += fields["scored_queries"]
        pipeline[prefill.prompt_passes] += fields["prompt_passes"]


MECHANISM = Score()
