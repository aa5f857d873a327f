"""What stress tests stand on, by hand: shared histories, overflow, arrivals, resting caches, races, turns, needles, drift."""

import math

import pytest
from formula_alone import value


def close(number):
    return pytest.approx(number, rel=1e-12)


def test_shared_blocks_of_a_history():
    assert value("history_tokens", context=1000.0, private_tokens=300.0) == 700
    of = {"kept_tokens": 1000.0, "private_tokens": 300.0, "residual_window_tokens": 50.0, "tokens_per_block": 16.0,
          "full_blocks_immutable": 1.0, "across_requests": 0.0, "prefix_cacheable": 0.0, "full_heads": 0.0}  # fmt: skip
    assert value("shared_tokens", **of) == 640  # 650 tokens: 40 whole blocks
    assert value("shared_tokens", **of | {"full_heads": 0.5}) == 800  # half of the heads: 800 tokens, 50 blocks
    assert value("shared_tokens", **of | {"across_requests": 0.5}) == 320
    assert value("shared_tokens", **of | {"across_requests": 0.5, "prefix_cacheable": 0.5}) == 480
    assert value("shared_tokens", **of | {"full_blocks_immutable": 0.5}) == 320
    sizes = {"owns_cache": 0.5, "shared_tokens": 640.0, "local_cached_heads": 4.0, "pooled_size": 100.0}
    assert value("shared_size", **sizes) == 128_000
    assert value("history_size", layer_count=32.0, shared_size=3.0) == 96


def test_bytes_of_branches():
    assert value("branch_size", local_sequence_size=100.0, history_size=60.0) == 40
    assert value("branched_size", history_size=60.0, branches=4.0, branch_size=40.0) == 220
    stored = {"branched_size": 220.0, "baseline_history_size": 40.0, "branches": 4.0, "baseline_branch_size": 100.0}
    assert value("stored_ratio", **stored) == 0.5
    pool = {"memory_pool": 1000.0, "history_size": 60.0, "branch_size": 40.0}
    assert value("max_branches", **pool) == 23 and value("max_branches", **pool | {"memory_pool": 50.0}) == 0
    even = {"baseline_history_size": 100.0, "history_size": 60.0, "branch_size": 50.0, "baseline_branch_size": 40.0}
    assert value("break_even_branches", **even) == 4


def test_a_branch_copies_what_lies_in_no_shared_block():
    of = {"kept_tokens": 1000.0, "shared_tokens": 640.0, "slot_size": 100.0, "local_cached_heads": 4.0,
          "size_16bit_excess": 500.0, "constant_size": 7.0}  # fmt: skip
    assert value("copy_on_write_size", **of) == 4 * 36_500 + 7
    assert value("local_copy_on_write_size", layer_count=32.0, copy_on_write_size=3.0) == 96
    # 1 MB read and written at half of 1 TB/s: 4 us, and a kernel of 2 us, in 16 of 32 layers
    time = {"copy_efficiency": 0.5, "hbm_bandwidth": 1e12, "layer_count": 32.0, "attends": 0.5, "kernel_floor": 2e-6}
    assert value("copy_on_write_time", **time, copy_on_write_size=1e6) == close(96e-6)
    assert value("copy_on_write_time", **time, copy_on_write_size=0.0) == 0


def test_hits_of_a_prefix():
    assert value("uncacheable_layers", layer_count=32.0, attends=0.5, prefix_cacheable=0.25) == 12
    assert value("single_turn_layers", layer_count=32.0, attends=0.5, reusable_next_turn=0.25) == 12
    assert value("prefix_unit", layer_count=8.0, layers=32.0, share_unit=16.0) == 4
    of = {"history_tokens": 1000.0, "prefix_unit": 48.0}
    assert value("prefix_hit_tokens", **of, uncacheable_layers=0.0) == 960
    assert value("prefix_hit_tokens", **of, uncacheable_layers=1.0) == 0
    assert value("reused_tokens", history_tokens=1000.0, single_turn_layers=0.0) == 1000
    assert value("reused_tokens", history_tokens=1000.0, single_turn_layers=1.0) == 0


