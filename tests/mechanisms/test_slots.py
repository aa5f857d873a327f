"""Each primitive changes exactly the slots that it says, and nothing beside them."""

import pytest
import sympy as sp

from costmodel.evaluation.compile import compiled, pipeline
from costmodel.language.kernels import KERNELS
from costmodel.language.quantity import Slot, catalogue
from costmodel.mechanisms import load_mechanisms

ROUNDED_KEYS = {"key_step_error", "key_float_error", "key_tile_tokens"}
ROUNDED_VALUES = {"value_step_error", "value_float_error", "value_tile_tokens"}
QUANTIZED = {
    *ROUNDED_KEYS,
    *ROUNDED_VALUES,
    "key_bits",
    "key_metadata",
    "value_bits",
    "value_metadata",
    "conversion_work",
    "encode_work",
    "encode_kernels",
}
EVICTED = {
    "kept_tokens", "kept_growth", "sidecar_size", "score_kernels", "score_passes", "moved_tokens", "scored_queries",
    "prompt_passes", "prefix_cacheable", "guaranteed_recent_tokens", "score_selected",
}  # fmt: skip
PRECISE = {"precise_key_tokens", "precise_value_tokens", "flush_tokens"}
SCORED = {"sidecar_size", "score_kernels", "score_passes", "scored_queries", "prompt_passes"}
RESTING = {
    "resting_rate", "raw_resting_tokens", "resting_kernels", "resting_decode_flop", "resting_decode_work", "rests_in_pool",
}  # fmt: skip
VARIABLE = {
    "key_bits", "value_bits", "key_metadata", "value_metadata", "worst_coded_ratio", "conversion_work", "encode_work",
    "encode_kernels",
}  # fmt: skip
DEDUPLICATED = {"duplicate_share", "signature_size", "compared_blocks", "fingerprint_kernels"}
WINDOWED = {"kept_tokens", "kept_growth", "guaranteed_recent_tokens", "sink_tokens"}
CASES = {
    "quantize": ('bits = "4 bit"', QUANTIZED),
    "quantize keys": ('bits = "4 bit"\ntarget = "key"', QUANTIZED - {"value_bits", "value_metadata"} - ROUNDED_VALUES),
    "quantize unfused": ('bits = "4 bit"\ndecode = "unfused"', QUANTIZED | {"unfused"}),
    "quantize over the prompt": ('bits = "4 bit"\nprompt_passes = 1', QUANTIZED | {"prompt_passes"}),
    "precise_zone": ('sinks = "4 token/sequence"', PRECISE),
    "precise_zone of recent tokens": ('recent_values = "64 token/sequence"', PRECISE | {"residual_window_tokens"}),
    "sidecar": ('size = "4 byte/token/head"', {"sidecar_size", "constant_size"}),
    "evict": ('budget = "512 token/sequence"', EVICTED | {"full_blocks_immutable"}),
    "evict the prompt": (
        'budget = "512 token/sequence"\ntrigger = "prefill_end"',
        EVICTED | {"reusable_next_turn", "prompt_growth"},
    ),
    "evict for query heads": (
        'budget = "512 token/sequence"\ncached_for = "query_heads"',
        EVICTED | {"full_blocks_immutable", "cached_heads"},
    ),
    "select": (
        'budget = "512 token/sequence"',
        {"read_tokens", "index_size", "select_kernels", "guaranteed_recent_tokens", "score_selected"},
    ),
    "window": (
        'recent = "512 token/sequence"',
        {"kept_tokens", "kept_growth", "full_blocks_immutable", "guaranteed_recent_tokens", "sink_tokens"},
    ),
    "share": ("layers = 2", {"cached_heads"}),
    "share widths": ('widths = "expanded"', {"cached_heads", "key_elements", "value_elements"}),
    "project": ("rank = 512", {"cached_heads", "key_elements", "value_elements"}),
    "entropy": ("mean = 0.7", {"mean_coded_ratio", "worst_coded_ratio", "conversion_work", "encode_kernels"}),
    "redefine": ('key_bits = "4 * bit"', {"key_bits"}),
    "quantize over tokens": ('bits = "4 bit"\ntile = [32, 1, 1]', QUANTIZED | {"share_unit"}),
    "precise_zone that is flushed": ('flush = "64 token/sequence"', PRECISE | {"share_unit"}),
    "project keys": ('rank = 64\ntarget = "key"\nreconstruct = "fused"', {"key_elements", "reconstruction_work"}),
    "project into a pass": (
        'rank = 64\ntarget = "value"\nreconstruct = "materialised"\nbasis = "request"',
        {"value_elements", "reconstruction_work", "unfused", "prefix_cacheable"},
    ),
    "entropy that is read": (
        'mean = 0.7\nreads = "coded"',
        {"mean_coded_ratio", "worst_coded_ratio", "conversion_work", "encode_kernels", "read_rate"},
    ),
    "variable_rate": ('mean_bits = "4 bit"\nworst_bits = "8 bit"', VARIABLE),
    "variable_rate in classes": (
        'mean_bits = "4 bit"\nworst_bits = "8 bit"\nallocator = "size_classes"\nutilisation = 0.9\nrecoded = 0.5',
        VARIABLE | {"size_classes", "mean_coded_ratio", "full_blocks_immutable", "prefix_cacheable"},
    ),
    "dedup": ("duplicates = 0.3", DEDUPLICATED),
    "dedup of similar blocks": ('duplicates = 0.3\nmatch = "similar"', DEDUPLICATED | {"prefix_cacheable"}),
    "rest": ("ratio = 16", RESTING),
    "tier": ('target = "value"', {"offloaded_size", "fetched_size"}),
    "retrieval_heads": (
        'full = 0.5\nrecent = "512 token/sequence"',
        WINDOWED | {"residual_window_tokens", "full_heads"},
    ),
    "score": ('signal = "attention_sum"\nkernels = 2', SCORED),
    "merge": (
        "into = 2",
        {
            "kept_tokens", "kept_growth", "sidecar_size", "score_kernels", "full_blocks_immutable", "prefix_cacheable",
            "guaranteed_recent_tokens",
        },
    ),
    "merge layers": ('into = 2\naxis = "layers"', {"sidecar_size", "score_kernels", "cached_heads"}),
}  # fmt: skip


