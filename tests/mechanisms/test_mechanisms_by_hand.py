"""What each primitive makes of its slots, in numbers worked by hand: budgets, tiles, rings, codes, what is whole and what is not.

Quantities that slots read are numbers of a small layer: 8 query heads over 4 key/value heads of width 64, context 1,000.
"""

import numpy as np
import pytest

from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import load_formulas

LAYER = {
    "context": 1000.0, "prompt": 800.0, "window": np.inf, "compressed_share": 0.0, "selected_tokens": np.inf, "kv_heads": 4.0,
    "query_heads": 8.0, "key_width": 64.0, "value_width": 64.0, "index_width": 0.0, "state_size": 0.0, "ranks": 1.0,
    "block_size": 16.0, "layers": 10.0, "layer_index": 5.0, "expanded_key_width": 96.0, "expanded_value_width": 32.0,
    "owns_cache": 1.0, "attends": 1.0,
}  # fmt: skip


@pytest.fixture
def layer(write_scheme):
    """``layer('kind = "evict"…')``: the slots of a scheme of such mechanisms, by name, on a layer with ``changes``."""

    def build(*bodies, **changes):
        text = "".join(f"[[mechanism]]\n{body}\n" for body in bodies)
        scheme = compiled.compile_scheme(compiled.parse_scheme(write_scheme(text)))
        evaluator = Evaluator(LAYER | changes | scheme.knobs, load_formulas().formulas, scheme.slots)
        return lambda *names: [float(evaluator[name]) for name in names]

    return build


KEPT = ("kept_tokens", "kept_growth", "guaranteed_recent_tokens", "score_selected", "full_blocks_immutable",
        "prefix_cacheable", "reusable_next_turn")  # fmt: skip


def test_a_budget_at_every_step(layer):
    body = 'kind = "evict"\nbudget = "512 token/sequence"\nwindow = "64 token/sequence"'
    assert layer(body)(*KEPT) == [512, 0, 64, 1, 0, 0, 1]
    assert layer(body, context=512.0)(*KEPT) == [512, 1, 512, 0, 1, 1, 1]
    assert layer(body, context=300.0, prompt=200.0)("read_tokens") == [300]


def test_a_budget_at_the_end_of_the_prompt(layer):
    body = 'kind = "evict"\nbudget = "512 token/sequence"\nwindow = "64 token/sequence"\ntrigger = "prefill_end"'
    assert layer(body)(*KEPT) == [712, 1, 264, 1, 1, 0, 0]  # 512 of 800, and the 200 that were generated
    assert layer(body)("prompt_growth") == [0]
    assert layer(body, context=500.0, prompt=400.0)(*KEPT) == [500, 1, 500, 0, 1, 1, 1]
    assert layer(body, context=600.0)("kept_tokens") == [512]  # while the prompt of 800 is computed


def test_budgets_that_fall_from_layer_to_layer(layer):
    body = 'kind = "evict"\nbudget = "300 token/sequence"\nwindow = "100 token/sequence"\nslope = 3'
    # beyond the window 200 x 2 / 4 x (3 at the first layer, 1 at the last, 2 in the middle)
    found = [layer(body, layer_index=float(i))("kept_tokens")[0] for i in (0, 4.5, 9)]
    assert found == pytest.approx([400, 300, 200])


def test_what_eviction_costs(layer):
    body = ('kind = "evict"\nbudget = "512 token/sequence"\nscore_state = "4 byte/token/head"\nscore_kernels = 2\n'
            'score_passes = "3 1/head"\nmoved_tokens = "5 token/sequence"\nscored_queries = "32 token/sequence"\n'
            'prompt_passes = 1.5\ncached_for = "query_heads"')  # fmt: skip
    names = "sidecar_size score_kernels score_passes moved_tokens scored_queries prompt_passes cached_heads".split()
    assert layer(body)(*names) == [4, 2, 3, 5, 32, 1.5, 8]
    assert layer(body, body)(*names) == [8, 4, 6, 10, 64, 3, 8]  # and what stands before it stays


