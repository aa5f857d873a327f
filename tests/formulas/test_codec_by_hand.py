"""Codec work by hand: each kernel a floor of 2 us and its bytes at half of 1 TB/s, so that a megabyte takes 2 us.

Switches are set to parts where that tells them apart; in a model they are 0 or 1.
"""

import pytest
from formula_alone import value

US = 1e-6
# One layer of 4 sequences and 2 heads on the GPU; 128 + 128 numbers a token and head: 512 bytes at 16 bit, 128 at 4 bit.
LAYER = {"batch": 4.0, "local_cached_heads": 2.0, "attends": 1.0, "owns_cache": 1.0, "kernel_is_ideal": 0.0}
DEVICE = {"kernel_floor": 2 * US, "copy_efficiency": 0.5, "hbm_bandwidth": 1e12, "sms": 100.0, "clock": 1e9}
SIZES = {
    "size_16bit": 512.0,
    "coded_size": 128.0,
    "decoded_size": 512.0,
    "key_elements": 128.0,
    "value_elements": 128.0,
}


def close(number):
    return pytest.approx(number, rel=1e-12)


def test_a_pass_decodes_what_is_read():
    # 4 x 2 x 1,000 tokens and heads: 8,000 x (128 + 512) B = 5.12 MB at 0.5 TB/s: 10.24 us; multiplied back: 8,000 x 1 ns
    of = LAYER | DEVICE | SIZES | {"read_tokens": 1000.0, "decoded_apart": 1.0, "reconstruction_time": 1e-9}
    assert value("decode_pass_time", **of) == close((2 + 10.24 + 8) * US)
    assert value("decode_pass_time", **of | {"attends": 0.5, "decoded_apart": 0.5}) == close(20.24 / 4 * US)


FLUSH = LAYER | DEVICE | SIZES | {
    "flush_tokens": 50.0, "encode_work": 25.0, "encode_kernels": 3.0, "exposed_latency": 2.0, "issue_lanes": 128.0,
}  # fmt: skip


def test_a_flush_encodes_its_window():
    # 4 x 2 x 50 = 400 tokens and heads: 400 x (128 + 512) B = 256 kB: 0.512 us. 400 x 256 numbers x 25 instructions over
    # 128 lanes x 1 GHz x 100 multiprocessors: 0.2 us, twice that for exposed latency. Three kernels.
    assert value("flush_encode_time", **FLUSH) == close(3 * (2 + 0.512 + 0.4) * US)
    less = {"owns_cache": 0.5, "attends": 0.5, "kernel_is_ideal": 0.75}
    assert value("flush_encode_time", **FLUSH | less) == close(3 * 2.912 / 16 * US)


def test_encoding_is_spread_over_the_steps_between_flushes():
    assert value("encode_time", flush_encode_time=100 * US, flush_tokens=50.0) == close(2 * US)


def test_scores_read_weights_of_all_query_heads():
    # 4 sequences x 8 query heads x 1,000 tokens x 3 passes x 4 B = 384 kB: 0.768 us; two kernels of 2 us
    of = LAYER | DEVICE | {"local_query_heads": 8.0, "kept_tokens": 1000.0, "score_passes": 3.0, "score_kernels": 2.0}
    assert value("score_time", **of) == close(4.768 * US)
    assert value("score_time", **of | {"attends": 0.5, "kernel_is_ideal": 0.75}) == close(4.768 / 8 * US)


def test_an_index_is_read_whole_even_by_an_ideal_kernel():
    # 4 x 2 x 1,000 x 16 B = 128 kB: 0.256 us; three kernels
    of = LAYER | DEVICE | {"kept_tokens": 1000.0, "index_size": 16.0, "select_kernels": 3.0}
    assert value("select_time", **of) == close(6.256 * US)
    assert value("select_time", **of | {"kernel_is_ideal": 1.0}) == close(0.256 * US)
    assert value("select_time", **of | {"attends": 0.5}) == close(3.128 * US)


def test_a_moved_token_is_read_and_written():
    # 2 x 4 x 2 x 10 x 128 B = 20,480 B: 0.04096 us
    of = LAYER | DEVICE | SIZES | {"moved_tokens": 10.0}
    assert value("move_time", **of) == close(0.04096 * US)
    assert value("move_time", **of | {"attends": 0.5, "kernel_is_ideal": 0.75}) == close(0.00512 * US)