@pytest.fixture
def slots_of(data_folder):
    def read(body):
        (data_folder / "schemes" / "mine.toml").write_text('name = "Mine"\nsource = "this test"\n' + body)
        return pipeline.slots(compiled.load_scheme("mine").spec)[0]

    return read


@pytest.mark.parametrize("case", CASES)
def test_changes_exactly_its_slots(slots_of, case):
    body, expected = CASES[case]
    slots = slots_of(f'[[mechanism]]\nkind = "{case.split()[0]}"\n{body}\n')
    assert all(isinstance(slot, Slot) for slot in slots)
    assert {slot.name for slot in slots} == expected


def test_every_primitive_is_tried():
    assert {case.split()[0] for case in CASES} == set(load_mechanisms())


def test_every_slot_has_a_primitive_that_changes_it(slots_of):
    """A slot that only ``redefine`` reaches is allowed, but listed here on purpose."""
    reached = set().union(*(expected for _, expected in CASES.values()))
    slots = {name for name, q in catalogue.items() if isinstance(q, Slot)}
    assert slots - reached <= {"added_time"}


def test_fields_say_what_they_mean():
    for kind, mechanism in load_mechanisms().items():
        assert mechanism.kind == kind and mechanism.__doc__
        for name, field in mechanism.fields.items():
            assert field.meaning, (kind, name)
            assert (field.unit is None) == bool(field.choices), (kind, name)


BODY = '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\ntile = {tile}\nmetadata = "32 bit"\n'


@pytest.mark.parametrize(
    ("tile", "bytes_a_number"),
    [
        ("[1, 32, 1]", 4 / 32),
        ("[32, 1, 1]", 4 / 32),
        ("[1, 128, 8]", 4 / 1024),
        ('[1, "key_width", 1]', 4 / 128),
        ('["all", 1, 1]', 0),  # one record for all tokens of a channel weighs nothing beside them
        ('["all", "all", "all"]', 0),
    ],
)
def test_a_record_is_spread_over_its_tile(slots_of, tile, bytes_a_number):
    slots = slots_of(BODY.format(tile=tile))
    side = sp.lambdify(catalogue["key_width"], slots[catalogue["key_metadata"]], KERNELS)
    assert float(side(128)) == pytest.approx(bytes_a_number)