def test_a_selection_reads_and_stores_its_index(layer):
    body = ('kind = "select"\nbudget = "256 token/sequence"\nunit = "16 token"\nindex = "512 byte/head"\n'
            'token_index = "12 byte/token"\nkernels = 3\nskip_first = 2\nskip_last = 3')  # fmt: skip
    names = ("kept_tokens", "read_tokens", "guaranteed_recent_tokens", "score_selected", "index_size", "select_kernels")
    assert layer(body)(*names) == [1000, 256, 0, 1, 32 + 3, 3]
    whole = [1000, 1000, 1000, 0, 35, 0]
    found = {i: layer(body, layer_index=float(i))(*names)[1] for i in range(10)}
    assert found == {i: 256 if 2 <= i < 7 else 1000 for i in range(10)}
    assert layer(body, layer_index=1.0)(*names) == whole and layer(body, layer_index=7.0)(*names) == whole
    assert layer(body, context=200.0)(*names)[1:4] == [200, 200, 0]


def test_what_is_dropped_is_not_read(layer):
    select, evict = 'kind = "select"\nbudget = "256 token/sequence"', 'kind = "evict"\nbudget = "100 token/sequence"'
    assert layer(select, evict)("kept_tokens", "read_tokens") == [100, 100]
    assert layer(evict.replace("100", "500"), select)("kept_tokens", "read_tokens") == [500, 256]
    window = 'kind = "window"\nrecent = "50 token/sequence"'
    assert layer(select, window)("kept_tokens", "read_tokens") == [50, 50]
    merge = 'kind = "merge"\ninto = 10'
    assert layer(select, merge)("kept_tokens", "read_tokens") == [100, 100]
    heads = 'kind = "retrieval_heads"\nfull = 0\nrecent = "50 token/sequence"'
    assert layer(select, heads)("kept_tokens", "read_tokens") == [50, 50]


def test_a_window_is_a_ring(layer):
    body = 'kind = "window"\nsinks = "4 token/sequence"\nrecent = "508 token/sequence"'
    names = ("kept_tokens", "guaranteed_recent_tokens", "sink_tokens", "full_blocks_immutable", "prefix_cacheable")
    assert layer(body)(*names) == [512, 508, 4, 0, 1]
    assert layer(body, context=512.0)(*names) == [512, 508, 4, 1, 1]
    assert layer(body, body.replace("508", "100").replace("4 t", "9 t"))(*names)[:3] == [109, 100, 9]


def test_heads_that_retrieve(layer):
    body = 'kind = "retrieval_heads"\nfull = 0.25\nsinks = "16 token/sequence"\nrecent = "84 token/sequence"'
    names = ("kept_tokens", "residual_window_tokens", "full_heads", "guaranteed_recent_tokens", "sink_tokens")
    assert layer(body)(*names) == [0.25 * 1000 + 0.75 * 100, 75, 0.25, 84, 16]
    assert layer(body, context=100.0)(*names) == [100, 0, 0.25, 84, 16]


def test_tokens_that_become_one(layer):
    body = 'kind = "merge"\ninto = 4\nrecent = "200 token/sequence"\nmetadata = "2 byte/token/head"\nkernels = 3'
    names = ("kept_tokens", "sidecar_size", "score_kernels", "full_blocks_immutable", "prefix_cacheable")
    assert layer(body)(*names, "guaranteed_recent_tokens") == [400, 2, 3, 0, 0, 200]
    assert layer(body, context=200.0)(*names) == [200, 2, 3, 1, 1]


def test_layers_that_become_one(layer):
    body = 'kind = "merge"\naxis = "layers"\ninto = 4\nfrom_depth = 0.5\nmetadata = "2 byte/token/head"\nkernels = 3'
    names = ("cached_heads", "sidecar_size", "score_kernels", "kept_tokens")
    assert layer(body)(*names) == [1, 8, 3, 1000]
    assert layer(body, layer_index=4.0)(*names) == [4, 0, 3, 1000]


QUANTIZED = "key_bits key_metadata value_bits value_metadata conversion_work encode_work encode_kernels".split()
INT4 = ('kind = "quantize"\nbits = "4 bit"\ntile = [1, 32, 1]\nmetadata = "32 bit"\ndecode_instructions = 6\n'
        'encode_instructions = 10\nencode_kernels = 2\n')  # fmt: skip


def test_bits_and_records(layer):
    # bytes: 4 bit 0.5; a record of 4 bytes over 32 numbers 0.125
    assert layer(INT4)(*QUANTIZED) == [0.5, 0.125, 0.5, 0.125, 6, 10, 2]
    # keys of 64 of 96 numbers: two thirds of the work
    assert layer(INT4 + 'target = "key"', value_width=32.0)(*QUANTIZED) == pytest.approx(
        [0.5, 0.125, 2, 0, 4, 20 / 3, 2]
    )
    assert layer(INT4 + 'target = "value"', value_width=32.0)(*QUANTIZED) == pytest.approx(
        [2, 0, 0.5, 0.125, 2, 10 / 3, 2]
    )
    skipping = INT4 + "skip_first = 2\nskip_last = 3"
    assert layer(skipping)(*QUANTIZED) == layer(INT4)(*QUANTIZED)
    assert (
        layer(skipping, layer_index=1.0)(*QUANTIZED)
        == layer(skipping, layer_index=7.0)(*QUANTIZED)
        == [2, 0, 2, 0, 0, 0, 0]
    )
    assert layer(skipping, layer_index=2.0)(*QUANTIZED)[0] == layer(skipping, layer_index=6.0)(*QUANTIZED)[0] == 0.5


