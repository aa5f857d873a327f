"""A scheme's sentence read as a recipe for one decoder.

Fields of quantize, precise_zone, window, score and evict become numbers of one decoder. Whatever else a sentence holds, or a
field that only a price knows, is refused by name: nothing is run as something that it is not.
"""

from dataclasses import dataclass

import sympy as sp

from costmodel.errors import InputError
from costmodel.evaluation.compile import pipeline
from costmodel.facts.schemes import SchemeSpec
from costmodel.facts.score_signals import score_signal
from costmodel.language.functions import Maximum, Minimum, PositivePart
from costmodel.mechanisms.evict import layer_budget
from costmodel.numerics.recipe import DecoderShape, Eviction, Recipe, Rounding, Zone

KINDS = ("quantize", "precise_zone", "window", "score", "evict")
SIGNALS = ("attention_sum", "attention_last", "attention_window", "keys", "page_bounds", "position")
UNITS = ("token", "sequence", "layer", "head")  # one of each, where an expression needs its unit


def read_recipe(spec: SchemeSpec, shape: DecoderShape) -> Recipe:
    """The recipe of a scheme. Raises InputError naming file, mechanism and field of what numerics cannot run."""
    roundings: dict[str, Rounding | None] = {"key": None, "value": None}
    rounded, zone, eviction, score = range(shape.layers), Zone(), None, None
    for place, number, mechanism, fields in pipeline.tables(spec):
        reader = _Reader(spec, place, number, mechanism.kind, fields, shape)
        if mechanism.kind == "quantize":
            targets = ("key", "value") if fields["target"] == "both" else (fields["target"],)
            layers = range(reader.integer("skip_first"), shape.layers - reader.integer("skip_last"))
            if any(roundings.values()) and layers != rounded:
                raise reader.refusal(
                    "skip_first", "keys and values that are rounded in the same layers", f"layers {layers}"
                )
            roundings, rounded = roundings | dict.fromkeys(targets, reader.rounding()), layers
        elif mechanism.kind == "precise_zone":
            zone = reader.zone()
        elif mechanism.kind == "score":
            score = reader
            reader.require_choice("signal", SIGNALS)
            if reader.integer("interval") != 1:
                raise reader.refusal("interval", "scores of every step", f"one in {reader.integer('interval')} tokens")
        elif mechanism.kind in ("window", "evict"):
            if eviction is not None:
                raise reader.refusal(None, "one eviction a scheme", "a second one")
            eviction = reader.window() if mechanism.kind == "window" else reader.eviction(score)
        else:
            raise reader.refusal(None, f"one of {', '.join(KINDS)}", mechanism.kind)
    _check_together(spec, roundings, zone, eviction)
    return Recipe(spec.id, roundings["key"], roundings["value"], rounded, zone, eviction)


