"""Sidecar: outliers, low-rank corrections or statistics stored beside every cached token."""

from costmodel.formulas import cache
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class Sidecar(Mechanism):
    """Bytes for each kept token and head; what belongs to a token of all heads is divided by them."""

    kind = "sidecar"
    fields = {
        "size": Field("byte/token/head", "Bytes beside every kept token of a head", "0 byte/token/head"),
        "token_size": Field(
            "byte/token", "Bytes beside every kept token of a layer, all heads together", "0 byte/token"
        ),
        "constant": Field("byte/sequence", "Bytes of a sequence in the layer that do not grow", "0 byte/sequence"),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[cache.sidecar_size] += fields["size"] + fields["token_size"] / pipeline[cache.cached_heads]
        pipeline[cache.constant_size] += fields["constant"]


MECHANISM = Sidecar()
