"""Which compiled codec prices the decoding of a format whose scheme file states no ``decode_instructions``.

The mechanism ``quantize`` takes the work of that codec; here it is found from the file alone, to be named beside a result.
"""

from dataclasses import dataclass

from costmodel.errors import UnitError
from costmodel.language import units
from costmodel.language.codecs import nearest_codec, tile_layout


@dataclass(frozen=True)
class CodecDefault:
    """The mechanism at ``location`` and the input (``int4_group_work``) that prices its decoding; "" where a knob decides."""

    location: str
    codec: str

    @property
    def text(self) -> str:
        """The remark printed beside a result, without a full stop."""
        codec = f"nearest compiled codec, {self.codec}" if self.codec else "compiled codec nearest to its width"
        return f"{self.location} states no decode_instructions; decoding is priced as the {codec} (evidence: compiled)"


def codec_defaults(mechanisms: list[dict], location: str) -> list[CodecDefault]:
    """The defaults that the ``[[mechanism]]`` tables of the scheme file at ``location`` take."""
    defaults = []
    for index, table in enumerate(mechanisms):
        if table.get("kind") != "quantize" or "decode_instructions" in table or table.get("decode") == "unfused":
            continue
        codec = _codec(table)
        if codec is not None:
            defaults.append(CodecDefault(f"{location}: mechanism[{index}]", codec))
    return defaults


def _codec(table: dict) -> str | None:
    """The input of the nearest codec; "" where the width is an expression, None where nothing is decoded."""
    try:
        bits = 8 * units.parse_quantity(table.get("bits"), "byte")
    except UnitError:
        bits = 0.0
        if table.get("native", "none") == "none":
            return ""
    return nearest_codec(bits, tile_layout(table.get("tile", ["all"] * 3)), table.get("native", "none"))
