"""Project: cache a low-rank code from which keys and values follow."""

import sympy as sp

from costmodel.formulas import attention, cache, reconstruction, sharing
from costmodel.language.symbols import flop, head, key_width, token, value_width
from costmodel.mechanisms.base import Field, Mechanism, Pipeline

SIDES = {"key": (cache.key_elements, key_width), "value": (cache.value_elements, value_width)}


class Project(Mechanism):
    """A latent that is key and value of all heads at once (MLA), or a code for keys or values of a group of heads (Palu).

    Absorbed, the product with the basis moves into the projections of query or output; keys that are rotated afterwards
    cannot be. The engine's kernel keeps its width.
    """

    kind = "project"
    fields = {
        "target": Field(
            None, "What is projected: a latent that is both, or one side", "latent", ("latent", "key", "value", "both")
        ),
        "rank": Field("", "Numbers of the latent, or of the code of one group of heads", required=True, positive=True),
        "rotary": Field("", "Numbers of the rotary part of the key, cached beside it", 0),
        "group": Field("", "Heads whose keys or values share one code", 1, low=1, whole=True),
        "reconstruct": Field(
            None, "Where the code is multiplied back: in other projections, inside attention, or in a pass before it",
            "absorbed", ("absorbed", "fused", "materialised"),
        ),
        "basis": Field(None, "Whether the basis is the model's or computed for each request", "model", ("model", "request")),
    }  # fmt: skip

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        if fields["basis"] == "request":
            pipeline[sharing.prefix_cacheable] *= 0
        if fields["target"] == "latent":
            pipeline[cache.cached_heads] = head
            pipeline[cache.key_elements] = (fields["rank"] + fields["rotary"]) / (token * head)
            pipeline[cache.value_elements] = 0 / (token * head)
            return
        for side in SIDES if fields["target"] == "both" else (fields["target"],):
            elements, width = SIDES[side]
            rotary = fields["rotary"] if side == "key" else 0
            pipeline[elements] = (fields["rank"] / fields["group"] + rotary) / (token * head)
            if fields["reconstruct"] != "absorbed":
                pipeline[reconstruction.reconstruction_work] += 2 * flop * fields["rank"] * width / (token * head)
        if fields["reconstruct"] == "materialised":
            pipeline[attention.unfused] = sp.Integer(1)


MECHANISM = Project()
