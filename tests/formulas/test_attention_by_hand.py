"""Decode attention by hand, term by term: bytes through HBM and L2, waves of work units, splits, conversion, floors.

One layer of 4 sequences; 32 query heads and 8 key/value heads over 2 GPUs, four query heads packed into a work unit.
"""

import pytest
from formula_alone import value

US, NS = 1e-6, 1e-9


def close(number):
    return pytest.approx(number, rel=1e-12)


def test_heads_and_work_units():
    assert value("local_query_heads", query_heads=32.0, ranks=2.0) == 16
    units = {"batch": 4.0, "local_query_heads": 16.0, "heads_per_work_unit": 4.0, "local_cached_heads": 4.0}
    assert value("work_units", **units) == 16
    assert value("l2_reread_factor", **units | {"heads_per_work_unit": 1.0}) == 4
    assert value("l2_reread_factor", **units) == 1
    assert value("group_size", **units) == 4
    assert value("local_cached_heads", cached_heads=8.0, ranks=2.0) == 4
    assert value("local_cached_heads", cached_heads=8.0, ranks=16.0) == 1
    assert value("kv_units", kept_tokens=1000.0, **units) == 16_000
    assert value("kv_units", kept_tokens=50.0, **units) == 4 * 4 * 128


def test_switches():
    assert [value("windowed", context=c, window=1024.0) for c in (1023.0, 1024.0, 1025.0)] == [0, 0, 1]
    assert [value("splits", split_limit=n, work_units=16.0) for n in (15.0, 16.0, 17.0)] == [0, 0, 1]
    assert value("decoded_apart", unfused=0.5, kernel_is_ideal=0.25) == 0.375


TRAFFIC = {"batch": 4.0, "local_cached_heads": 4.0, "local_query_heads": 16.0, "query_width": 128.0, "output_width": 96.0,
           "activation_size": 2.0, "read_size": 100_000.0, "read_tokens": 1000.0, "decoded_size": 512.0}  # fmt: skip


def test_bytes_of_a_call():
    # queries and outputs: 4 x 16 x 224 x 2 B = 28,672 B; cache 16 x 100 kB, or 16 x 512 kB once it was decoded apart
    assert value("attention_traffic", **TRAFFIC, decoded_apart=0.0) == 1_628_672
    assert value("attention_traffic", **TRAFFIC, decoded_apart=1.0) == 8_220_672
    assert value("attention_traffic", **TRAFFIC, decoded_apart=0.25) == 0.75 * 1_600_000 + 0.25 * 8_192_000 + 28_672


def test_memory_serves_misses_and_l2_everything():
    # L2 of which 80 % can be used: 40 MB; of 40 MB traffic half hits at any sharpness; warm half the time: a quarter
    hits = {"l2_usable": 0.8, "l2_size": 50e6, "l2_sharpness": 8.0}
    assert value("l2_hit_fraction", **hits, attention_traffic=40e6, warm=0.5) == close(0.25)
    # twice the traffic: 1 / (1 + 2^8)
    assert value("l2_hit_fraction", **hits, attention_traffic=80e6, warm=1.0) == close(1 / 257)
    # 10 MB, a quarter out of L2: 7.5 MB at 50 % of 1 TB/s: 15 us; twice through L2 at 4 TB/s: 5 us; in a step 1.5 times
    memory = {"l2_hit_fraction": 0.25, "attention_traffic": 10e6, "hbm_efficiency": 0.5, "hbm_bandwidth": 1e12,
              "l2_reread_factor": 2.0, "l2_speedup": 4.0, "streaming_in_step": 1.5}  # fmt: skip
    assert value("attention_memory_time", **memory) == close(30 * US)


def test_waves():
    assert value("wave_count", work_units=150.0, sms=50.0, units_per_sm=2.0) == 1.5
    # smooth: (1 + 1.5^4)^(1/4) = 1.5697; whole: 2; a quarter whole
    felt = value("effective_waves", wave_count=1.5, wave_quantization=0.25)
    assert felt == close(0.75 * (1 + 1.5**4) ** 0.25 + 0.5)


UNITS = {
    "work_units": 16.0,
    "read_tokens": 1000.0,
    "min_split_tokens": 250.0,
    "max_extra_splits": 4.0,
    "units_to_fill": 2.0,
}


