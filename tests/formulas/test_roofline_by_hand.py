"""FLOPs, bytes and utilisation of a step by hand, and the memory and the money that go with it."""

import pytest
from formula_alone import value


def close(number):
    return pytest.approx(number, rel=1e-12)


def test_flops_of_attention():
    # 4 sequences x 16 heads x 1,000 tokens, each 128 numbers of a key and 96 of a value, a multiply and an add
    of = {"batch": 4.0, "local_query_heads": 16.0, "read_tokens": 1000.0, "query_width": 128.0, "output_width": 96.0}
    assert value("attention_work", **of) == 2 * 64_000 * 224
    layers = {"layer_count": 32.0, "attends": 0.5}
    assert value("attention_step_work", **layers, attention_work=3.0) == 48
    assert value("attention_step_traffic", **layers, attention_traffic=3.0) == 48
    assert value("attention_intensity", attention_step_work=48.0, attention_step_traffic=12.0) == 4
    assert value("attention_rate", attention_step_work=48.0, attention_step_time=12.0) == 4


SHAPE = {"product_count": 32.0, "rows": 8.0, "columns": 4096.0, "inner": 1000.0}


def test_flops_of_products():
    flops = 32 * 2 * 8 * 4096 * 1000
    assert value("product_step_work", **SHAPE) == value("products_work", **SHAPE) == flops
    assert value("product_step_traffic", product_count=32.0, product_traffic=3.0) == 96
    assert value("products_traffic", product_count=32.0, product_traffic=3.0) == 96
    assert value("product_intensity", product_step_work=48.0, product_step_traffic=12.0) == 4
    assert value("product_rate", product_step_work=48.0, product_step_time=12.0) == 4


def test_a_product_of_experts_takes_its_share_of_the_grouped_time():
    # weights of 24 touched experts: 3 x 2,048 x 1,408 / 2 GPUs each; this product: 2 x 704 x 24 columns of 2,048: two thirds
    of = {"feed_forward_matrices": 3.0, "hidden_size": 2048.0, "expert_intermediate_size": 1408.0, "expert_gpus": 2.0,
          "active_experts": 24.0, "experts": 64.0, "columns": 2 * 704.0 * 24, "inner": 2048.0}  # fmt: skip
    assert value("expert_product_share", **of, law_of_one_product=0.0) == close(2 / 3)
    assert value("expert_product_share", **of, law_of_one_product=0.75) == close(1 / 6)
    assert value("expert_product_share", **of | {"experts": 0.0}, law_of_one_product=0.0) == 0
    none = of | {"active_experts": 0.0, "columns": 704.0}
    assert value("expert_product_share", **none, law_of_one_product=0.0) == close(1 / 3)  # of one expert
    times = {"timed_count": 3.0, "product_time": 2.0, "expert_product_share": 0.25, "group_expert_time": 8.0}
    assert value("product_step_time", **times) == 8


def test_roofs():
    device = {"peak_16bit": 1e15, "peak": 2e15, "hbm_bandwidth": 4e12}
    assert value("ridge_intensity", peak_16bit=1e15, hbm_bandwidth=4e12) == 250
    assert [value("roof_16bit", **device, intensity=i) for i in (100.0, 1000.0)] == [4e14, 1e15]
    assert [value("roof_weights", **device, intensity=i) for i in (100.0, 1000.0)] == [4e14, 2e15]


def test_utilisation_of_a_step():
    # 30 GB + 10 GB in 20 ms at 4 TB/s; 30 + 10 Tflop at 4 Pflop/s
    bytes_moved = {"products_traffic": 30e9, "attention_step_traffic": 10e9, "step_time": 0.02, "hbm_bandwidth": 4e12}
    assert value("bandwidth_use", **bytes_moved) == close(0.5)
    work = {"products_work": 30e12, "attention_step_work": 10e12, "step_time": 0.02, "peak": 4e15}
    assert value("arithmetic_use", **work) == close(0.5)


def test_times_of_a_kind_of_layer():
    assert value("group_attention_time", layer_count=32.0, attention_time=2.0) == 64
    assert value("group_codec_time", layer_count=32.0, codec_time=2.0) == 64
    assert value("group_product_time", timed_count=32.0, product_time=2.0) == 64
    assert value("group_weight_time", group_product_time=64.0, group_expert_time=16.0) == 80


def test_throughput_and_times_of_static_serving():
    assert value("throughput", batch_of_groups=64.0, step_time=0.016) == close(4000)
    assert value("tpot", step_time=0.016) == 0.016 and value("ttft", prefill_time=0.2) == 0.2
    assert value("sequences_host_time", sequence_host_time=26e-6, batch=500.0) == close(0.013)
    assert value("server_step_time", step_time=0.016, sequences_host_time=0.013) == close(0.029)
    assert value("device_time", expert_gpus=4.0, throughput=4000.0) == close(1e-3)


MEMORY = {"layer_weights_size": 10e9, "vocabulary_size": 1000.0, "hidden_size": 500.0, "embedding_size": 2.0, "ranks": 4.0,
          "other_parameters": 3e6, "vision_parameters": 5e6}  # fmt: skip


def test_weights():
    # embedding and head: 1,000 x 500 x 2 B / 4 GPUs = 250 kB each; 8 M other parameters: 4 MB
    assert value("memory_weights", **MEMORY, tied_embeddings=1.0) == close(10e9 + 250e3 + 4e6)
    assert value("memory_weights", **MEMORY, tied_embeddings=0.0) == close(10e9 + 500e3 + 4e6)
    assert value("layer_weights_size", stored_weights=1e9, weight_size=0.5) == 5e8