def test_tiles_flushes_and_passes(layer):
    assert layer(INT4)("unfused", "share_unit", "prompt_passes") == [0, 16, 0]
    over = INT4.replace("[1, 32, 1]", "[32, 1, 1]") + 'decode = "unfused"\nprompt_passes = 2'
    assert layer(over)("unfused", "share_unit", "prompt_passes", "key_tile_tokens") == [1, 32, 2, 32]
    assert layer(over.replace("[32,", "[8,"))("share_unit") == [16]
    static = INT4.replace("[1, 32, 1]", '["all", 1, 1]')
    assert layer(static)("key_metadata", "share_unit", "key_tile_tokens") == [0, 16, 1]


def test_errors_of_codes(layer):
    names = ("key_step_error", "key_float_error", "value_step_error", "value_float_error")
    even = layer(INT4)(*names)
    assert even[0] == even[2] > 0 == even[1] == even[3]
    # 32 numbers between the smallest and the largest: a range of 4.271 (Cramer), 15 steps of root 12
    assert even[0] == pytest.approx(4.271 / 15 / 12**0.5, rel=1e-3)
    # a scale alone: the largest of 64 normal numbers, 2.398, in 7 steps
    scaled = layer(INT4.replace("32 bit", "16 bit"))("key_step_error")[0]
    assert scaled == pytest.approx(2.398 / 7 / 12**0.5, rel=1e-3)
    floats = layer(INT4.replace("4 bit", "8 bit", 1) + 'code = "float"')(*names)
    assert floats == pytest.approx([0, (0.543 / 12) ** 0.5 / 8] * 2)
    table = layer(INT4 + 'code = "codebook"')(*names)
    assert table == pytest.approx([0, (3**0.5 * np.pi / 2) ** 0.5 / 16] * 2)


def test_a_precise_zone(layer):
    body = ('kind = "precise_zone"\nsinks = "4 token/sequence"\nrecent_keys = "64 token/sequence"\n'
            'recent_values = "96 token/sequence"\nflush = "128 token/sequence"')  # fmt: skip
    names = ("precise_key_tokens", "precise_value_tokens", "flush_tokens", "share_unit", "residual_window_tokens")
    assert layer(body)(*names) == [68, 100, 128, 128, 96]
    assert layer(body, body)(*names) == [136, 200, 128, 128, 96]
    assert layer('kind = "precise_zone"\nsinks = "4 token/sequence"')(*names) == [4, 4, 1, 16, 0]


def test_sidecars(layer):
    body = 'kind = "sidecar"\nsize = "3 byte/token/head"\ntoken_size = "8 byte/token"\nconstant = "100 byte/sequence"'
    assert layer(body, state_size=50.0)("sidecar_size", "constant_size") == [5, 150]


def test_heads_and_widths_that_are_shared(layer):
    names = ("cached_heads", "key_elements", "value_elements")
    assert layer('kind = "share"\nlayers = 2')(*names) == [2, 64, 64]
    assert layer('kind = "share"\nheads = "1 head"\nwidths = "expanded"')(*names) == [1, 96, 32]
    assert layer('kind = "share"\nlayers = 2', 'kind = "share"\nlayers = 2')(*names)[0] == 1


def test_low_rank_codes(layer):
    names = ("cached_heads", "key_elements", "value_elements", "reconstruction_work", "unfused", "prefix_cacheable")
    latent = 'kind = "project"\nrank = 48\nrotary = 8'
    assert layer(latent)(*names) == [1, 56, 0, 0, 0, 1]
    both = 'kind = "project"\nrank = 48\nrotary = 8\ngroup = 4\ntarget = "both"\n'
    assert layer(both)(*names) == [4, 20, 12, 0, 0, 1]
    assert layer(both + 'reconstruct = "fused"')(*names) == [4, 20, 12, 2 * 48 * 128, 0, 1]
    body = both.replace("both", "key") + 'reconstruct = "materialised"\nbasis = "request"'
    assert layer(body)(*names) == [4, 20, 64, 2 * 48 * 64, 1, 0]


