"""Matrix products, experts, links and small kernels by hand: FLOPs and bytes of named models, floors, tiles in waves.

Shapes are those of Llama 3.1 8B (hidden 4,096, intermediate 14,336, 32 query and 8 key/value heads of 128, vocabulary
128,256) out of its config.json where nothing else is said.
"""

import math

import pytest
from formula_alone import value

from costmodel.evaluation.compile.compiled import load_formulas

US = 1e-6


def close(number):
    return pytest.approx(number, rel=1e-12)


DENSE = {
    "layer_count": 32.0, "hidden_size": 4096.0, "intermediate_size": 14336.0, "feed_forward_matrices": 3.0, "feed_forward": 1.0,
    "query_columns": 4096.0, "kv_columns": 256.0, "kv_heads": 8.0, "output_columns": 4096.0, "output_group_width": 0.0,
    "attends": 1.0, "vocabulary_size": 128256.0, "layer_groups": 1.0, "head_rows": 8.0, "forward_tokens": 16.0,
    "expert_tokens": 16.0, "ranks": 2.0, "expert_gpus": 2.0,
    "query_up_columns": 0.0, "query_rank": 0.0, "absorbed_columns": 0.0, "latent_rank": 0.0, "latent_columns": 0.0,
    "index_columns": 0.0, "mixer_parameters": 0.0, "mixer_output_width": 0.0, "experts": 0.0, "experts_per_token": 0.0,
    "expert_intermediate_size": 0.0, "expert_padding": 1.0, "active_experts": 0.0, "local_kv_heads": 4.0,
}  # fmt: skip


def product(name, **changes):
    """Rows, inner, columns, times and stored weights of a product."""
    values = DENSE | changes
    fields = load_formulas().products[name]
    return [
        float(function(*(values[argument] for argument in arguments)))
        for function, arguments, _ in (fields[field] for field in ("rows", "inner", "columns", "times", "stored"))
    ]


@pytest.mark.parametrize(
    ("name", "inner", "columns"),
    [("qkv", 4096, 2048 + 4 * 256), ("attention_out", 2048, 4096), ("up", 4096, 14336), ("down", 7168, 4096)],
)
def test_products_of_a_dense_layer_over_two_gpus(name, inner, columns):
    assert product(name) == [16, inner, columns, 32, 32 * inner * columns]


def test_the_head_runs_once_and_its_weights_are_counted_with_the_embedding():
    assert product("head") == [8, 4096, 64128, 1, 0]
    assert product("head", layer_groups=4.0)[3] == 0.25  # each kind of layers lists it


def test_products_that_a_dense_model_lacks_take_nothing():
    names = "query_up absorb index latent attention_latent mixer mixer_out router expert_up expert_down".split()
    assert {name: math.prod(product(name)[1:3]) for name in names} == dict.fromkeys(names, 0)


# DeepSeek-V2-Lite's config.json, but with a latent of the queries and an indexer, to have every product; 64 experts of 1,408.
LATENT = {"query_up_columns": 3072.0, "query_rank": 1536.0, "absorbed_columns": 16384.0, "latent_rank": 512.0,
          "latent_columns": 576.0, "index_columns": 8192.0, "output_group_width": 512.0, "mixer_parameters": 4096.0 * 600,
          "mixer_output_width": 400.0, "experts": 64.0, "experts_per_token": 6.0, "expert_intermediate_size": 1408.0,
          "active_experts": 48.0, "hidden_size": 2048.0, "expert_padding": 1.25, "layer_count": 26.0}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "inner", "columns"),
    [("query_up", 1536, 1536), ("index", 1536, 8192), ("latent", 2048, 576),
     ("attention_latent", 512, 2048), ("mixer", 2048, 400), ("mixer_out", 200, 2048), ("router", 2048, 64)],
)  # fmt: skip
def test_products_of_latents_mixers_and_routers(name, inner, columns):
    assert product(name, **LATENT) == [16, inner, columns, 26, 26 * inner * columns]


def test_heads_and_latent_meet_twice_in_a_step():
    assert product("absorb", **LATENT) == [16, 512, 4096, 52, 26 * 512 * 8192]


def test_an_indexer_without_a_latent_of_queries_has_no_product():
    assert product("index", **LATENT | {"query_rank": 0.0})[2] == 0