def test_multiprocessors_that_work():
    # 4 splits by tokens, 4 at most: together 1 / (1/4 + 1/4) = 2 more; 16 x 3 / 2
    assert value("split_units", **UNITS, splits=1.0) == close(24)
    assert value("split_units", **UNITS, splits=0.0) == 8
    # 1 / (1/30^2 + 1/40^2)^(1/2) = 24
    assert value("active_sms", split_units=30.0, sms=40.0, occupancy_sharpness=2.0) == close(24)


CODED = {"codec_is_measured": 0.0, "kernel_is_ideal": 0.0, "unfused": 0.0, "conversion_work": 3.0, "key_elements": 128.0,
         "value_elements": 96.0, "issue_lanes": 128.0, "clock": 1.5e9, "decoded_apart": 0.0,
         "reconstruction_cost": 0.0}  # fmt: skip


def test_conversion_of_a_token():
    # 224 numbers x 3 slots over 128 lanes at 1.5 GHz: 3.5 ns
    assert value("conversion_cost", **CODED) == close(3.5 * NS)
    less = {"codec_is_measured": 0.5, "kernel_is_ideal": 0.5, "unfused": 0.5}
    assert value("conversion_cost", **CODED | less) == close(3.5 / 8 * NS)
    back = {"decoded_apart": 0.25, "reconstruction_cost": 4 * NS}
    assert value("conversion_cost", **CODED | back) == close(6.5 * NS)


def test_numbers_of_a_token_that_stream():
    sizes = {"key_elements": 128.0, "value_elements": 96.0, "key_size": 64.0, "value_size": 48.0, "sidecar_size": 8.0}
    assert value("streamed_elements", **sizes, kernel_is_ideal=0.0) == 224
    assert value("streamed_elements", **sizes, kernel_is_ideal=1.0) == 60  # 120 bytes in 16-bit numbers
    assert value("streamed_elements", **sizes, kernel_is_ideal=0.25) == 0.75 * 224 + 15
    assert value("streamed_elements", **sizes | {"key_size": 999.0}, kernel_is_ideal=1.0) == 224


def test_one_token_of_one_head():
    # 10 ns x 320 / (2 x 128) of the kernel's width x (1 + 3 / 6) for packed heads: 18.75 ns; 3.5 ns conversion
    of = {"streamed_elements": 320.0, "kernel_width": 128.0, "token_cost": 10 * NS, "heads_per_work_unit": 4.0,
          "token_cost_doubling_heads": 6.0, "conversion_cost": 3.5 * NS}  # fmt: skip
    assert value("token_time", **of) == close(22.25 * NS)


STREAM = {"wave_cost": 2 * US, "windowed": 0.0, "window_wave": 1.5, "heads_per_work_unit": 4.0, "wave_cost_doubling_heads": 6.0,
          "effective_waves": 3.0, "splits": 0.0, "split_slowdown": 1.25, "token_time": 20 * NS, "read_tokens": 1000.0,
          "window_edge": 64.0, "work_units": 16.0, "active_sms": 8.0, "streaming_in_step": 1.0}  # fmt: skip


def test_time_of_the_multiprocessors():
    # two waves more: 2 x 2 us x 1.5 for packed heads: 6 us; 1,000 tokens x 20 ns x 16 units on 8: 40 us
    assert value("multiprocessor_time", **STREAM) == close(46 * US)
    assert value("multiprocessor_time", **STREAM | {"effective_waves": 1.0, "streaming_in_step": 1.5}) == close(60 * US)
    # a window: waves half as slow again, 64 tokens beyond its edge
    assert value("multiprocessor_time", **STREAM | {"windowed": 1.0}) == close(9 * US + 42.56 * US)
    assert value("multiprocessor_time", **STREAM | {"splits": 1.0}) == close(6 * US + 50 * US)
    of = {name: STREAM[name] for name in ("read_tokens", "work_units", "active_sms")}
    assert value("conversion_time", **of, conversion_cost=5 * NS, streaming_in_step=1.5) == close(15 * US)


FLOOR = {"combine_cost": 4 * US, "work_units": 16.0, "active_sms": 64.0, "attention_launch": 8 * US, "windowed": 0.5,
         "window_cost": 1 * US, "batch": 4.0, "batch_cost": 0.5 * US, "floor_in_step": 0.5}  # fmt: skip