def test_a_query_is_cast_by_kernels_of_the_engine():
    of = DEVICE | {"attends": 0.5, "codec_is_measured": 1.0, "query_cast_kernels": 3.0}
    assert value("query_cast_time", **of) == close(3 * US)
    assert value("query_cast_time", **of | {"codec_is_measured": 0.0}) == 0


def test_new_bytes_are_read_for_a_fingerprint_and_compared():
    # 4 x 2 x (128 + 6 x 16) B = 1,792 B: 0.003584 us; two kernels of 2 us
    of = LAYER | DEVICE | SIZES | {"compared_blocks": 6.0, "signature_size": 16.0, "fingerprint_kernels": 2.0}
    assert value("deduplication_time", **of) == close(4.003584 * US)
    assert value("deduplication_time", **of | {"attends": 0.5, "kernel_is_ideal": 0.75}) == close(4.003584 / 8 * US)
    assert value("deduplication_time", **of | {"fingerprint_kernels": 0.0}) == 0  # a hash of token ids reads no cache


def test_what_lives_on_the_host_crosses_the_link():
    link = {"host_link_efficiency": 0.8, "host_bandwidth": 50e9}  # 40 GB/s
    assert value("host_link_rate", **link) == close(40e9)
    # 4 x 2 x 1,000 x 64 B = 512 kB: 12.8 us
    of = LAYER | link | {"read_tokens": 1000.0, "fetched_size": 64.0}
    assert value("fetch_time", **of) == close(12.8 * US)
    assert value("fetch_time", **of | {"attends": 0.25}) == close(3.2 * US)


def test_a_low_rank_code_is_multiplied_back():
    # 2 x 64 x 128 flop at half of 1 Pflop/s: 32.768 ps; an ideal kernel at all of it, a measured one has it in its time
    of = {
        "reconstruction_work": 2.0 * 64 * 128,
        "peak_16bit": 1e15,
        "fused_product_share": 0.5,
        "codec_is_measured": 0.0,
    }
    assert value("reconstruction_time", **of, kernel_is_ideal=0.0) == close(32.768e-12)
    assert value("reconstruction_time", **of, kernel_is_ideal=1.0) == close(16.384e-12)
    assert value("reconstruction_time", **of | {"codec_is_measured": 0.75}, kernel_is_ideal=0.0) == close(8.192e-12)
    assert value("reconstruction_cost", reconstruction_time=3e-12, sms=100.0) == close(3e-10)


def test_everything_outside_attention_adds_up():
    names = (
        "decode_pass_time encode_time score_time select_time move_time query_cast_time deduplication_time fetch_time"
    )
    parts = {name: 2.0**power for power, name in enumerate(names.split())}  # 255 in all
    assert value("codec_time", **parts, attends=0.5, added_time=2.0) == 256


# What a scheme does to a prompt of 1,000 tokens, two prompts at once.
PROMPT = FLUSH | {"context": 1000.0, "prompts": 2.0, "prompt_passes": 1.0, "scored_queries": 0.0, "local_query_heads": 8.0,
                  "query_width": 64.0, "peak_16bit": 1e14}  # fmt: skip


def test_a_prompt_is_encoded_whole():
    # 2 x 1,000 x 2 heads = 4,000: traffic 4,000 x 640 B = 2.56 MB: 5.12 us; encoding 4,000 x 256 x 25 / 12.8e12 x 2 = 4 us.
    # Three encoding kernels and one further pass: 4 x (2 + 5.12) + 3 x 4
    assert value("prefill_codec_time", **PROMPT) == close((4 * 7.12 + 12) * US)
    less = {"owns_cache": 0.5, "attends": 0.5, "kernel_is_ideal": 0.75}
    assert value("prefill_codec_time", **PROMPT | less) == close(40.48 / 16 * US)


def test_a_scored_prompt_writes_attention_weights_of_its_last_queries():
    # 32 of the queries x 1,000 x 2 prompts = 64,000 pairs x 8 heads; each 2 x 64 flop at 100 Tflop/s (1.28 ps) and 8 B at
    # 0.5 TB/s (16 ps): 512,000 x 17.28 ps = 8.84736 us
    assert value("prefill_codec_time", **PROMPT | {"scored_queries": 32.0}) == close((40.48 + 8.84736) * US)
    all_queries = value("prefill_codec_time", **PROMPT | {"scored_queries": 9999.0})  # no more than the prompt has
    assert all_queries == close((40.48 + 8.84736 * 1000 / 32) * US)


def test_all_layers_of_a_prompt():
    assert value("prefill_codec_total", **PROMPT, layer_count=32.0) == close(32 * 40.48 * US)