def test_entropy_codes(layer):
    names = ("mean_coded_ratio", "worst_coded_ratio", "read_rate", "conversion_work", "encode_kernels")
    body = 'kind = "entropy"\nmean = 0.5\nworst = 0.75\ndecode_instructions = 6\nencode_kernels = 2\n'
    assert layer(body)(*names) == [0.5, 0.75, 1, 6, 2]
    assert layer(body + 'reads = "coded"', body)(*names) == [0.25, 0.5625, 0.5, 12, 4]


def test_blocks_of_varying_rate(layer):
    body = ('kind = "variable_rate"\nmean_bits = "3 bit"\nworst_bits = "7 bit"\ntile = [32, 1, 1]\nmetadata = "32 bit"\n'
            'decode_instructions = 6\nencode_instructions = 10\nencode_kernels = 2\nrecoded = 0.5\n')  # fmt: skip
    names = ("key_bits", "key_metadata", "value_bits", "value_metadata", "conversion_work", "encode_work", "encode_kernels",
             "worst_coded_ratio", "mean_coded_ratio", "size_classes", "share_unit", "full_blocks_immutable")  # fmt: skip
    # 3 bit and one of the record's: 4; at worst 8
    assert layer(body)(*names) == [0.375, 0.125, 0.375, 0.125, 6, 15, 3, 2, 1, 0, 32, 0]
    classes = body + 'allocator = "size_classes"\nutilisation = 0.8'
    assert layer(classes)("mean_coded_ratio", "size_classes") == [1.25, 1]
    assert layer(body.replace("0.5", "0").replace("32,", "1,"))("share_unit", "full_blocks_immutable") == [16, 1]


def test_equal_blocks(layer):
    body = 'kind = "dedup"\nduplicates = 0.5\nmoved = 0.4\nsignature = "2 byte/token/head"\ncompared = 8\nkernels = 3\n'
    names = ("duplicate_share", "signature_size", "compared_blocks", "fingerprint_kernels", "prefix_cacheable")
    assert layer(body)(*names) == pytest.approx([0.3, 2, 8, 3, 1])  # what moved carries another position
    assert layer(body + 'keys = "unrotated"\nmatch = "similar"')(*names) == pytest.approx([0.5, 2, 8, 3, 0])
    assert layer(body, body)(*names)[:2] == pytest.approx([1 - 0.7**2, 4])


def test_caches_that_rest_or_live_elsewhere(layer):
    rest = ('kind = "rest"\nratio = 16\nraw = "20 token/sequence"\nplace = "pool"\ndecode_kernels = 3\n'
            'decode_flop = "500 flop"\ndecode_instructions = 25')  # fmt: skip
    names = (
        "resting_rate",
        "raw_resting_tokens",
        "rests_in_pool",
        "resting_kernels",
        "resting_decode_flop",
        "resting_decode_work",
    )
    assert layer(rest)(*names) == [1 / 16, 20, 1, 3, 500, 25]
    # at 4 bit and an eighth a token has 80 B in the pool, 256 B at 16 bit, 16 B at rest
    assert layer(INT4, rest.replace("pool", "host"))(*names[:3]) == pytest.approx([0.2, 20, 0])
    tier = 'kind = "tier"\nfetched = 0.25\n'
    assert layer(tier)("offloaded_size", "fetched_size") == [256, 64]
    assert layer(tier + 'target = "key"', key_width=96.0)("offloaded_size", "fetched_size") == [192, 48]


def test_scores_that_go_stale(layer):
    body = ('kind = "score"\nsignal = "attention_sum"\nstate = "4 byte/token/head"\nkernels = 2\npasses = "6 1/head"\n'
            'interval = "4 token/sequence"\nscored_queries = "32 token/sequence"\nprompt_passes = 1')  # fmt: skip
    names = ("sidecar_size", "score_kernels", "score_passes", "scored_queries", "prompt_passes")
    assert layer(body)(*names) == [4, 0.5, 1.5, 32, 1] and layer(body, body)(*names) == [8, 1, 3, 64, 2]


def test_a_slot_of_ones_own_may_read_what_stood_before(layer):
    own = 'kind = "redefine"\nkey_bits = "key_bits / 2"\nkept_tokens = "kept_tokens / 4"'
    assert layer(INT4, own)("key_bits", "kept_tokens", "value_bits") == [0.25, 250, 0.5]
