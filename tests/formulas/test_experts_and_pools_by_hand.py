"""Experts, blocks and tables, the workspace of an engine, and the loop of requests: each formula alone, by hand."""

import math

import pytest
import sympy as sp
from formula_alone import value

from costmodel.formulas import rounding
from costmodel.language.kernels import KERNELS
from costmodel.language.symbols import bit


def close(number):
    return pytest.approx(number, rel=1e-12)


CHOICES = {"expert_tokens": 16.0, "experts_per_token": 8.0, "experts": 128.0, "expert_ranks": 4.0}


def test_choices_and_loads():
    assert value("expert_choices", expert_tokens=16.0, experts_per_token=8.0) == 128
    assert value("held_experts", experts=128.0, expert_ranks=4.0) == 32
    assert value("held_experts", experts=2.0, expert_ranks=4.0) == 1
    few = {"expert_tokens": 2.0, "experts_per_token": 2.0, "experts": 4.0}
    assert value("independent_share", **few) == 0.75 and value("active_experts", experts=4.0, touched_share=0.75) == 3
    # the first of two tokens touches half; of the other half the second misses (1 + 4 ln 2)^(-1/4), where the variation is 2
    assert value("touched_share", **few, router_variation=2.0) == close(1 - 0.5 * (1 + 4 * math.log(2)) ** -0.25)
    one = few | {"expert_tokens": 1.0}
    assert value("touched_share", **one, router_variation=2.0) == 0.5
    assert value("touched_share", **few | {"experts": 2.0}, router_variation=2.0) == 1
    # 128 / 8 - 1 = 15 over 16 tokens; of those, 15 choose by a variation of 0.4
    of = {name: CHOICES[name] for name in ("expert_tokens", "experts_per_token", "experts")}
    assert value("independent_variation", **of) == close((15 / 16) ** 0.5)
    chosen = {"expert_tokens": 16.0, "router_variation": 0.4}
    assert value("load_variation", **chosen, independent_variation=0.3) == close((0.09 + 0.16 * 15 / 16) ** 0.5)
    # 16 sums of 9 experts: 3.9 (1 - 16^-0.23) / 3 of a variation of 0.5 above the mean
    assert value("busiest_load", expert_ranks=16.0, load_variation=0.5, held_experts=9.0) == close(
        1 + 0.5 * 3.9 * (1 - 16**-0.23) / 3
    )


def test_rows_and_experts_of_the_busiest_gpu():
    of = {
        "expert_choices": 128.0,
        "expert_ranks": 4.0,
        "held_experts": 32.0,
        "experts_per_token": 8.0,
        "expert_tokens": 16.0,
    }
    assert value("busiest_rows", **of, busiest_load=1.5) == 48
    assert value("busiest_rows", **of | {"held_experts": 2.0}, busiest_load=1.5) == 32  # two experts of every token
    assert value("busiest_rows", **of | {"expert_choices": 1.0}, busiest_load=1.5) == 1
    touched = {"held_experts": 32.0, "touched_share": 0.75, "busiest_load": 2.0}
    assert value("touched_experts", **touched, busiest_rows=48.0) == 30
    assert value("touched_experts", **touched, busiest_rows=20.0) == 20
    assert value("even_share", expert_choices=64.0, experts=128.0) == 0.5
    assert value("even_share", expert_choices=999.0, experts=128.0) == 1


