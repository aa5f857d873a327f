"""Standard errors worked by hand: of attention, codec, products, links, the step, the ratio of two steps, and under load.

Errors are Pythagorean (3-4-5, 2-3-6-7, 7-24-25), so that a lost square, a lost term or a changed sign shows at once. Switches
between 0 and 1 (``attends``, ``kernel_is_ideal``) are set to parts, as a layer group may mix them.
"""

import pytest
from formula_alone import value

from costmodel.evaluation.ask.intervals import Z90, interval, interval_columns

LAYERS = {"layer_count": 32.0}


def close(number):
    return pytest.approx(number, rel=1e-12)


def test_launch_and_streaming_err_by_their_own_spread():
    # floor 0.5 x 4 s at 10 %: 0.2; the other 10 - 2 = 8 s at 20 %: 1.6; 32 layers
    spreads = {"attention_spread_launch": 0.1, "attention_spread_cold": 0.2}
    of = {"attends": 0.5, "attention_time": 10.0, "attention_floor": 4.0}
    assert value("attention_error", **LAYERS, **spreads, **of) == close(32 * 1.8)


TOKENS = {
    "attends": 0.5,
    "attention_memory_time": 3.0,
    "multiprocessor_time": 4.0,
    "overlap": 2.0,
    "conversion_time": 1.0,
}


def test_what_waits_for_tokens():
    # overlapped: (3^2 + 4^2)^(1/2) = 5; of it the multiprocessors' 16/25: 3.2; a quarter of theirs converts: 2.4; half attends
    assert value("token_bound_time", **TOKENS) == close(1.2)


def test_a_token_cost_errs_over_all_layers():
    assert value("token_cost_error", **LAYERS, **TOKENS, token_cost_spread=0.3) == close(32 * 1.2 * 0.3)


@pytest.mark.parametrize(
    ("measured", "ideal", "coded", "share"), [(0, 0, 128, 1), (0.5, 0.25, 128, 0.375), (1, 0, 128, 0), (0, 1, 128, 0),
                                              (0, 0, 512, 0), (0, 0, 600, 0)]
)  # fmt: skip
def test_only_a_borrowed_kernel_of_fewer_bytes_errs_by_its_token_cost(measured, ideal, coded, share):
    of = {"codec_is_measured": measured, "kernel_is_ideal": ideal, "size_16bit": 512.0, "coded_size": coded}
    assert value("proxy_kernel_error", **LAYERS, **TOKENS, **of, token_cost_spread=0.3) == close(share * 32 * 1.2 * 0.3)


def test_codec_passes_and_conversion_err_independently():
    of = {"codec_step_time": 10.0, "codec_spread": 0.3, "conversion_bound_time": 8.0, "conversion_spread": 0.5}
    assert value("codec_error", **of) == close(5)  # 3 and 4


def test_share_of_the_codec_in_a_step():
    assert value("codec_share", codec_step_time=3.0, conversion_bound_time=1.0, step_time=16.0) == close(0.25)


PRODUCTS = {
    "gemm_spread": 0.1,
    "matrix_launch_time": 5.0,
    "matrix_memory_bound_time": 7.0,
    "matrix_compute_bound_time": 8.0,
}
LINKS = {"communication_spread": 0.3, "communication_step_time": 10.0}
OTHERS = {"other_spread": 0.4, "state_step_time": 1.0, "small_kernel_time": 2.0, "kernel_gap_time": 3.0,
          "sampling_time": 4.0, "step_host_time": 5.0, "state_launch_time": 10.0}  # fmt: skip
EXPERTS = {"experts_spread": 0.15, "expert_step_time": 160.0}


def test_quantities_of_one_law_err_together_and_laws_apart():
    assert value("product_error", **PRODUCTS) == close(2)  # 10 % of 5 + 7 + 8
    assert value("link_error", **LINKS) == close(3)
    assert value("other_error", **OTHERS) == close(10)  # 40 % of 1 + 2 + 3 + 4 + 5 + 10
    everything = PRODUCTS | LINKS | OTHERS | EXPERTS
    assert value("shared_error", **everything) == close(689**0.5)  # 4 + 9 + 100 + 576


def test_experts_err_by_their_law_and_by_their_router():
    """A router uncertain by 0.4, whose choices shift 30 of 120 seconds for a log unit: 10 %; beside it a law off by 24 %."""
    of = {"grouped_spread": 0.24, "router_spread": 0.4, "routed_time": 30.0, "expert_step_time": 120.0}
    assert value("experts_spread", **of) == close(0.26)
    assert value("experts_spread", **of | {"routed_time": 0.0, "expert_step_time": 0.0}) == close(0.24)


