"""A scheme of one's own, evaluated over a designed range before anybody asks it for a number.

Contexts from 1 to 10 M tokens, heads as models have them, and every knob at the ends that its file allows: a field or slot
that is negative, infinite, no number, or keeps more tokens than there are anywhere in it is refused with the place. Latents
(MLA), where a value has no numbers of its own, are left to evaluation.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from costmodel.errors import FactError
from costmodel.facts.field_bounds import field_bounds
from costmodel.facts.schemes import SchemePart, SchemeSpec, knob_bounds
from costmodel.facts.vocabulary import vocabulary
from costmodel.language.bounds import Bounds
from costmodel.language.renamed import current_names

CONTEXTS = sorted(
    {*(2**power for power in range(24)), *(10**power for power in range(8)), *(5 * 10**p for p in range(1, 7))}
)
WIDTHS = (64, 72, 80, 96, 112, 128, 160, 192, 256, 512)
KV_HEADS = (1, 2, 3, 4, 5, 8, 10, 16, 24, 32, 40, 56, 64, 72, 96, 112, 128)
HEADS_PER_KV_HEAD = (1, 2, 3, 4, 5, 7, 8, 10, 16)
LAYERS = (16, 32, 61, 80, 126)
DEPTHS = (0.0, 0.5, 1.0)  # places of a layer, as shares of the layers
SHORT_PROMPT = 0.25  # of the context; the rest was generated
BATCH = 8.0
WITHIN_CONTEXT = ("kept_tokens", "read_tokens")
ROUNDING = 1 + 1e-9
SHOWN = (
    "context",
    "prompt",
    "key_width",
    "kv_heads",
    "query_heads",
    "layers",
    "layer_index",
)  # of a place, in a message


def check_ranges(
    spec: SchemeSpec, slots: Mapping, fields: Mapping, bounds: Mapping[str, Bounds], formulas: Mapping
) -> None:
    """Evaluate the fields and slots of a scheme over the designed range; FactError for the first number out of bounds.

    ``slots`` and ``fields`` map names to (function, argument names, axes); a field's name is that of ``field_key``.
    """
    for knobs in _corners(spec):
        numbers = _Numbers({**_design(), **knobs}, slots, formulas)
        for key, step in fields.items():
            place, table, field = key.split("__")[:3]
            location = f"{spec.parts[int(place)].location}: mechanism[{table}].{field}"
            _check(numbers.compute(step), bounds[key], location, _Place(numbers, step[1], knobs))
        for name, step in slots.items():
            place_of = _Place(numbers, step[1], knobs)
            check_slot(name, numbers[name], numbers["context"], slot_location(spec, name), place_of)


def field_key(place: int, table: int, field: str, entry: int = 0) -> str:
    """The name under which a field is compiled: place of the part, of its mechanism, and of the entry in a list."""
    return f"{place}__{table}__{field}__{entry}"


class _Numbers(dict):
    """Quantities over the design by name, computed when first asked for; an input without a design is 1."""

    def __init__(self, design: Mapping, slots: Mapping, formulas: Mapping):
        super().__init__(design)
        self.steps = {**formulas, **slots}

    def __missing__(self, name):
        self[name] = self.compute(self.steps[name]) if name in self.steps else np.float64(1.0)
        return self[name]

    def compute(self, step: tuple) -> np.ndarray:
        function, arguments, _ = step
        operands = [self[argument] for argument in arguments]
        with np.errstate(all="ignore"):
            return np.asarray(function(*operands), dtype=float)


@functools.cache
def _design() -> dict[str, np.ndarray | np.float64]:
    """One array an input, one entry a point: every context twice, heads, layers and depths turning at their own pace."""
    contexts = np.repeat(np.array(CONTEXTS, dtype=float), 2 * len(WIDTHS) * len(DEPTHS))
    point = np.arange(contexts.size)

    def turning(values, pace: int = 1) -> np.ndarray:
        return np.array(values, dtype=float)[(point // pace) % len(values)]

    width, kv_heads, layers = turning(WIDTHS), turning(KV_HEADS), turning(LAYERS)
    query_heads = kv_heads * turning(HEADS_PER_KV_HEAD)
    prompt = np.where(point // (len(WIDTHS) * len(DEPTHS)) % 2 == 0, contexts, np.ceil(contexts * SHORT_PROMPT))
    shapes = {"key_width": width, "value_width": width, "query_width": width, "output_width": width}
    shapes |= {"expanded_key_width": width, "expanded_value_width": width, "window": np.float64(np.inf)}
    shapes |= {"kv_heads": kv_heads, "query_heads": query_heads, "layers": layers, "layer_count": layers}
    shapes |= {
        "selected_tokens": np.float64(np.inf),
        "compressed_share": np.float64(0.0),
        "index_width": np.float64(0.0),
    }
    shapes |= {"layer_index": np.floor((layers - 1) * turning(DEPTHS, len(WIDTHS))), "ranks": np.float64(1.0)}
    return {"context": contexts, "prompt": prompt, "batch": np.float64(BATCH), "generated": np.float64(0.0), **shapes}


def _corners(spec: SchemeSpec) -> Iterator[dict[str, float]]:
    """The knobs by argument name: as they stand, then one at a time at each end that its file states."""
    standing = {
        _name(place, key): number for place, part in enumerate(spec.parts) for key, number in part.knobs.items()
    }
    yield standing
    for place, part in enumerate(spec.parts):
        for key in part.knobs:
            for end in _stated_ends(part, key):
                yield standing | {_name(place, key): end}


def _name(place: int, knob: str) -> str:
    return f"knob{place}__{knob}"


def _stated_ends(part: SchemePart, knob: str) -> Iterator[float]:
    low, high = knob_bounds(part.facts, knob, part.location)
    table = part.facts["knobs"][knob]
    yield from (end for end, key in ((low, "low"), (high, "high")) if key in table)


def slot_location(spec: SchemeSpec, slot: str) -> str:
    """Where a file redefines a slot; for what other mechanisms make of it, the files and the slot."""
    for part in spec.parts:
        for index, table in enumerate(part.facts.get("mechanism", [])):
            if slot in current_names(table) and table.get("kind") == "redefine":
                return f"{part.location}: mechanism[{index}].{slot}"
    return f"{' + '.join(part.location for part in spec.parts)}: {slot}, as its mechanisms leave it"


def check_slot(
    name: str, value: np.ndarray, context: np.ndarray, location: str, place_of: Callable[[np.ndarray], str]
) -> None:
    """Check numbers of a slot against its bounds, and the context where it counts tokens of it.

    ``place_of`` says, from where it is true of the bad ones, at which point the first of them stands.
    """
    _check(value, field_bounds()["redefine"].get(name) or Bounds(vocabulary()[name]["unit"]), location, place_of)
    if name in WITHIN_CONTEXT and (bad := value > context * ROUNDING).any():
        raise FactError(f"{location}: expected at most the context, got {_first(value, bad):g} {place_of(bad)}")


def _check(value: np.ndarray, bounds: Bounds, location: str, place_of: Callable[[np.ndarray], str]) -> None:
    with np.errstate(invalid="ignore"):
        low = value > bounds.low if bounds.positive else value >= bounds.low
        bad = ~(low & (value <= bounds.high * ROUNDING) & np.isfinite(value))
    if bad.any():
        raise FactError(f"{location}: expected {bounds.due}, got {_first(value, bad):g} {place_of(bad)}")


def _first(value: np.ndarray, bad: np.ndarray) -> float:
    return float(np.broadcast_to(value, bad.shape)[bad][0])


@dataclass(frozen=True)
class _Place:
    """Says where a point of the design stands: its context, what the checked number reads, and the knobs."""

    numbers: Mapping
    arguments: tuple[str, ...]
    knobs: Mapping[str, float]

    def __call__(self, bad: np.ndarray) -> str:
        first = int(np.argmax(np.atleast_1d(bad)))
        read = [name for name in SHOWN if name == "context" or name in self.arguments]
        at = {name: np.atleast_1d(self.numbers[name]) for name in read}
        places = [f"{name} = {array[first % array.size]:,g}" for name, array in at.items()]
        return "at " + ", ".join(places + [f"{key.split('__')[1]} = {knob:,g}" for key, knob in self.knobs.items()])