def test_a_power_law_of_loads():
    cut = {"experts": 128.0, "expert_tokens": 100.0}
    assert (
        value("cut_ratio", **cut, expert_choices=129.0) == 80 and value("cut_ratio", **cut, expert_choices=128.0) == 200
    )
    # exponent 3/2 up to 4: integrals of x^-1/2 and x^-3/2: 2 and 1; of x^1/2: 14/3
    law = {"cut_ratio": 4.0, "routing_exponent": 1.5}
    assert value("mean_load", **law) == close(2)
    assert value("skewed_variation", **law, mean_load=2.0) == close((14 / 3 / 4 - 1) ** 0.5)
    loads = {"mean_load": 2.0, "experts": 100.0, "cut_ratio": 4.0}
    assert (
        value("idle_load", **loads, expert_choices=50.0) == 2
        and value("whole_load", **loads, expert_choices=100.0) == 2
    )
    assert (
        value("idle_load", **loads, expert_choices=500.0) == 1
        and value("whole_load", **loads, expert_choices=500.0) == 1
    )
    assert (
        value("idle_load", **loads, expert_choices=10.0) == 4 and value("whole_load", **loads, expert_choices=10.0) == 4
    )
    # experts below 1.44 are idle: 2 (1 - 1 / 1.2) = a third; up to 2.25 another third get a whole token, 33.3 of 100. Their
    # loads sum to 2 (1.5 - 1) of 2, half of all choices: of 60 nothing is left over, of 80 there are 6.7 for idle experts
    skew = {"experts": 100.0, "idle_load": 1.44, "whole_load": 2.25, **law}
    assert value("skewed_share", **skew, expert_choices=60.0, even_share=1.0) == close(2 / 3)
    assert value("skewed_share", **skew, expert_choices=80.0, even_share=1.0) == close(2 / 3 + 0.2 / 3)
    assert value("skewed_share", **skew, expert_choices=60.0, even_share=0.25) == 0.25


EXPERT = {"touched_experts": 24.0, "feed_forward_matrices": 3.0, "hidden_size": 2048.0, "expert_width": 700.0}


def test_bytes_of_experts():
    assert value("expert_width", expert_intermediate_size=1400.0, expert_ranks=2.0, expert_gpus=4.0) == 700
    assert value("expert_weights", **EXPERT, expert_weight_size=0.5) == 24 * 3 * 2048 * 700 * 0.5
    rows = {"busiest_rows": 40.0, "grouped_foreign_rows": 0.25, "expert_choices": 128.0, "hidden_size": 2048.0,
            "expert_input_size": 1.0, "expert_tokens": 16.0, "activation_size": 2.0, "feed_forward_matrices": 3.0,
            "expert_width": 700.0}  # fmt: skip
    # 40 rows of their own and a quarter of 88 others; 5 x 700 + 2 x 2,048 numbers of 2 B
    moved = 40 * 2048 + 62 * (3500 + 4096) * 2 + 16 * 2048 * 2
    assert value("expert_rows_traffic", **rows) == moved
    assert value("expert_rows_traffic", **rows | {"expert_choices": 8.0}) == moved - 22 * 7596 * 2
    hits = {"grouped_l2_usable": 0.6, "l2_size": 50e6, "expert_weights": 30e6}
    assert value("expert_hit_fraction", **hits, warm=0.5) == close(0.25)
    assert value("expert_hit_fraction", **hits | {"expert_weights": 60e6}, warm=1.0) == close(1 / 257)
    memory = {"expert_hit_fraction": 0.5, "grouped_l2_speedup": 4.0, "expert_weights": 8e6, "grouped_efficiency": 0.8,
              "hbm_bandwidth": 1e12, "expert_rows_traffic": 1e6, "grouped_row_efficiency": 0.5}  # fmt: skip
    assert value("grouped_memory_time", **memory) == close(6.25e-6 + 2e-6)


TILES = EXPERT | {"busiest_rows": 3000.0, "evenly_routed": 1.0, "sms": 100.0, "grouped_fill_drain": 52.0,
                  "grouped_peak_share": 0.5, "expert_peak": 1e14, "grouped_tile": 16.0}  # fmt: skip


def test_tiles_of_experts():
    def time(height, tiles):
        """Up: 2 x 700 columns over 2,048 inner numbers; down: 2,048 over 700; waves on 100 multiprocessors."""
        up, down = max(tiles * 1400 / 128 / 100, 1), max(tiles * 16 / 100, 1)
        return 2 * height * 128 * (up * (2048 + 52) + down * (700 + 52)) * 100 / 0.5e14

    # 125 rows an expert: 7.8 tiles of 16, 1.95 of 64, 0.98 of 128
    found = [value(name, **TILES) for name in ("small_tiles_time", "middle_tiles_time", "large_tiles_time")]
    assert found == close([time(16, 24 * 8), time(64, 24 * 2), time(128, 24)])
    uneven = TILES | {"evenly_routed": 0.0}
    assert value("small_tiles_time", **uneven) == close(time(16, 24 * (125 / 16 + 0.5)))
    assert value("large_tiles_time", **uneven | {"busiest_rows": 24.0}) == close(time(128, 24))  # one tile at least
    few = uneven | {"touched_experts": 1.0, "busiest_rows": 1.0, "expert_width": 50.0}
    one = 2 * 16 * 128 * ((2048 + 52) + (50 + 52)) * 100 / 0.5e14  # and at least one wave
    assert value("small_tiles_time", **few) == close(one)


