"""Project: cache a low-rank latent from which keys and values follow."""

from costmodel.formulas import cache
from costmodel.language.symbols import head, token
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Project(Mechanism):
    """All heads read one latent of ``rank`` numbers and a rotary part; key and value are one."""

    kind = "project"
    fields = {
        "rank": Field("", "Numbers of the latent", required=True),
        "rotary": Field("", "Numbers of the rotary part of the key, cached beside it", 0),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[cache.cached_heads] = head
        pipeline[cache.key_elements] = (fields["rank"] + fields["rotary"]) / (token * head)
        pipeline[cache.value_elements] = 0 / (token * head)


MECHANISM = Project()