def test_touched_experts_run_as_one_product_and_all_are_stored():
    # 16 tokens x 6 experts over 48 touched: 2 rows each; 704 of the 1,408 intermediate numbers on each of two GPUs
    assert product("expert_up", **LATENT) == [2, 2048, 2 * 704 * 48, 26, 26 * 1.25 * 2 * 704 * 64 * 2048]
    assert product("expert_down", **LATENT) == [2, 704, 2048 * 48, 26, 26 * 1.25 * 2048 * 64 * 704]
    assert product("expert_up", **LATENT | {"active_experts": 0.0})[:3] == [96, 2048, 2 * 704]  # at least one


def test_key_value_heads_are_replicated_beyond_their_number():
    assert value("local_kv_heads", kv_heads=8.0, ranks=2.0) == 4
    assert value("local_kv_heads", kv_heads=8.0, ranks=16.0) == 1


SHAPE = {"rows": 100.0, "columns": 4096.0, "inner": 1000.0}
DEVICE = {"hbm_bandwidth": 1e12, "sms": 40.0, "peak": 1e14, "products_in_step": 1.5}


def test_bytes_of_a_product():
    # weights 4,096,000 x 1 B, input 100,000 x 1 B, output 409,600 x 2 B
    sizes = {"weight_size": 1.0, "input_size": 1.0, "activation_size": 2.0}
    assert value("product_traffic", **SHAPE, **sizes) == 4_096_000 + 100_000 + 819_200
    distinct = {"weight_size": 0.5, "input_size": 4.0, "activation_size": 2.0}
    assert value("product_traffic", **SHAPE, **distinct) == 2_048_000 + 400_000 + 819_200
    # 5 MB at 80 % of 1 TB/s: 6.25 us; half as much again in a step
    assert value("product_memory_time", **DEVICE, gemm_efficiency=0.8, product_traffic=5e6) == close(9.375 * US)


def test_the_floor_of_a_product():
    # launch 5 us, 0.5 x 3 passes of 2 x 100 x 1,000 B at 1 TB/s: 0.3 us, 100 rows of 1 ns: 0.1 us
    floor = {"gemm_launch": 5 * US, "gemm_input_cast_passes": 0.5, "activation_size": 2.0, "gemm_row_cost": 1e-9}
    assert value("product_floor", **SHAPE, **DEVICE, **floor) == close(1.5 * 5.4 * US)


TILES = SHAPE | DEVICE | {"gemm_tile": 50.0, "gemm_wave_quantization": 0.25, "gemm_split": 500.0, "gemm_fill_drain": 200.0,
                          "gemm_peak_share": 0.5, "gemm_step_cost": 1e-9}  # fmt: skip


def test_tiles_run_in_waves():
    # 128 x 128: 1 x 32 tiles on 40 multiprocessors: 0.8 of a wave, felt as a whole one; inner split to 0.8 x 1,000
    square = 1 * 2 * 128 * 128 * (800 + 200) * 40 / 0.5e14 + 800e-9
    assert value("square_tile_time", **TILES) == close(square)
    # 128 x 256: 16 tiles, 0.4; a split is no shorter than 500
    wide = 1 * 2 * 128 * 256 * (500 + 200) * 40 / 0.5e14 + 500e-9
    assert value("wide_tile_time", **TILES) == close(wide)
    # 50 x 128: 2 x 32 tiles, 1.6 waves, felt as 0.75 x 1.6 + 0.25 x 2 = 1.7; nothing split
    small = 1.7 * 2 * 50 * 128 * (1000 + 200) * 40 / 0.5e14 + 1000e-9
    assert value("small_tile_time", **TILES) == close(small)


def test_the_best_of_three_tiles_and_ragged_rows():
    times = {"small_tile_time": 3.0, "square_tile_time": 2.0, "wide_tile_time": 4.0, "products_in_step": 1.5}

    def compute(rows, **changes):
        return value("product_compute_time", rows=rows, gemm_unaligned_slowdown=1.2, **times | changes)

    assert compute(64.0) == compute(16.0) == compute(9.0) == 3  # whole, or below the first sixteen
    assert compute(17.0) == compute(100.0) == close(3.6)
    assert compute(64.0, small_tile_time=1.0) == 1.5 and compute(64.0, wide_tile_time=0.5) == 0.75


