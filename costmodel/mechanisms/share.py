"""Share: one cached entry serves several heads or layers."""

from costmodel.formulas import cache
from costmodel.language.symbols import expanded_key_width, expanded_value_width, head, token
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Share(Mechanism):
    """``heads`` sets how many heads are cached; ``layers`` divides the cache among layers that share it."""

    kind = "share"
    fields = {
        "heads": Field("head", "Heads that the cache holds", "cached_heads", positive=True),
        "layers": Field("", "Layers that share one cache", 1, low=1),
        "widths": Field(
            None, "Widths of the model as built, or of its multi-head form", "model", ("model", "expanded")
        ),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        heads = fields["heads"].xreplace({cache.cached_heads: pipeline[cache.cached_heads]})
        pipeline[cache.cached_heads] = heads / fields["layers"]
        if fields["widths"] == "expanded":
            pipeline[cache.key_elements] = expanded_key_width / (token * head)
            pipeline[cache.value_elements] = expanded_value_width / (token * head)


MECHANISM = Share()