def test_spread_of_running_requests():
    # outputs without spread: ages are uniform over 100 tokens, 100 / root 12; of exponential ones (cv 1): (2 x 6 / 12)^(1/2)
    assert value("age_spread", generated=100.0, generated_cv=0.0) == close(100 / 12**0.5)
    assert value("age_spread", generated=100.0, generated_cv=1.0) == close(100)
    # cv 0.5: 100 x (1.25 x 2.25 / 12)^(1/2)
    assert value("age_spread", generated=100.0, generated_cv=0.5) == close(100 * (2.8125 / 12) ** 0.5)
    size = {"owns_cache": 0.5, "prompt_growth": 0.5, "local_cached_heads": 4.0, "pooled_size": 100.0}
    assert value("prompt_marginal_size", **size) == 100
    assert value("prompt_token_size", layer_count=32.0, prompt_marginal_size=3.0) == 96
    of = {
        "prompt_token_size": 2.0,
        "prompt": 100.0,
        "prompt_cv": 0.15,
        "kv_bytes_per_token_per_gpu": 4.0,
        "age_spread": 10.0,
    }
    assert value("sequence_spread", **of) == close(50)  # 30 and 40


def test_requests_that_a_pool_holds_safely():
    pool = {"memory_pool": 1000.0, "local_sequence_size": 90.0, "sequence_spread": 10.0}
    assert value("overflow_margin", **pool, concurrent_requests=9.0) == close((1000 - 810) / 30)
    # 10 n + 3 x 5 x root n = 1,000 - 325: root n = 7.5 fills 562.5 + 112.5 = 675
    safe = value(
        "max_safe_requests", memory_pool=675.0, local_sequence_size=10.0, sequence_spread=5.0, risk_quantile=3.0
    )
    assert safe == close(56.25)


ARRIVING = {"arrival_dispersion": 1.5, "prompt_share": 0.5, "prompt_time_variation": 2.0, "generated_cv": 0.5}


def test_what_a_request_has_reserved():
    # a mean of 100, cv 0.5: met 1.25 times as long; half of it generated, a fifth of what is to come reserved: x 1.2 / 2
    of = {"generated": 100.0, "generated_cv": 0.5}
    assert value("held_generation", **of, running_reserve=0.2) == close(75)
    assert value("held_spread", **of, running_reserve=0.0) == close(100 * (1.25 * (1.5 / 3 - 1.25 / 4)) ** 0.5)
    # all of it reserved: the spread of an output met in proportion to its length, cv 0.5: (1.25 x (1.5 - 1.25))^(1/2)
    assert value("held_spread", **of, running_reserve=1.0) == close(100 * (1.25 * 0.25) ** 0.5)
    # in between, 0.5: second moment 1.5 x 1.75 / 3, first 1.25 x 1.5 / 2
    assert value("held_spread", **of, running_reserve=0.5) == close(100 * (1.25 * (0.875 - 1.25 * 0.5625)) ** 0.5)


def third_central(shape, reserve):
    """Of age + reserve x rest, the output gamma of mean 1, met in proportion to its length, the age uniform within it."""
    moments = [1.0]
    for power in range(4):  # E[o^(n+1)] / E[o]: moments of what is met
        moments.append(moments[-1] * (shape + power) / shape)
    uniform = [
        sum(math.comb(n, k) * (1 - reserve) ** k * reserve ** (n - k) / (k + 1) for k in range(n + 1)) for n in range(4)
    ]
    first, second, third = (moments[n + 1] * uniform[n] for n in (1, 2, 3))
    return third - 3 * first * second + 2 * first**3