def test_time_of_experts():
    tiles = {"small_tiles_time": 4.0, "middle_tiles_time": 3.0, "large_tiles_time": 5.0}
    loop = {"grouped_step_cost": 1e-3, "hidden_size": 2048.0, "expert_width": 700.0}
    assert value("grouped_compute_time", **tiles, **loop) == close(3 + 2.748)
    assert value("grouped_compute_time", **tiles | {"large_tiles_time": 1.0}, **loop) == close(3.748)
    assert value("grouped_compute_time", **tiles | {"small_tiles_time": 2.0}, **loop) == close(4.748)
    floor = {"grouped_launch": 20.0, "grouped_held_cost": 0.5, "held_experts": 32.0, "grouped_touched_cost": 0.25,
             "expert_ranks": 4.0, "experts": 128.0}  # fmt: skip
    assert value("grouped_floor", **floor, touched_experts=24.0) == 20 + 16 + 24
    assert value("grouped_floor", **floor, touched_experts=40.0) == 20 + 16 + 32
    assert value("grouped_floor", **floor | {"experts": 4.0}, touched_experts=8.0) == 20 + 16 + 2
    bound = {"grouped_floor": 7.0, "grouped_memory_time": 3.0, "grouped_compute_time": 4.0, "grouped_overlap": 2.0}
    assert value("grouped_time", **bound, expert_width=704.0, grouped_unaligned_slowdown=1.2) == close(12)
    assert value("grouped_time", **bound, expert_width=700.0, grouped_unaligned_slowdown=1.2) == close(13)


def test_what_a_token_takes_in_the_pool():
    rate = {"mean_coded_ratio": 0.5, "worst_coded_ratio": 1.5}
    found = [
        value("reserved_rate", **rate, variable_allocator=a, size_classes=b)
        for a, b in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    ]
    assert found == [1.5, 0.5, 0.5]
    size = {"coded_size": 100.0, "key_size": 40.0, "value_size": 30.0, "offloaded_size": 20.0, "reserved_rate": 0.5}
    assert value("slot_size", **size) == 25 + 30
    assert value("pooled_size", slot_size=100.0, duplicate_share=0.25) == 75
    grow = {"owns_cache": 0.5, "kept_growth": 0.5, "pooled_size": 75.0}
    assert value("marginal_size", **grow, cached_heads=8.0) == 150
    assert value("local_marginal_size", **grow, local_cached_heads=4.0) == 75


def test_blocks_of_a_sequence():
    assert value("tokens_per_block", block_size=16.0, fixed_byte_blocks=0.5, size_16bit=400.0, slot_size=100.0) == 40
    tail = {"kept_tokens": 100.0, "tokens_per_block": 16.0}
    assert [value("tail_block_padding", **tail, exact_lengths=e) for e in (0.0, 0.5, 1.0)] == [7.5, 9.75, 12]
    size = {"owns_cache": 0.5, "local_cached_heads": 4.0}
    assert value("tail_padding_size", **size, attends=0.5, tail_block_padding=12.0, slot_size=100.0) == 1200
    whole = {"kept_tokens": 100.0, "pooled_size": 75.0, "size_16bit_excess": 500.0, "tail_padding_size": 1200.0}
    assert value("sequence_size", **size, **whole, constant_size=7.0) == 2 * 8000 + 1207