def test_memory_and_tensor_cores_overlap_above_the_floor():
    of = {"product_floor": 7.0, "product_memory_time": 3.0, "product_compute_time": 4.0, "gemm_overlap": 2.0}
    assert value("product_time", **of) == close(12)
    assert value("timed_count", product_count=32.0, law_of_one_product=0.5) == 16
    assert value("matrix_step_time", timed_count=32.0, product_time=12.0) == 384
    assert value("matrix_launch_time", timed_count=32.0, product_floor=7.0) == 224
    # of the 5 above the floor, 9/25 wait for memory
    assert value("matrix_memory_bound_time", timed_count=32.0, **of) == close(32 * 1.8)
    bound = {"matrix_step_time": 384.0, "matrix_launch_time": 224.0, "matrix_memory_bound_time": 57.6}
    assert value("matrix_compute_bound_time", **bound) == close(102.4)


SMALL = {"small_kernel_count": 160.0, "hbm_bandwidth": 1e12}


def test_small_kernels_gaps_sampling_and_state():
    # five passes of 4 x 2 B x 100 tokens x 4,096 at half of 1 TB/s: 6.5536 us; floor 2 us; 32 layers x 5
    small = {"activation_size": 2.0, "forward_tokens": 100.0, "hidden_size": 4096.0, "small_floor": 2 * US}
    assert value("small_kernel_time", **SMALL, **small, small_efficiency=0.5) == close(160 * 8.5536 * US)
    assert value("kernel_gap_time", layers=32.0, small_kernel_count=160.0, kernel_gap=0.5 * US) == close(
        32 * 12 * 0.5 * US
    )
    kinds = {
        "layer_count": 32.0,
        "layer_kernels": 5.0,
        "grouped_is_measured": 1.0,
        "experts": 64.0,
        "norms_over_heads": 0.0,
    }
    assert (
        value("small_kernel_count", **kinds, intermediate_size=0.0) == 32 * 4
    )  # the activation is in the grouped product
    assert value("small_kernel_count", **kinds, intermediate_size=512.0) == 32 * 5  # one adds what shared experts give
    assert value("small_kernel_count", **kinds | {"grouped_is_measured": 0.0}, intermediate_size=0.0) == 32 * 5
    assert (
        value("small_kernel_count", **kinds | {"experts": 0.0, "norms_over_heads": 1.0}, intermediate_size=0.0)
        == 32 * 7
    )
    # 8 rows x 128,256 logits x 10 B (2 read, 4 written, 4 read) at half: 20.52096 us; floor 60 us
    sampling = {"head_rows": 8.0, "vocabulary_size": 128256.0, "sampling_floor": 60 * US, "sampling_efficiency": 0.5}
    assert value("sampling_time", **sampling, hbm_bandwidth=1e12) == close(80.52096 * US)
    # 24 layers x 4 sequences x 1 MB read and written, over 2 GPUs at half of 1 TB/s
    state = {"layer_count": 24.0, "batch": 4.0, "state_size": 1e6, "ranks": 2.0, "small_efficiency": 0.5}
    assert value("state_step_time", **state, hbm_bandwidth=1e12) == close(192 * US)


def test_recurrent_layers_launch_two_kernels_and_scan_prompts():
    # one layer of Qwen3.5 on B200 under SGLang, 16 value heads: 1.9 + 4.3 us a step, and a chunk of 8,192 tokens 434 us
    assert value("state_launch_time", layer_count=45.0, state_size=1e6) == close(45 * 6.3 * US)
    assert value("state_launch_time", layer_count=45.0, state_size=0.0) == 0
    assert value("scan_time", state_size=1e6, context=8000.0) == close(395 * US)
    assert value("scan_time", state_size=0.0, context=8000.0) == 0


def test_layers_add_up():
    assert value("attention_step_time", layer_count=32.0, attention_time=2.0) == 64
    assert value("codec_step_time", layer_count=32.0, codec_time=3.0) == 96
    assert value("encode_step_time", layer_count=32.0, encode_time=3.0) == 96
    assert value("flush_step_time", layer_count=32.0, flush_encode_time=3.0) == 96
    assert value("communication_step_time", layer_count=32.0, layer_communication_time=3.0) == 96
    links = {"attends": 1.0, "feed_forward": 0.5, "all_reduce_time": 2.0, "exchange_time": 3.0, "norm_reduce_time": 0.5}
    assert value("layer_communication_time", **links, experts=0.0, norms_over_heads=0.0) == 3
    assert value("layer_communication_time", **links, experts=64.0, norms_over_heads=1.0) == 6.5
    experts = {"grouped_is_measured": 0.5, "experts": 64.0, "layer_count": 32.0, "grouped_time": 2.0}
    assert value("group_expert_time", **experts, hidden_expert_time=0.0) == 32
    experts["hidden_expert_time"] = 0.5
    assert value("group_expert_time", **experts) == 24
    assert value("group_expert_time", **experts | {"experts": 0.0}) == 0
    assert value("expert_step_time", group_expert_time=32.0) == 32