def test_the_step_errs_by_four_kinds():
    of = {
        "attention_error": 2.0,
        "codec_error": 3.0,
        "proxy_kernel_error": 6.0,
        "shared_error": 24.0,
        "step_time": 50.0,
    }
    assert value("step_spread", **of, version_spread=0.0) == close(0.5)
    assert value("step_spread", **of, version_spread=1.2) == close(1.3)


STEPS = {"step_time": 10.0, "baseline_step_time": 20.0}
PAIR = STEPS | {
    "attention_error": 2.0, "baseline_attention_error": 2.0, "pair_correlation": 0.5, "codec_error": 3.0,
    "baseline_codec_error": 8.0, "shared_error": 4.0, "baseline_shared_error": 2.0, "proxy_kernel_error": 5.0,
    "baseline_token_cost_error": 6.0,
}  # fmt: skip


def test_the_ratio_of_two_steps_by_hand():
    assert value("speedup", **STEPS) == 2
    assert value("throughput_ratio", **STEPS, batch=24.0, baseline_batch=16.0) == close(3)
    # attention 0.2 and 0.1, half correlated: 0.04 + 0.01 - 0.02 = 0.03; codec 0.3 and 0.4: 0.25; shared 0.4 - 0.1: 0.09;
    # a borrowed kernel 0.5 against the baseline's 0.3: 0.04
    assert value("speedup_spread", **PAIR) ** 2 == close(0.03 + 0.25 + 0.09 + 0.04)


def test_a_format_with_a_kernel_of_its_own_does_not_err_by_the_token_cost_of_its_baseline():
    assert value("speedup_spread", **PAIR | {"proxy_kernel_error": 0.0}) ** 2 == close(0.37)


def test_errors_that_both_sides_share_cancel():
    alike = {"pair_correlation": 1.0, "baseline_attention_error": 4.0, "baseline_shared_error": 8.0, "codec_error": 0.0,
             "baseline_codec_error": 0.0, "baseline_token_cost_error": 10.0}  # fmt: skip
    assert value("speedup_spread", **PAIR | alike) == pytest.approx(0, abs=1e-9)


PROMPTS = {"prompts_per_step": 0.5}


def test_errors_of_steps_and_of_prompts_that_ride_along():
    attention = {"decode_attention_error": 2.0, "prefill_attention_error": 6.0}
    assert value("served_attention_error", **PROMPTS, **attention) == close(5)
    codec = {"decode_codec_error": 1.0, "prefill_codec_total": 20.0, "codec_spread": 0.3}
    assert value("served_codec_error", **PROMPTS, **codec) == close(4)


def test_shared_errors_under_load_leave_out_what_the_prompt_does_not_pay_anew():
    # a chunk: products 2 and experts 6 (40 s at 15 %), 1.5 times slower, and links 3; 0.5 prompts of 4 chunks
    passes = PRODUCTS | LINKS | EXPERTS | {"expert_step_time": 40.0, "prompt_chunks": 4.0, "prompt_slowdown": 1.5}
    assert value("served_shared_error", **PROMPTS, **passes, decode_shared_error=28.0) == close(
        (28**2 + 4 * (3**2 + 3**2 + 9**2)) ** 0.5
    )


def test_spreads_under_load():
    kinds = {"served_attention_error": 2.0, "served_codec_error": 3.0, "decode_proxy_error": 6.0}
    served = kinds | {"served_shared_error": 24.0, "served_step_time": 250.0}
    assert value("served_spread", **served, version_spread=0.0) == close(0.1)
    assert value("served_spread", **served, version_spread=0.24) == close(0.26)
    assert value("served_tpot_spread", served_spread=0.3, load_spread=0.4) == close(0.5)
    assert value("served_ttft_spread", served_spread=0.5, first_token_spread=1.2) == close(1.3)


def test_ninety_percent_of_a_lognormal_lie_between_its_ends():
    # the standard normal's 95 % point is 1.6449 (tables); e^(1.6449 x 0.5) = 2.2761
    assert pytest.approx(1.6449, abs=5e-5) == Z90
    low, high = interval(10.0, 0.5)
    assert (low, high) == pytest.approx((4.3935, 22.761), rel=1e-4)
    assert interval_columns("tpot_ms", 10.0, 0.5) == {"tpot_ms": 10.0, "tpot_ms_lo": low, "tpot_ms_hi": high}