def test_pages_and_tables():
    layers = {"layer_count": 32.0, "pool_share": 0.5}
    assert value("local_token_size", **layers, local_cached_heads=4.0, pooled_size=100.0) == 6400
    assert value("pooled_layers", **layers) == 16 and value("pooled_page_ratio", **layers, page_ratio=0.25) == 4
    assert value("pooled_block", **layers, tokens_per_block=16.0, page_ratio=0.25) == 1024
    # a step of the block: 16 tokens of 6,400 B over 16 layers: 6,400 B; a state of 50,000 B over 2 GPUs takes 3.9
    state = {
        "block_size": 16.0,
        "local_token_size": 6400.0,
        "pooled_layers": 16.0,
        "largest_state": 50_000.0,
        "ranks": 2.0,
    }
    assert (
        value("state_block", **state, unified_pages=1.0) == 64
        and value("state_block", **state, unified_pages=0.5) == 32
    )
    assert value("pool_block", pooled_block=1024.0, pooled_layers=16.0, state_block=32.0) == 64
    assert value("pool_block", pooled_block=1024.0, pooled_layers=64.0, state_block=32.0) == 32
    assert value("page_size", pool_block=64.0, local_token_size=6400.0, pooled_layers=16.0) == 25_600
    assert value("block_tables", layer_count=32.0, table_share=0.25) == 8
    assert value("table_block", pool_block=64.0, pooled_page_ratio=4.0, pooled_layers=16.0, page_ratio=0.5) == 32


def test_blocks_of_a_request_of_full_length():
    # 1,000 tokens: 63 pages of 16; a window of 101 and a pass of 200: 300 tokens, 19 pages, and one where it starts inside
    of = {"max_model_length": 1000.0, "table_block": 16.0, "window": 101.0, "pass_tokens": 200.0, "state_pages": 3.0}
    assert value("request_pages", **of, attends=1.0, pool_share=1.0) == 63
    assert value("request_pages", **of, attends=1.0, pool_share=0.0) == 20
    assert value("request_pages", **of | {"window": 5000.0}, attends=1.0, pool_share=0.0) == 64
    assert value("request_pages", **of, attends=0.0, pool_share=1.0) == 3
    tables = {"layer_count": 32.0, "table_share": 0.25}
    assert value("request_blocks", **tables, request_pages=63.0) == 504
    growing = {"max_model_length": 1000.0, "table_block": 16.0, "attends": 0.5}
    assert value("growing_request_blocks", **tables, **growing, pool_share=1.0) == 252
    assert value("growing_request_blocks", **tables, **growing, pool_share=0.0) == 0


def test_what_a_sequence_holds():
    assert value("table_padding", unified_pages=0.5, table_share=0.25, table_layers=6.0) == 1.25
    of = {"unified_pages": 1.0, "table_share": 0.25, "table_layers": 6.0, "state_pages": 3.0, "page_size": 100.0,
          "state_size": 400.0, "ranks": 2.0, "table_padding": 1.5, "sequence_size": 1000.0}  # fmt: skip
    assert value("held_size", **of, attends=1.0) == 1500
    assert value("held_size", **of, attends=0.0) == 1000 + 1.5 * 3 * 100 - 200
    assert value("held_size", **of | {"unified_pages": 0.0}, attends=0.0) == 1000


def test_what_an_engine_measures_before_the_pool():
    passes = {"max_model_length": 1000.0, "max_batched_tokens": 512.0}
    assert value("pass_tokens", **passes, one_pass_context=1000.0) == 1000
    assert value("pass_tokens", **passes, one_pass_context=999.0) == 512
    inside = {"inner_width": 300.0, "ranks": 2.0, "residual_copies": 4.0, "hidden_size": 50.0, "activation_size": 2.0}
    assert value("memory_activations", **inside, pass_tokens=100.0) == 2 * 100 * 350
    logits = {
        "logits_of_pass": 0.0,
        "max_sequences": 10.0,
        "logits_copies": 3.0,
        "vocabulary_size": 1000.0,
        "activation_size": 2.0,
        "hidden_size": 50.0,
    }
    assert value("memory_logits", **logits, pass_tokens=100.0) == 3 * 4 * 10 * 1000 + 2 * 110 * 50
    assert value("memory_logits", **logits, pass_tokens=4.0) == 3 * 4 * 4 * 1000 + 2 * 8 * 50
    of_every_token = logits | {"logits_of_pass": 1.0}
    assert value("memory_logits", **of_every_token, pass_tokens=100.0) == 3 * 4 * 100 * 1000 + 2 * 200 * 50
    experts = {"holds_expert_workspace": 0.5, "activation_size": 2.0, "pass_tokens": 100.0, "workspace_experts": 8.0}
    assert value("memory_experts", **experts, workspace_expert_width=70.0, hidden_size=50.0) == 800 * (70 + 140)
    assert value("memory_experts", **experts, workspace_expert_width=20.0, hidden_size=50.0) == 800 * (50 + 50)
    vision = {"activation_size": 2.0, "vision_patches": 10.0, "vision_intermediate_size": 30.0, "vision_width": 5.0}
    assert value("memory_encoder", **vision) == 2 * 10 * 50
    images = {"activation_size": 2.0, "pass_tokens": 100.0, "hidden_size": 50.0}
    assert [value("memory_image_embeddings", **images, vision_width=w) for w in (0.0, 5.0)] == [0, 10_000]
    peak = {"memory_experts": 1.0, "memory_image_embeddings": 2.0, "memory_activations": 4.0, "memory_logits": 8.0}
    assert (
        value("memory_peak", **peak, memory_encoder=10.0) == 11
        and value("memory_peak", **peak, memory_encoder=20.0) == 20
    )