def _check_together(spec: SchemeSpec, roundings: dict, zone: Zone, eviction: Eviction | None) -> None:
    """What is not yet coded must be safe from eviction: a tile is whole, in every head."""
    tiles = [r.tokens for r in roundings.values() if r is not None and r.tokens is not None]
    waiting = max([zone.recent_keys + zone.flush // 2, zone.recent_values, *tiles] if tiles else [0])
    if eviction and waiting > 1 and waiting > eviction.recent:
        raise InputError(
            f"{spec.id}: numerics: {waiting} tokens wait for their tile, and the eviction keeps only {eviction.recent} of the "
            f"newest: a tile would lose tokens before it is coded; expected a window of at least {waiting} tokens"
        )


@dataclass(frozen=True)
class _Reader:
    """One mechanism of a scheme: its fields as numbers of the decoder."""

    spec: SchemeSpec
    place: int
    number: int
    kind: str
    fields: dict
    shape: DecoderShape

    def refusal(self, field: str | None, due: str, got: object) -> InputError:
        location = f"{self.spec.parts[self.place].location}: mechanism[{self.number}]"
        return InputError(f"{location}{'.' + field if field else ''}: numerics runs {due}, got {got}")

    def require_choice(self, field: str, choices: tuple[str, ...]) -> None:
        if self.fields[field] not in choices:
            raise self.refusal(field, " or ".join(choices), self.fields[field])

    def number_of(self, value: sp.Expr, field: str, layer: int = 0) -> float:
        """The number of an expression for the decoder; a length that follows from the context is refused."""
        part = self.spec.parts[self.place]
        known = self.shape.numbers | {"layer_index": layer, "bit": 1 / 8} | dict.fromkeys(UNITS, 1.0)
        known |= {pipeline.knob_name(self.place, part, knob): number for knob, number in part.knobs.items()}
        filled = value.subs({symbol: known[symbol.name] for symbol in value.free_symbols if symbol.name in known})
        filled = filled.replace(Minimum, sp.Min).replace(Maximum, sp.Max).replace(PositivePart, lambda x: sp.Max(x, 0))
        if not filled.is_number:
            unknown = ", ".join(sorted(symbol.name for symbol in filled.free_symbols))
            raise self.refusal(field, "lengths that do not depend on the load", f"{value} ({unknown})")
        return float(filled)

    def integer(self, field: str) -> int:
        return round(self.number_of(sp.sympify(self.fields[field]), field))

    def rounding(self) -> Rounding:
        bits = 8 * self.number_of(self.fields["bits"], "bits")
        self.require_choice("code", ("integer", "float"))
        tokens, channels, heads = (
            None if entry is sp.oo else round(self.number_of(entry, "tile")) for entry in self.fields["tile"]
        )
        if bits != round(bits) or not 2 <= bits <= 8:
            raise self.refusal("bits", "whole widths of 2 to 8 bits", f"{bits:g} bits")
        if self.fields["code"] == "float":
            if bits != 8 or tokens is not None:
                raise self.refusal("code", "floats of 8 bits with one static scale", f"{bits:g} bits")
            return Rounding(8, "fp8", None, self.shape.head_width, self.shape.kv_heads)
        if tokens is None:
            return Rounding(int(bits), "signed", None, self.shape.head_width, self.shape.kv_heads)
        channels, heads = channels or self.shape.head_width, heads or self.shape.kv_heads
        for name, size, whole in (("channels", channels, self.shape.head_width), ("heads", heads, self.shape.kv_heads)):
            if whole % size:
                raise self.refusal("tile", f"{name} that divide the decoder's {whole}", size)
        metadata = 8 * self.number_of(self.fields["metadata"], "metadata")
        if metadata not in (16, 32):
            raise self.refusal("metadata", "16 bits (a scale) or 32 bits (scale and zero point)", f"{metadata:g} bits")
        return Rounding(int(bits), "integer" if metadata == 32 else "signed", tokens, channels, heads)

    def zone(self) -> Zone:
        names = ("sinks", "recent_keys", "recent_values", "flush")
        return Zone(*(self.integer(name) for name in names), recode_all=self.fields["recode"] == "all")

    def window(self) -> Eviction:
        sinks, recent = self.integer("sinks"), self.integer("recent")
        return Eviction("position", (sinks + recent,) * self.shape.layers, recent, sinks, False, 0)

    def eviction(self, score: "_Reader | None") -> Eviction:
        self.require_choice("lengths", ("uniform",))
        self.require_choice("cached_for", ("kv_heads",))
        if self.integer("unit") != 1:
            raise self.refusal("unit", "single tokens", f"{self.integer('unit')} dropped together")
        at_prompt_end = self.fields["trigger"] == "prefill_end"
        signal = score_signal(self.spec.parts)
        queries = 0
        if signal == "attention_window":
            reader = self if self.fields["scored_queries"] != 0 else score or self
            queries = reader.integer("scored_queries")
        budget = layer_budget(self.fields["budget"], self.fields["window"], self.fields["slope"])
        budgets = tuple(max(1, round(self.number_of(budget, "budget", layer))) for layer in range(self.shape.layers))
        return Eviction(signal, budgets, self.integer("window"), 0, at_prompt_end, queries)