def test_room_of_the_pool():
    used = {"memory_weights": 10e9, "memory_workspace": 2e9, "memory_peak": 4e9}
    assert value("memory_used", **used, activations_outside=0.0) == 16e9
    assert value("memory_used", **used, activations_outside=0.75) == 13e9
    room = {"memory_fraction": 0.9, "memory_visible": 80e9, "memory_used": 16e9}
    assert value("pool_room", **room, fraction_of_free=0.0) == close(56e9)  # a share of all, less what is used
    assert value("pool_room", **room, fraction_of_free=1.0) == close(57.6e9)  # a share of what is free
    assert value("memory_reserve", memory_visible=80e9, memory_used=16e9, memory_pool=56e9) == 8e9
    assert value("memory_forward", memory_used=16e9, memory_weights=10e9, memory_workspace=2e9) == 4e9


def test_blocks_and_tokens_of_the_pool():
    blocks = {"pool_room": 1e9, "local_token_size": 1e5, "pool_block": 16.0}
    assert value("pool_blocks", **blocks, state_pool_ratio=0.25, largest_state=0.0) == 625
    assert value("pool_blocks", **blocks, state_pool_ratio=0.25, largest_state=1.0) == 500  # a fifth for states
    assert value("pool_blocks", **blocks | {"pool_room": -1e9}, state_pool_ratio=0.25, largest_state=0.0) == 0
    tokens = {
        "pool_blocks": 625.0,
        "block_tables": 4.0,
        "pool_block": 16.0,
        "max_model_length": 1000.0,
        "request_blocks": 100.0,
    }
    assert value("pool_tokens", **tokens, prints_concurrency=0.0, attention_groups=1.0) == 156 * 16
    assert value("pool_tokens", **tokens, prints_concurrency=1.0, attention_groups=2.0) == 12_500
    assert value("memory_pool", pool_blocks=625.0, pool_block=16.0, local_token_size=1e5) == 1e9


def test_contexts_with_which_an_engine_starts():
    # 625 blocks; a request of 1,000 tokens takes 700, of which 500 grow: 425 / 500 of it
    start = {"pool_blocks": 625.0, "request_blocks": 700.0, "growing_request_blocks": 500.0, "max_model_length": 1000.0}
    assert value("startable_length", **start) == 850
    assert value("startable_length", **start | {"growing_request_blocks": 0.0, "pool_blocks": 702.0}) == 2000
    assert value("startable_length", **start | {"pool_blocks": 100.0}) == 0
    of = {"states_length": 1.0, "requires_full_length": 1.0}
    assert value("refuses_to_start", **of, request_blocks=700.0, pool_blocks=625.0) == 1
    assert value("refuses_to_start", **of, request_blocks=625.0, pool_blocks=625.0) == 0
    assert value("refuses_to_start", **of | {"states_length": 0.0}, request_blocks=700.0, pool_blocks=625.0) == 0


def test_requests_that_run():
    # a mean output of 100 with a coefficient of variation of 0.5 is met 1.25 times as long, half of it generated
    assert value("generated_so_far", generated=100.0, generated_cv=0.5) == close(62.5)
    assert value("running_context", prompt=1000.0, generated_so_far=62.5) == 1062.5
    reserve = {"generated_so_far": 62.5, "generated": 100.0}
    assert value("resident_generation", **reserve, reserved_generation=1.0, reserve_limit=1000.0) == 100
    assert value("resident_generation", **reserve, reserved_generation=1.0, reserve_limit=80.0) == 80
    assert value("resident_generation", **reserve, reserved_generation=0.5, reserve_limit=80.0) == 62.5
    assert value("resident_tokens", prompt=1000.0, resident_generation=80.0) == 1080
    assert value("max_batch_memory", memory_pool=1e9, local_held_size=3e8, attention_groups=2.0) == 6
    assert value("max_batch", max_batch_memory=300.0, max_sequences=256.0, attention_groups=1.0) == 256
    assert value("max_batch", max_batch_memory=600.0, max_sequences=256.0, attention_groups=2.0) == 512
    assert value("memory_cache", batch=8.0, local_sequence_size=1e7) == 8e7
    assert (
        value("memory_free", memory_pool=1e8, memory_cache=8e7) == 2e7
        and value("memory_free", memory_pool=1.0, memory_cache=2.0) == 0
    )
    for name, one in (("local_sequence_size", "sequence_size"), ("local_tail_padding_size", "tail_padding_size"),
                      ("kv_bytes_per_token", "marginal_size"), ("kv_bytes_per_token_per_gpu", "local_marginal_size"),
                      ("local_held_size", "held_size")):  # fmt: skip
        assert value(name, **{"layer_count": 32.0, one: 3.0}) == 96


def test_a_kernels_budget():
    # 4 sequences of 1,000 tokens and 4 heads in 32 layers, half of which grow
    work = {"layer_count": 32.0, "attends": 1.0, "grows": 0.5, "batch": 4.0, "context": 1000.0, "ranks": 2.0}
    assert value("cached_work", **work, kv_heads=8.0) == 256_000
    assert value("cached_work", **work, kv_heads=1.0) == 64_000  # replicated
    assert value("rest_time", step_time=5.0, attention_step_time=2.0) == 3
    assert value("kernel_time", attention_step_time=2.0, cached_work=4.0) == 0.5
    # the baseline takes 3 s for each of 4 sequences; 8 of the scheme may take 24 s, 4 of them without attention
    budget = {"baseline_step_time": 12.0, "baseline_batch": 4.0, "batch": 8.0, "rest_time": 4.0, "cached_work": 1e4}
    assert value("kernel_budget", **budget) == close(2e-3)
    slow = {"step_time": 5.0, "slow_end": 3.0, "attention_step_time": 2.0, "attention_launch_time": 0.5}
    assert value("slow_step_time", **slow) == 8