def test_the_ends_of_a_pool():
    pool = {"state_pool_ratio": 0.0, "largest_state": 0.0, "local_token_size": 10.0, "pool_block": 16.0, "block_tables": 1.0,
            "prints_concurrency": 0.0, "max_model_length": 4096.0, "request_blocks": 256.0, "attention_groups": 1.0}  # fmt: skip
    # 160 B a block: 16,000 B are 100 blocks; 1.645 x 1,000 B more or less are 110 and 89
    found = [
        value(name, **pool, pool_room=16_000.0, taken_error=1000.0)
        for name in ("pool_tokens_low", "pool_tokens", "pool_tokens_high")
    ]
    assert found == [89 * 16, 100 * 16, 110 * 16]
    assert value("pool_tokens_low", **pool, pool_room=1000.0, taken_error=1000.0) == 0
    assert value("pool_tokens_high", **pool, pool_room=-1000.0, taken_error=1000.0) == 4 * 16
    assert value("pool_tokens_high", **pool, pool_room=16_000.0, taken_error=0.0) == 100 * 16


def test_captured_graphs_and_workspace():
    # up to 128 mixed, 64 decode: 3 + 16 and 3 + 8; beyond 256 every 16th: 3 + 32 + 8 and 3 + 24
    assert value("captured_graphs", max_sequences=64.0, largest_graph=512.0) == 30
    assert value("captured_graphs", max_sequences=192.0, largest_graph=512.0) == 43 + 27
    assert value("captured_graphs", max_sequences=192.0, largest_graph=100.0) == 2 * (3 + 12.5)
    graphs = {"graph_size": 10.0, "layers": 32.0, "captured_graphs": 30.0}
    found = [value("memory_graphs", **graphs, graphs_with_hybrids_only=h, table_layers=n)
             for h, n in ((0.0, 32.0), (1.0, 32.0), (0.25, 32.0), (1.0, 8.0))]  # fmt: skip
    assert found == [9600, 0, 7200, 9600]
    assert value("memory_positions", activation_size=2.0, rotary_positions=1000.0, rotary_width=64.0) == 128_000
    work = {"workspace_size": 1.0, "communication_size": 2.0, "state_workspace_size": 4.0, "memory_positions": 8.0,
            "memory_graphs": 16.0}  # fmt: skip
    found = [
        value("memory_workspace", **work, expert_gpus=r, largest_state=s)
        for r, s in ((1.0, 0.0), (2.0, 0.0), (1.0, 5.0))
    ]
    assert found == [25, 27, 29]


LOOP = {"running": 8.0, "prompts": 2.0, "generated": 100.0, "decode_time": 0.01, "mixed_batches": 0.0}