@pytest.mark.parametrize("reserve", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("cv", [0.5, 1.0, 1.5])
def test_the_third_moment_of_what_is_held_is_that_of_a_gamma_output(cv, reserve):
    found = value("held_third", generated_cv=cv, running_reserve=reserve)
    assert found == pytest.approx(third_central(1 / cv**2, reserve), rel=1e-9)


def test_demand_of_arriving_requests():
    of = {"prompt_token_size": 2.0, "prompt": 100.0, "prompt_cv": 0.15, "kv_bytes_per_token_per_gpu": 4.0}
    assert value("demand_spread", **of, held_spread=10.0) == close(50)
    # prompts 30, a gamma's skewness of twice its cv; outputs 4 x 20 = 80 with a third moment of 0.1
    skew = value("demand_skew", **of, generated=20.0, held_third=0.1, demand_spread=50.0)
    assert skew == close((0.3 * 27_000 + 0.1 * 512_000) / 125_000)


def test_dispersion_of_arrivals():
    seen = ARRIVING | {"seen_dispersion": 1.5}
    assert value("interrupted_dispersion", **seen) == close((1.5 + 0.25 * 2) / 0.25)
    assert value("queue_dispersion", **seen) == close((1.5 + 0.0625 + 0.5) / 2)
    assert value("queue_dispersion", **seen | {"prompt_share": 0.2}) == close((1.5 + 0.16 + 0.08) / 2)
    assert value("arrival_peakedness", **seen, number_overlap=0.5) == close(1 + 1.0 * 0.5)
    # three come in a stay of 6 s: 3 / (3 + 2.5 / 6) of the half above 1 is seen
    assert value("decoding_requests", arrival_rate=0.5, decode_stay_time=6.0) == 3
    assert value("seen_dispersion", arrival_dispersion=1.5, decoding_requests=3.0) == close(1 + 0.5 * 3 / (3 + 2.5 / 6))


def test_third_cumulant_of_interrupted_arrivals():
    """Poisson arrivals and equal prompts: Borel's law, (1 + 2 x share) / (1 - share)^4; no prompts: clusters of Z."""
    alike = {"prompt_time_variation": 0.0, "seen_dispersion": 1.0}
    for share in (0.0, 0.3, 0.5):
        dispersion = 1 / (1 - share) ** 2
        found = value("interrupted_third", **alike, prompt_share=share, interrupted_dispersion=dispersion)
        assert found == close((1 + 2 * share) / (1 - share) ** 4)
    clusters = alike | {"seen_dispersion": 4.0}
    assert value("interrupted_third", **clusters, prompt_share=0.0, interrupted_dispersion=4.0) == 16


@pytest.mark.parametrize(("dispersion", "variation", "share"), [(2.0, 0.5, 0.3), (0.5, 1.0, 0.4)])
def test_interrupted_cumulants_solve_walds_identity(dispersion, variation, share):
    """The cumulant function q of counts solves q = (exp(Z x) - 1) / Z, x = s - ln(1 - c q share) / c, arrivals one a second."""

    def rate(s):
        q = 0.0
        for _ in range(400):
            q = math.expm1(dispersion * (s - math.log1p(-variation * q * share) / variation)) / dispersion
        return q

    h = 2e-3
    low, below, above, high = (rate(s) for s in (-2 * h, -h, h, 2 * h))
    mean = (8 * (above - below) - (high - low)) / (12 * h)
    of = {"prompt_share": share, "prompt_time_variation": variation, "seen_dispersion": dispersion}
    second = value("interrupted_dispersion", **of)
    assert mean == pytest.approx(1 / (1 - share), rel=1e-4)
    assert (above + below) / h**2 / mean == pytest.approx(second, rel=1e-3)
    third = (high - low - 2 * (above - below)) / (2 * h**3) / mean
    assert third == pytest.approx(value("interrupted_third", **of, interrupted_dispersion=second), rel=5e-3)


def test_what_prompts_gather():
    # (1 - 0.5)^2 x 2 = 0.5: a window of 3, which sees 1 + 0.5 x 3 / (3 + 2.5 / 6) of 1.5; prompts add 0.5 x 2
    window = 1 + 0.5 * 3 / (3 + 2.5 / 6)
    assert value("gathered_prompts", **ARRIVING) == close((window + 1) / 0.5 + 0.5)
    gathered = {"gathered_prompts": 4.0, "pass_share": 0.25}
    # a quarter of the time exponential of mean 4: moments 1, 8, 96
    assert value("gathered_variance", **gathered) == close(8 - 1)
    assert value("gathered_third", **gathered) == close(96 - 24 + 2)
    assert value("prompt_hold_time", **gathered, arrival_rate=2.0) == close(0.5)


CROWD = {
    "decoding_requests": 10.0, "arrival_pairs": 2.0, "arrival_triples": 5.0, "gathered_prompts": 4.0, "pass_share": 0.25,
    "gathered_variance": 7.0, "gathered_third": 74.0, "prompt_part": 0.5, "prompt_cv": 1.0, "size_variance": 0.3,
    "size_third": 0.2,
}  # fmt: skip


def test_number_and_demand_of_those_that_are_there():
    assert (value("arrival_pairs", interrupted_dispersion=3.0), value("arrival_triples", interrupted_third=12.0,
            interrupted_dispersion=3.0)) == (2, 5)  # fmt: skip
    number = {"number_overlap": 0.5, "number_overlap_third": 0.4}
    assert value("occupancy_variance", **CROWD, **number) == close(10 * 2 + 7)
    assert value("occupancy_third", **CROWD, **number) == close(10 * (1 + 3 + 2) + 74)
    assert value("demand_mean", **CROWD) == close(10.5)
    assert value("occupancy_covariance", **CROWD, mixed_overlap=0.6) == close(10 * 2.2 + 3.5)
    assert value("demand_variance", **CROWD, burst_overlap=0.7) == close(10 * (1.3 + 1.4) + 0.25 * (7 + 1))
    third = value("demand_third", **CROWD, squared_overlap=0.8, burst_overlap_third=0.6)
    assert third == close(10 * (1 + 0.9 + 0.2 + 6 * 1.3 * 0.8 + 3) + 0.125 * (74 + 21 + 2))
    spread = {"occupancy_variance": 20.0, "occupancy_third": 60.0}
    assert value("size_residual", demand_variance=30.0, occupancy_covariance=20.0, **spread) == 10
    assert value("following_variance", step_feedback=0.5, size_residual=12.0) == close(2)
    assert value("occupancy_peakedness", **CROWD, following_variance=2.0, **spread) == close(22 / 11)
    assert value("occupancy_skew", **spread) == 3


def test_requests_that_are_sent_back():
    # a prompt of 100 and growth of 200: what leaves is (300^2 + (100 x 0.5)^2 + 200^2)
    leaving = {"kv_bytes_per_token_per_gpu": 4.0, "generated": 50.0, "generated_cv": 1.0, "prompt_size": 100.0,
               "prompt_token_size": 2.0, "prompt": 50.0, "prompt_cv": 0.5}  # fmt: skip
    assert value("leaving_square", **leaving) == close(90_000 + 2500 + 40_000)
    # v^3 - 100 v^2 = 200 x 30,000 / (2 x 3) = 1e6, which 146.557... solves
    victim = {"kv_bytes_per_token_per_gpu": 4.0, "generated": 50.0, "prompt_size": 100.0, "pool_slots": 3.0}
    size = value("victim_size", **victim, leaving_square=30_000.0)
    assert size**3 - 100 * size**2 == pytest.approx(1e6, rel=1e-9) and size == pytest.approx(146.5571, rel=1e-6)
    assert value("full_preemptions", kv_bytes_per_token_per_gpu=4.0, generated=50.0, victim_size=400.0) == 0.5
    assert value("swap_time", local_sequence_size=1e9, host_link_rate=50e9) == close(0.04)


REST = {"layer_count": 32.0, "owns_cache": 1.0, "attends": 0.5, "local_cached_heads": 4.0, "kept_tokens": 1000.0,
        "coded_size": 100.0}  # fmt: skip


def test_bytes_of_a_resting_cache():
    assert value("resting_size", coded_size=100.0, resting_rate=0.25) == 25
    assert value("coded_resting_tokens", kept_tokens=1000.0, raw_resting_tokens=200.0) == 800
    assert value("coded_resting_tokens", kept_tokens=100.0, raw_resting_tokens=200.0) == 0
    resting = value("resting_sequence_size", **REST, coded_resting_tokens=800.0, resting_size=25.0)
    assert resting == 32 * 0.5 * 4 * (200 * 100 + 800 * 25)
    assert value("plain_resting_size", **REST) == 32 * 0.5 * 4 * 100_000
    assert value("plain_resting_size", **REST | {"owns_cache": 0.5}) == 32 * 0.25 * 4 * 100_000
    assert value("resting_ratio", local_sequence_size=100.0, resting_sequence_size=25.0) == 4
    assert value("resting_sequences", resting_store=1e3, resting_sequence_size=300.0) == 3
    assert value("covered_pause", resting_sequences=30.0, returning_rate=0.5) == 60


def test_coming_back_from_a_pause():
    assert value("plain_fetch_time", plain_resting_size=1e9, host_link_rate=50e9) == close(0.02)
    assert value("resting_fetch_time", resting_sequence_size=1e9, host_link_rate=50e9, rests_in_pool=0.75) == close(
        0.005
    )
    # 4 heads x 800 tokens x (25 + 512) B = 1.7184 MB at 0.5 TB/s: 3.4368 us; two kernels of 2 us more. 3,200 x 256 numbers:
    # x 500 flop at half of 100 Tflop/s: 8.192 us; x 25 instructions over 12.8 T/s, twice: 3.2 us
    of = {"local_cached_heads": 4.0, "coded_resting_tokens": 800.0, "resting_size": 25.0, "size_16bit": 512.0,
          "copy_efficiency": 0.5, "hbm_bandwidth": 1e12, "key_elements": 128.0, "value_elements": 128.0, "attends": 0.5,
          "resting_decode_flop": 500.0, "fused_product_share": 0.5, "peak_16bit": 1e14, "exposed_latency": 2.0,
          "resting_decode_work": 25.0, "issue_lanes": 128.0, "clock": 1e9, "sms": 100.0, "layer_count": 32.0,
          "resting_kernels": 2.0, "kernel_floor": 2e-6}  # fmt: skip
    assert value("resting_decode_time", **of) == close(16 * (2 * 5.4368 + 8.192 + 3.2) * 1e-6)
    assert value("resume_time", resting_fetch_time=0.005, resting_decode_time=0.003) == close(0.008)
    # errors of 0.3 of 0.004 s and of 0.4 of 0.004 s, at right angles: 0.002 s of 0.008 s
    errs = {"resting_fetch_time": 0.004, "resting_decode_time": 0.004, "host_link_spread": 0.3, "codec_spread": 0.4}
    assert value("resume_spread", **errs, resume_time=0.008) == close(0.25)
    link = {"plain_resting_size": 5e8, "resting_sequence_size": 1e8, "resting_decode_time": 0.02}
    assert value("break_even_link", **link) == close(20e9)


def test_blocks_that_eviction_frees():
    of = {"layer_count": 8.0, "layers": 32.0, "kept_share": 0.5, "tokens_per_block": 4.0}
    assert value("freed_by_head", **of) == close(0.25 / 16)
    assert value("freed_by_layer", **of, kv_heads=4.0, ranks=2.0) == close(0.25 / 256)
    assert value("freed_by_layer", **of, kv_heads=1.0, ranks=2.0) == close(0.25 / 16)
    copy = {"kept_tokens": 1000.0, "kept_share": 0.5, "local_cached_heads": 4.0, "slot_size": 500.0, "layer_count": 32.0,
            "attends": 0.5, "kernel_floor": 2e-6, "copy_efficiency": 0.5, "hbm_bandwidth": 1e12}  # fmt: skip
    assert value("compaction_time", **copy) == close(16 * 6e-6)
    assert value("tail_share", local_tail_padding_size=1.0, local_sequence_size=8.0) == 0.125


def test_eviction_races_the_codec():
    deciding = {"score_time": 1.0, "select_time": 2.0, "move_time": 4.0}
    assert value("deciding_step_time", layer_count=32.0, **deciding) == 224
    assert value("deciding_rate", batch=64.0, deciding_step_time=0.016) == 4000
    assert value("encoding_rate", batch=64.0, encode_step_time=0.016) == 4000
    assert value("bare_step_time", step_time=10.0, codec_step_time=2.0) == 8
    assert value("deciding_load", deciding_step_time=2.0, bare_step_time=8.0) == 0.25
    assert value("encoding_load", encode_step_time=2.0, bare_step_time=8.0) == 0.25
    # M/D/1 at a load of 0.75: 0.75 / (2 x 0.25) services
    assert value("encoding_wait", encoding_load=0.75, flush_step_time=2.0) == close(3)
    assert value("encoding_wait", encoding_load=2.0, flush_step_time=2.0) == close(2e6)
    assert value("deciding_wait", deciding_load=0.75, deciding_step_time=2.0) == close(3)
    # M/G/1: residual work of 0.25 x 2 + 0.5 x 8, over twice the idle quarter
    both = {"deciding_load": 0.25, "deciding_step_time": 2.0, "encoding_load": 0.5, "flush_step_time": 8.0}
    assert value("side_load", deciding_load=0.25, encoding_load=0.5) == 0.75
    assert value("side_wait", **both, side_load=0.75) == close(9)
    assert value("arriving_tokens", batch=64.0, bare_step_time=0.016) == 4000
    assert value("deciding_backlog", arriving_tokens=4000.0, deciding_rate=3000.0) == 1000
    assert value("encoding_backlog", arriving_tokens=4000.0, encoding_rate=5000.0) == 0
    assert value("encoding_backlog", arriving_tokens=4000.0, encoding_rate=1500.0) == 2500
    assert value("flush_share", flush_step_time=2.0, step_time=8.0) == 0.25
    assert value("beam_copy_share", beam_copy_time=2.0, step_time=8.0) == 0.25
    assert value("step_share_spread", codec_spread=0.3, step_spread=0.4) == close(0.5)
    # parts of the bare step of 10 s err by 1, 2 x 0.5, 1 and 1 s: 0.2 of it; codec 0.1, another version 0.2
    parts = {"attention_error": 1.0, "conversion_bound_time": 2.0, "conversion_spread": 0.5, "proxy_kernel_error": 1.0,
             "shared_error": 1.0, "bare_step_time": 10.0}  # fmt: skip
    assert value("side_load_spread", **parts, codec_spread=0.1, version_spread=0.2) == close(0.3)
    assert value("serial_step_time", bare_step_time=8.0, deciding_step_time=2.0, encode_step_time=1.0) == 11


def test_turns_of_a_conversation():
    of = {"user_tokens": 30.0, "generated": 70.0}
    assert value("turn_history", turn=3.0, **of) == 200 and value("turn_end", turn=3.0, **of) == 300
    assert value("turn_prompt", turn_history=200.0, user_tokens=30.0) == 230


def test_the_prompt_pass_of_new_tokens():
    assert value("suffix_attention_time", prefill_attention_total=5.0, carried_attention_time=2.0) == 3
    assert value("suffix_attention_error", prefill_attention_error=5.0, carried_attention_error=2.0) == 3
    assert value("suffix_codec_time", prefill_codec_total=5.0, carried_codec_time=7.0) == 0
    device = {"new_passes_time": 6.0, "suffix_attention_time": 3.0, "suffix_codec_time": 1.0}
    assert value("suffix_device_time", **device) == 10
    assert value("suffix_prefill_time", suffix_device_time=10.0, new_host_time=12.0) == 12
    spread = {
        "new_prefill_time": 10.0,
        "new_prefill_spread": 0.3,
        "suffix_attention_error": 4.0,
        "suffix_prefill_time": 20.0,
    }
    assert value("rest_prefill_spread", **spread) == close(0.25)


NEEDLE = {"context": 1000.0, "guaranteed_recent_tokens": 100.0, "sink_tokens": 4.0}


def test_a_needle_that_position_keeps():
    kept = [value("kept_by_position", **NEEDLE, needle_depth=d) for d in (0.0, 99.0, 100.0, 500.0, 996.0, 997.0, 999.0)]
    assert kept == [1, 1, 0, 0, 0, 1, 1]


def test_a_needle_that_a_score_keeps():
    # of 896 others, 328 - 104 = 224 are kept: a quarter
    of = NEEDLE | {"score_selected": 1.0}
    assert value("random_retention", **of, read_tokens=328.0) == 0.25
    assert value("random_retention", **of | {"score_selected": 0.5}, read_tokens=328.0) == 0.125
    assert (
        value("random_retention", **of, read_tokens=50.0) == 0
        and value("random_retention", **of, read_tokens=5000.0) == 1
    )
    # odds of 1 : 3, nine times as good: 3 : 1
    assert value("scored_retention", salience_odds=9.0, random_retention=0.25) == 0.75
    heads = {"full_heads": 0.5, "kept_by_position": 0.0, "scored_retention": 0.25}
    assert (
        value("head_retention", **heads) == 0.625 and value("head_retention", **heads | {"kept_by_position": 1.0}) == 1
    )
    assert value("head_retention", **heads | {"kept_by_position": 0.5}) == 0.5 + 0.5 * 0.625
    assert value("attending_layers", layer_count=32.0, attends=0.5) == 16
    assert value("holding_layers", layer_count=32.0, attends=0.5, head_retention=0.25) == 4
    holders = {"layer_count": 32.0, "attends": 0.5, "head_retention": 0.5, "cached_heads": 2.0}
    assert value("layers_with_a_holder", **holders, needles=2.0) == 16 * 0.75**2
    assert value("needle_retention", holding_layers=4.0, attending_layers=16.0) == 0.25
    assert value("needle_layer_retention", layers_with_a_holder=9.0, attending_layers=16.0) == 0.5625


def test_errors_of_stored_keys_and_values():
    key = {"key_token_spread": 2.0, "key_channel_spread": 0.5, "key_step_error": 0.3, "key_float_error": 0.2}
    assert [value("key_even_error", **key, key_tile_tokens=n) for n in (1.0, 32.0)] == [0.6, 0]
    assert value("key_scaled_error", **key, key_tile_tokens=1.0) == close(0.2)
    assert value("key_scaled_error", **key, key_tile_tokens=32.0) == close(0.25)  # 0.15 and 0.2
    assert value("key_rounding_error", key_even_error=0.3, key_scaled_error=0.4) == close(0.5)
    assert value("value_rounding_error", value_spread=1.5, value_step_error=0.2, value_float_error=0.4) == close(0.5)
    # an open tile of 100 tokens: (3 - 2 (ln 100 + 0.5772) / 100) (1 - 1 / (ln 100 - 0.8)); one of 4 counts as 16
    again = {n: (3 - 2 * (math.log(n) + 0.5772156649015329) / n) * (1 - 1 / (math.log(n) - 0.8)) for n in (16, 100)}
    for name, tile, precise in (("key_regrowth", "key_tile_tokens", "precise_key_tokens"),
                                ("value_regrowth", "value_tile_tokens", "precise_value_tokens")):  # fmt: skip
        found = [value(name, **{tile: n, precise: 0.0}) for n in (1.0, 4.0, 16.0, 100.0)]
        assert found == close([1, again[16], again[16], again[100]])
        assert value(name, **{tile: 100.0, precise: 1.0}) == 1
    of = {"layer_count": 32.0, "attends": 0.5, "kept_tokens": 1000.0}
    keys = {"key_rounding_error": 0.1, "key_regrowth": 2.0, "precise_key_tokens": 250.0}
    assert value("key_square_errors", **of, **keys) == close(16 * 0.01 * 2 * 0.75)
    values = {"value_rounding_error": 0.1, "value_regrowth": 2.0, "precise_value_tokens": 2000.0}
    assert value("value_square_errors", **of, **values) == 0
    assert value("value_square_errors", **of, **values | {"precise_value_tokens": 250.0}) == close(16 * 0.01 * 2 * 0.75)
    assert value("stored_key_error", key_square_errors=4.0, attending_layers=16.0) == close(0.5)
    assert value("stored_value_error", value_square_errors=4.0, attending_layers=16.0) == close(0.5)


DRIFT = {"layer_count": 32.0, "attends": 0.5, "key_even_gain": 3.0, "key_even_error": 0.1, "key_scaled_gain": 2.0,
         "key_scaled_error": 0.2, "key_regrowth": 2.0, "value_error_gain": 0.5, "value_rounding_error": 0.4,
         "value_regrowth": 3.0,
         "kept_tokens": 1000.0, "flush_tokens": 6.0, "precise_key_tokens": 3.0, "precise_value_tokens": 12.0,
         "key_recency": 0.5, "value_recency": 2.0}  # fmt: skip


def test_errors_of_attentions_output():
    # keys (0.09 + 0.16) x 2 = 0.5 behind 0 to 6 tokens: mean of (1 + t)^-0.5 = (7^0.5 - 1) / (0.5 x 6)
    # values 0.04 x 3 = 0.12 behind 9 to 15: mean of (1 + t)^-2 = (1/10 - 1/16) / 6
    keys, values = 0.5 * (7**0.5 - 1) / 3, 0.12 * (1 / 10 - 1 / 16) / 6
    assert value("attention_square_errors", **DRIFT) == close(16 * (keys + values))
    whole = DRIFT | {"precise_key_tokens": 1000.0}  # every key is precise
    assert value("attention_square_errors", **whole) == close(16 * values)
    assert value("attention_output_error", attention_square_errors=4.0, attending_layers=16.0) == close(0.5)
    assert value("answer_divergence", divergence_gain=2.0, attention_output_error=0.3) == close(0.18)
    lost = {"layer_count": 32.0, "attends": 0.5, "context": 1000.0, "window": 800.0}
    assert (
        value("dropped_tokens", **lost, kept_tokens=300.0) == 8000
        and value("dropped_tokens", **lost, kept_tokens=900.0) == 0
    )


BEAMS = {
    "beam_width": 4.0,
    "fork_rate": 0.5,
    "tokens_per_block": 16.0,
    "residual_window_tokens": 8.0,
    "kept_growth": 1.0,
}


def test_beams():
    assert value("meeting_tokens", beam_width=4.0, fork_rate=0.5) == 16
    assert value("meeting_share", beam_depth=16.0, meeting_tokens=16.0) == close(math.exp(-1))
    lines = {"beam_depth": 100.0, "beam_width": 4.0, "meeting_tokens": 16.0}
    assert value("distinct_tokens", **lines, meeting_share=0.5) == close(100 + 16 * math.log(2.5))
    assert value("beam_tail_tokens", **BEAMS) == 16.5
    tokens = BEAMS | {"distinct_tokens": 120.0, "beam_tail_tokens": 10.0, "kept_tokens": 500.0, "beam_depth": 100.0}
    assert value("beams_tokens", **tokens, full_blocks_immutable=1.0) == 500 - 100 + 120 + 30
    assert value("beams_tokens", **tokens, full_blocks_immutable=0.5) == (550 + 2000) / 2
    assert value("beams_tokens", **tokens | {"distinct_tokens": 9999.0}, full_blocks_immutable=1.0) == 2000
    sizes = {"local_cached_heads": 2.0, "size_16bit_excess": 50.0, "constant_size": 7.0, "layer_count": 32.0,
             "owns_cache": 0.5, "slot_size": 10.0, "beam_width": 4.0}  # fmt: skip
    assert value("beams_size", **sizes, beams_tokens=550.0) == 16 * (11_000 + 4 * 107)
    assert value("beams_apart_size", **sizes, kept_tokens=500.0) == 16 * 4 * (10_000 + 107)
    assert value("beam_saving", beams_size=3.0, beams_apart_size=4.0) == 0.25
    assert value("copied_beams", beam_width=4.0, fork_rate=0.5) == close(0.5 * 4 * 0.75**4)
    copy = BEAMS | sizes | {"kept_tokens": 500.0, "copied_beams": 2.0}
    assert value("beam_copy_size", **copy, full_blocks_immutable=1.0) == 0.5 * 2 * (2 * 15.5 * 10 + 7)
    assert value("beam_copy_size", **copy, full_blocks_immutable=0.5) == 0.5 * 2 * (2 * (257.75 * 10 + 25) + 7)
    time = {"copy_efficiency": 0.5, "hbm_bandwidth": 1e12, "layer_count": 32.0, "attends": 0.5, "kernel_floor": 2e-6}
    assert value("beam_copy_time", **time, beam_copy_size=1e6) == close(96e-6)
    assert value("beam_copy_time", **time, beam_copy_size=0.0) == 0
    prompt = BEAMS | {"kept_tokens": 500.0, "beam_depth": 100.0}
    assert value("shared_prompt_tokens", **prompt, full_blocks_immutable=0.5) == 0.5 * (392 - 7.5)
    saving = {"beam_width": 4.0, "shared_prompt_tokens": 203.0, "kept_tokens": 398.5, "tokens_per_block": 16.0}
    assert value("parallel_saving", **saving) == close(0.75 * 0.5)
