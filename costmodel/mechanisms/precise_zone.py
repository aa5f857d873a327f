"""Precise zone: sinks and a residual window that stay at 16 bit, flushed in bursts when the window is full."""

import functools

from costmodel.formulas import cache, codec, sharing
from costmodel.language.functions import Maximum
from costmodel.language.symbols import sequence
from costmodel.mechanisms.base import Field, Mechanism, Pipeline


class PreciseZone(Mechanism):
    """A window that fills from 0 to R and is flushed whole holds R/2 on average; one that slides holds R."""

    kind = "precise_zone"
    fields = {
        "sinks": Field("token/sequence", "First tokens kept at 16 bit", "0 token/sequence"),
        "recent_keys": Field(
            "token/sequence", "Newest tokens whose keys stay at 16 bit, mean over the fill", "0 token/sequence"
        ),
        "recent_values": Field("token/sequence", "Newest tokens whose values stay at 16 bit", "0 token/sequence"),
        "flush": Field(
            "token/sequence", "Tokens encoded together when the window is full", "1 token/sequence", positive=True
        ),
        "recode": Field(
            None,
            "Whether a flush encodes the window, or decodes all that is stored and encodes it again",
            "window",
            ("window", "all"),
        ),
    }

    def apply(self, pipeline: Pipeline, fields: dict) -> None:
        pipeline[cache.precise_key_tokens] += fields["sinks"] + fields["recent_keys"]
        pipeline[cache.precise_value_tokens] += fields["sinks"] + fields["recent_values"]
        pipeline[codec.flush_tokens] = fields["flush"]
        if fields["flush"] != 1:
            pipeline[sharing.share_unit] = Maximum(pipeline[sharing.share_unit], fields["flush"] * sequence)
        recent = [fields[name] for name in ("recent_keys", "recent_values") if fields[name] != 0]
        if recent:
            pipeline[sharing.residual_window_tokens] = functools.reduce(
                Maximum, recent, pipeline[sharing.residual_window_tokens]
            )


MECHANISM = PreciseZone()