def test_waves_of_requests():
    one = {"attention_groups": 1.0, "groups_in_step": 0.0}
    assert value("prompts_per_step", running=8.0, generated=100.0, prompts=2.0, **one) == close(0.04)
    # two groups with half of the prompts each: 1 - 0.98^2 of the steps meet one
    assert value(
        "prompts_per_step", running=8.0, generated=100.0, prompts=2.0, **one | {"attention_groups": 2.0}
    ) == close(1 - 0.98**2)
    assert (
        value("prompts_of_all_time", running=8.0, prompts=2.0, interference_device_time=0.25, attention_groups=1.0) == 1
    )
    assert value("drift_of_ends", waves=3.0, generated_cv=0.5, generated=100.0) == close(6 * 0.5 * 100)
    # in the first half of drifting apart: 1 - 2/3 x 0.5; after it: the mean of 1 - a over three times the way is 1/3 / 3^2
    waves = {"decode_time": 0.01, "prompts_of_all_time": 2.0, "closed_loop": 1.0}
    assert value("lockstep", **waves, mixed_batches=0.0, drift_of_ends=100.0) == close(1 - 1 / 3)
    assert value("lockstep", **waves, mixed_batches=0.0, drift_of_ends=600.0) == close(1 / 27)
    assert value("lockstep", **waves, mixed_batches=0.75, drift_of_ends=100.0) == close(1 / 6)
    assert value("lockstep", **waves | {"closed_loop": 0.0}, mixed_batches=0.0, drift_of_ends=100.0) == 0
    convoy = {"running": 16.0, "prompts": 1.0, "attention_groups": 2.0, "closed_loop": 1.0}  # eight steps long
    assert value("convoy", **convoy, mixed_batches=1.0, drift_of_ends=4.0) == close(1 - 1 / 3)
    assert value("convoy", **convoy, mixed_batches=1.0, drift_of_ends=24.0) == close(1 / 27)
    assert value("convoy", **convoy, mixed_batches=0.25, drift_of_ends=4.0) == close(1 / 6)
    assert value("convoy", **convoy | {"closed_loop": 0.0}, mixed_batches=1.0, drift_of_ends=4.0) == 0
    assert value("prompt_interference_fraction", lockstep=0.5, prompts=2.0, running=8.0) == close(0.75 * 0.75)
    seen = {"prompt_interference_fraction": 0.5, "prompts_per_step": 0.04, "prompt_chunks": 2.0}
    assert value("prompts_of_others_time", **seen, interference_device_time=0.25, host_gap_time=0.1) == close(0.005)
    assert value("prompts_of_others_time", **seen, interference_device_time=0.25, host_gap_time=0.2) == close(
        0.2 * (1 - math.exp(-0.04))
    )
    assert value("served_step_time", decode_time=0.01, prompts_of_others_time=0.005) == close(0.015)
    assert value("prompt_load", prompts_of_others_time=0.005, served_step_time=0.02) == close(0.25)


def test_a_burst_decodes_beside_its_own_prompts():
    """60 prompts of 1,000 tokens in passes of 2,000, 25 ms of decoding at first and 35 ms at last: 30 passes more by 30 ms."""
    burst = {
        "running": 60.0,
        "context": 1000.0,
        "attention_groups": 1.0,
        "max_batched_tokens": 2048.0,
        "decode_tokens": 48.0,
    }
    assert value("opening_passes", **burst) == close(30)
    assert value("opening_passes", **burst | {"running": 1.0}) == 1
    opening = {"opening_passes": 30.0, "decode_time": 0.035, "decode_forward_time": 0.025, "prompts_of_all_time": 1.5}
    host = {"layers": 32.0, "prompt_layer_time": 0.001}
    assert value("opening_time", **opening, **host, mixed_batches=1.0) == close(1.5 + 0.9)
    assert value("opening_time", **opening, **host | {"prompt_layer_time": 0.003}, mixed_batches=1.0) == close(2.88)
    assert value("opening_time", **opening, **host, mixed_batches=0.0) == 1.5  # prompts run alone, and first
    others = {"opening_time": 2.4, "attention_groups": 1.0}
    assert value("prompts_before_time", **others, prompts=1.0, running=60.0) == close(59 / 60 * 1.2)
    assert value("prompts_before_time", **others, prompts=1.0, running=1.0) == 0


