"""Which compiled codec comes nearest to a format: by the width of a number and the layout of its metadata.

The codecs are those of ``symbols`` ("the work of a codec that nobody has measured"), each named as the input that carries its
issue slots. Reading a scheme file and compiling it must select alike, so the rule is here once, without SymPy.
"""

from collections.abc import Sequence

MIN_BITS = {"int8": 6.0, "int4": 3.0, "int2": 0.0}  # narrowest number that a width stands for; 3 bits run as 4
UNCODED_BITS = 16.0  # from this width on nothing is decoded
COMPILED = {
    "int8": dict.fromkeys(("token", "group", "channel"), "int8_token_work"),
    "int4": {"token": "int4_token_work", "group": "int4_group_work", "channel": "int4_channel_work"},
    "int2": {"token": "int2_group_work", "group": "int2_group_work", "channel": "int2_channel_work"},
}
NATIVE = {"fp8": "fp8_work"}
WHOLE_HEAD = ("all", "key_width", "value_width")
MIN_TOKEN_CHANNELS = 64.0  # between the compiled group of 32 channels and the whole head of 128


def tile_layout(tile: Sequence) -> str:
    """The layout of a tile [tokens, channels, heads], entries as numbers or text: ``token``, ``group`` or ``channel``."""
    tokens, channels = (str(entry).strip() for entry in tile[:2])
    if tokens != "1" and channels == "1":
        return "channel"
    if channels in WHOLE_HEAD:
        return "token"
    try:
        return "token" if float(channels) > MIN_TOKEN_CHANNELS else "group"
    except ValueError:  # a knob or an expression
        return "group"


def nearest_codec(bits: float, layout: str, native: str = "none") -> str | None:
    """The input that carries the work of the nearest compiled codec; None from 16 bits on, where nothing is decoded."""
    if native in NATIVE:
        return NATIVE[native]
    if bits >= UNCODED_BITS:
        return None
    return COMPILED[next(width for width, minimum in MIN_BITS.items() if bits >= minimum)][layout]
