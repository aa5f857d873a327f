"""What a scheme's sentence asks of one sequence's cache: how numbers are rounded, what stays precise, which tokens go.

Plain numbers of one decoder; ``read_recipe`` takes them from a sentence. Conditions: one sequence, every head of a layer
alike, rounding to evenly spaced integers or 8-bit floats.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rounding:
    """Bits of a code, what codes are (``integer``, ``signed`` or ``fp8``), and the tile that shares a record.

    A tile is tokens × channels × heads; ``tokens`` None is one static record for all tokens.
    """

    bits: int
    code: str
    tokens: int | None
    channels: int
    heads: int


@dataclass(frozen=True)
class Zone:
    """Tokens that stay precise: the first ones, and the newest keys and values (the mean over a fill, as files state them)."""

    sinks: int = 0
    recent_keys: int = 0
    recent_values: int = 0
    flush: int = 1
    recode_all: bool = False


@dataclass(frozen=True)
class Eviction:
    """What ranks tokens, how many every layer keeps, how many of the newest and the first are safe, and when it happens."""

    signal: str
    budgets: tuple[int, ...]
    recent: int
    sinks: int
    at_prompt_end: bool
    queries: int


@dataclass(frozen=True)
class Recipe:
    """A scheme for one decoder: rounding of keys and values (None: 16 bit and more), layers that are rounded, zone, eviction."""

    scheme: str
    key: Rounding | None
    value: Rounding | None
    rounded_layers: range
    zone: Zone
    eviction: Eviction | None


@dataclass(frozen=True)
class DecoderShape:
    """What a recipe must know of a decoder."""

    layers: int
    kv_heads: int
    query_heads: int
    head_width: int

    @property
    def numbers(self) -> dict[str, float]:
        """Its quantities of the vocabulary."""
        return {
            "layers": self.layers, "kv_heads": self.kv_heads, "query_heads": self.query_heads,
            "key_width": self.head_width, "value_width": self.head_width,
        }  # fmt: skip


FULL = Recipe("none", None, None, range(0), Zone(), None)