def test_first_tokens_and_stays():
    wait = {
        "decode_time": 0.01,
        "prompt_load": 0.5,
        "interference_time": 0.25,
        "lockstep": 0.25,
        "prompts_before_time": 0.4,
        "convoy": 0.0,
        "prompts_ahead": 3.0,
        "prompts": 2.0,
        "running": 8.0,
        "prompt_passes_time": 0.3,
    }
    assert value("prompt_wait", **wait) == close(0.75 * (0.005 + 0.125) + 0.1)
    # three prompts ahead, of three in four slots: 0.675 s
    assert value("prompt_wait", **wait | {"convoy": 0.8, "lockstep": 0.0}) == close(0.005 + 0.8 * 0.675 + 0.2 * 0.125)
    passes = {"interference_time": 0.25, "mixed_batches": 0.5, "prompt_chunks": 2.0, "decode_time": 0.01}
    assert value("prompt_passes_time", **passes) == close(0.26)
    first = {"request_overhead": 0.02, "prompts_before_time": 0.4, "waves": 4.0, "prompt_wait": 0.2,
             "prompt_passes_time": 0.26}  # fmt: skip
    assert value("served_first_token_time", **first) == close(0.02 + 0.1 + 0.15 + 0.26)
    assert value("residence_time", served_first_token_time=0.5, generated=101.0, served_step_time=0.02) == close(2.5)
    queue = {"concurrency": 12.0, "running": 8.0, "residence_time": 2.0}
    assert value("queue_time", **queue) == 1 and value("queue_time", **queue | {"concurrency": 4.0}) == 0
    ttft = {"queue_time": 1.0, "served_first_token_time": 0.5, "admission_steps": 2.0, "served_step_time": 0.02}
    assert value("served_ttft", **ttft) == close(1.54)
    assert value("served_throughput", concurrency=12.0, generated=100.0, queue_time=1.0, residence_time=2.0) == close(
        400
    )


def test_what_a_prompt_adds_to_passes():
    device = {"forward_pass_time": 5.0, "mixed_batches": 0.5, "decode_forward_time": 4.0, "slowed_products_time": 1.5,
              "prompt_chunks": 2.0, "prefill_attention_total": 10.0, "prefill_codec_total": 1.0}  # fmt: skip
    assert value("interference_device_time", **device) == 20
    products = {"prefill_matrix_total": 2.0, "prefill_expert_total": 1.0}
    assert value("slowed_products_time", **products, prompt_slowdown=1.5) == 1.5
    assert value("host_gap_time", layers=32.0, prompt_layer_time=0.5, mixed_batches=0.5, decode_time=4.0) == 14
    assert value("interference_time", prompt_chunks=2.0, host_gap_time=14.0, interference_device_time=20.0) == 28
    assert value("interference_time", prompt_chunks=2.0, host_gap_time=14.0, interference_device_time=30.0) == 30


def of_bits(law, bits, *numbers):
    """The error of codes of so many bits, for so many numbers that share a record."""
    return float(sp.lambdify(bit, law(bits * bit, *map(sp.Integer, numbers)), [KERNELS, "numpy"])(1 / 8))


def test_errors_of_codes_by_hand():
    # Cramer's range of 32 normal numbers: root = (2 ln 32)^(1/2) = 2.6328;
    # 2 (root - (ln ln 32 + ln 4 pi) / (2 root) + 0.57722 / root)
    root = math.sqrt(2 * math.log(32))
    spread = 2 * (root - (math.log(math.log(32)) + math.log(4 * math.pi)) / (2 * root) + 0.5772156649015329 / root)
    assert float(rounding.normal_range(sp.Integer(32))) == close(spread)
    # 2 bit: 3 steps; an error spread over a step has 1 / root 12 of it
    assert of_bits(rounding.integer_error, 2, 32) == close(spread / (12**0.5 * 3))
    assert of_bits(rounding.integer_error, 2, 2) == of_bits(rounding.integer_error, 2, 8)
    # a scale alone: 4 bit reach 7 steps up to the largest magnitude, that of 16 numbers where 16 have a sign; 1 bit half a step
    assert of_bits(rounding.signed_error, 4, 16) == close(spread / 2 / (12**0.5 * 7))
    assert of_bits(rounding.signed_error, 1, 16) == close(spread / 2 / (12**0.5 / 2))
    # e4m3: 3 bits of mantissa, a step of 1/8 of the power of two below
    assert of_bits(rounding.float_error, 8) == close((0.543 / 12) ** 0.5 / 8)
    # Panter and Dite: distortion root 3 pi / 2 x 2^(-2b), 4 bit
    assert of_bits(rounding.codebook_error, 4) == close((3**0.5 * math.pi / 2) ** 0.5 / 16)