def test_shared_experts_run_beside_the_routed_ones():
    products = {"beside_experts": 1.0, "product_count": 58.0, "product_time": 9 * US}
    assert value("shared_expert_time", **products) == close(9 * US)
    assert value("shared_expert_time", **products | {"product_count": 0.0}) == 0  # a layer without
    assert value("shared_expert_time", **products | {"beside_experts": 0.0}) == 0
    stream = {"shared_stream_tokens": 256.0, "shared_expert_time": 13 * US, "grouped_time": 50 * US}
    assert value("hidden_expert_time", **stream, forward_tokens=255.0) == close(13 * US)
    assert value("hidden_expert_time", **stream, forward_tokens=256.0) == 0
    assert value("hidden_expert_time", **stream | {"grouped_time": 10 * US}, forward_tokens=8.0) == close(10 * US)


LINK = {"ranks": 4.0, "link_bandwidth": 100e9, "ring_limit": 1e12}


def test_an_all_reduce_between_peers():
    assert value("reduced_size", activation_size=2.0, forward_tokens=100.0, hidden_size=4096.0) == 819_200
    tiny = {"reduce_launch": 3 * US, "reduce_hop": 0.5 * US, "reduce_second_shot": 4 * US, "reduce_efficiency": 0.5}
    ring = {"ring_efficiency": 0.5, "ring_launch": 5 * US, "ring_hop": 2 * US, "ring_phase": 6 * US}
    # 8 B x 6,250 tokens over 50 GB/s: 1 us; one shot reads three others, a ring passes 3/4 of it twice, with flags doubled
    norm = {**LINK, **tiny, **ring, "forward_tokens": 6250.0}
    assert value("norm_reduce_time", **norm, reduces_in_ring=0.0) == close((3 + 1 + 3) * US)
    assert value("norm_reduce_time", **norm, reduces_in_ring=1.0) == close((5 + 12 + 3) * US)
    floors = {"reduce_launch": 3 * US, "reduce_hop": 0.5 * US, "reduce_second_shot": 4 * US, "reduce_efficiency": 0.5}
    # 100 kB over 50 GB/s: 2 us. One shot reads three others: 6 us; two shots 4 + 2 x 2 x 3/4 = 7 us
    assert value("peer_reduce_time", **LINK, **floors, reduced_size=1e5) == close((3 + 1 + 6) * US)
    # a megabyte: 20 us; 60 against 4 + 30
    assert value("peer_reduce_time", **LINK, **floors, reduced_size=1e6) == close((3 + 1 + 34) * US)
    assert value("peer_reduce_time", **LINK | {"ranks": 1.0}, **floors, reduced_size=1e6) == 0


def test_an_all_reduce_round_a_ring():
    ring = {"ring_efficiency": 0.5, "ring_launch": 5 * US, "ring_hop": 2 * US, "ring_phase": 6 * US}
    # 100 kB: 2 x 3/4 x 2 us = 3 us on the wire; six hops; flags double it, which is less than a phase of 6 us more
    assert value("ring_reduce_time", **LINK, **ring, reduced_size=1e5) == close((5 + 12 + 6) * US)
    assert value("ring_reduce_time", **LINK, **ring, reduced_size=1e6) == close((5 + 12 + 36) * US)
    assert value("ring_reduce_time", **LINK | {"ranks": 1.0}, **ring, reduced_size=1e6) == 0
    # through a host of 25 GB/s half as fast
    assert value("ring_reduce_time", **LINK | {"ring_limit": 25e9}, **ring, reduced_size=1e6) == close(
        (5 + 12 + 66) * US
    )
    both = {"ring_reduce_time": 8.0, "peer_reduce_time": 4.0}
    assert [value("all_reduce_time", **both, reduces_in_ring=share) for share in (0.0, 0.25, 1.0)] == [4, 5, 8]