def test_what_does_not_overlap():
    # 8 us, half a window of 1 us, a batch of 0.5 us; three quarters of the multiprocessors run splits: 3 us
    assert value("attention_floor", **FLOOR) == close(6 * US)
    assert value("attention_floor", **FLOOR | {"batch": 1.0}) == close(5.75 * US)
    assert value("attention_floor", **FLOOR | {"active_sms": 10.0}) == close(4.5 * US)  # nothing was split


BOUND = {"attention_memory_time": 3.0, "multiprocessor_time": 4.0, "overlap": 2.0, "attends": 0.5, "layer_count": 32.0}


def test_attention_and_what_binds_it():
    assert value("attention_time", **BOUND, attention_floor=7.0) == close(6)  # half of 7 + 5
    assert value("hbm_bound_time", **BOUND) == close(32 * 0.5 * 5 * 9 / 25)
    assert value("sm_bound_time", **BOUND) == close(32 * 0.5 * 5 * 16 / 25)
    assert value("conversion_bound_time", **BOUND, conversion_time=1.0) == close(32 * 0.5 * 5 * 16 / 25 / 4)
    assert value("streaming_bound_time", sm_bound_time=51.2, conversion_bound_time=12.8) == close(38.4)
    assert value("attention_launch_time", layer_count=32.0, attends=0.5, attention_floor=7.0) == 112
    names = "attention_launch_time matrix_launch_time small_kernel_time kernel_gap_time sampling_time state_launch_time".split()
    assert value("launch_bound_time", **{name: 2.0**power for power, name in enumerate(names)}) == 63


CACHE = {"key_elements": 128.0, "value_elements": 96.0, "key_size": 64.0, "value_size": 24.0, "sidecar_size": 4.0,
         "read_rate": 0.5, "precise_key_tokens": 100.0, "precise_value_tokens": 300.0}  # fmt: skip


def test_bytes_of_a_sequence_and_head():
    # coded: (1,000 - 100) x 64 + (1,000 - 300) x 24, at half their size; precise 100 x 256 + 300 x 192; 4 B beside each
    assert value("read_size", **CACHE, read_tokens=1000.0) == 0.5 * (57_600 + 16_800) + 25_600 + 57_600 + 4_000
    # 200 tokens: 100 coded keys, no coded value
    assert value("read_size", **CACHE, read_tokens=200.0) == 0.5 * 6_400 + 25_600 + 200 * 192 + 800
    assert value("size_16bit_excess", **CACHE, kept_tokens=1000.0) == 100 * (256 - 64) + 300 * (192 - 24)
    assert value("size_16bit_excess", **CACHE, kept_tokens=50.0) == 50 * (256 - 64) + 50 * (192 - 24)


def test_sizes_of_a_token():
    assert value("key_size", key_elements=128.0, key_bits=0.25, key_metadata=0.03125) == 36  # 2 bit and a quarter
    assert value("value_size", value_elements=96.0, value_bits=0.5, value_metadata=0.125) == 60
    names = "key_size value_size sidecar_size index_size signature_size".split()
    assert value("coded_size", **{name: 2.0**power for power, name in enumerate(names)}) == 31
    assert value("size_16bit", key_elements=128.0, value_elements=96.0) == 448
    widths = {"key_width": 128.0, "value_width": 128.0}
    assert (
        value("decoded_size", size_16bit=448.0, **widths) == 512
        and value("decoded_size", size_16bit=600.0, **widths) == 600
    )


def test_lines_of_attention_and_where_they_cross():
    # 4 x 4 x 128 B x (1 / 0.5 + 2 / 4) / 1 TB/s
    memory = {"batch": 4.0, "local_cached_heads": 4.0, "coded_size": 128.0, "hbm_efficiency": 0.5, "l2_reread_factor": 2.0,
              "l2_speedup": 4.0, "hbm_bandwidth": 1e12}  # fmt: skip
    assert value("memory_slope", **memory) == close(5.12 * NS)
    units = {"token_time": 20 * NS, "batch": 4.0, "local_query_heads": 16.0, "heads_per_work_unit": 4.0, "sms": 8.0}
    assert value("multiprocessor_slope", **units) == close(40 * NS)
    # the scheme pays 4 us more and wins 0.4 ns a token
    lines = {"fixed_time": 5 * US, "baseline_fixed_time": 1 * US, "slope": 0.1 * NS, "baseline_slope": 0.5 * NS}
    assert value("break_even_context", **lines) == close(10_000)
