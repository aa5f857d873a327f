"""The prompt pass by hand: its chunks, what each pays anew, the host that it may wait for, and its standard error."""

import pytest
from formula_alone import value


def close(number):
    return pytest.approx(number, rel=1e-12)


CHUNKS = {"context": 1000.0, "prompts": 5.0, "max_batched_tokens": 2048.0, "decode_tokens": 48.0}


def test_chunks_of_what_decoding_leaves():
    assert value("prompt_chunks", **CHUNKS) == 3  # 5,000 tokens in passes of 2,000
    assert value("prompt_chunks", **CHUNKS | {"prompts": 4.0}) == 2
    assert value("prompt_chunks", **CHUNKS | {"decode_tokens": 2048.0}) == 5000  # one token a pass, and never none


def test_rows_of_a_chunk_fill_tiles_of_16():
    # 5,000 / 3 + 48 = 1,714.7 tokens, in 108 tiles of 16
    assert value("chunk_tokens", **CHUNKS, prompt_chunks=3.0) == 1728
    assert value("chunk_tokens", **CHUNKS | {"context": 400.0}, prompt_chunks=1.0) == 2048  # 2,000 + 48 is whole


def test_what_layers_and_passes_pay():
    assert value("prefill_matrix_total", product_count=96.0, law_of_one_product=0.5, product_time=2e-6) == close(96e-6)
    assert value("prefill_communication_total", layer_count=32.0, layer_communication_time=1.5e-5) == close(48e-5)
    assert value("prefill_expert_total", group_expert_time=3e-3) == 3e-3
    assert value("passes_time", prompt_chunks=3.0, forward_pass_time=4e-3, slowed_products_time=1e-3) == close(15e-3)


def test_a_forward_pass_pays_no_attention_and_no_codec():
    names = ("matrix_launch_time small_kernel_time kernel_gap_time sampling_time matrix_memory_bound_time "
             "matrix_compute_bound_time expert_step_time communication_step_time step_host_time "
             "state_launch_time").split()  # fmt: skip
    passes = {name: 2.0**power for power, name in enumerate(names)}
    assert value("forward_pass_time", **passes) == 1023
    more = "hbm_bound_time state_step_time streaming_bound_time conversion_bound_time attention_launch_time codec_step_time"
    decoding = {name: 1000.0 * 2**power for power, name in enumerate(more.split())}
    assert value("step_time", **passes, **decoding) == 1023 + 63_000


def test_device_and_host_of_a_prompt():
    device = {
        "passes_time": 18e-3,
        "prefill_attention_total": 3e-3,
        "prefill_codec_total": 4e-3,
    }
    assert value("prefill_device_time", **device) == close(25e-3)
    assert value("prefill_host_time", prompt_chunks=3.0, layers=32.0, prompt_layer_time=1e-4) == close(9.6e-3)
    assert value("prefill_time", prefill_device_time=25e-3, prefill_host_time=9e-3) == 25e-3
    assert value("prefill_time", prefill_device_time=5e-3, prefill_host_time=9e-3) == 9e-3  # few tokens: the host


# Of a pass: products 1 s (10 % of 2 + 3 + 5), links 2 s, experts 3 s, small kernels and host 0.4 x (1 + 2 + 2 + 4 + 1) = 4 s.
PASS = {
    "gemm_spread": 0.1, "matrix_launch_time": 2.0, "matrix_memory_bound_time": 3.0, "matrix_compute_bound_time": 5.0,
    "communication_spread": 0.25, "communication_step_time": 8.0, "experts_spread": 0.15, "expert_step_time": 20.0,
    "other_spread": 0.4, "small_kernel_time": 1.0, "kernel_gap_time": 2.0, "sampling_time": 2.0, "step_host_time": 4.0,
    "state_launch_time": 1.0,
    "prompt_slowdown": 1.5, "prompt_chunks": 2.0, "prefill_attention_error": 4.0, "prefill_codec_total": 10.0,
    "codec_spread": 0.3, "prefill_host_time": 60.0, "prefill_device_time": 50.0, "prefill_time": 60.0,
    "version_spread": 0.0,
}  # fmt: skip


def test_the_spread_of_a_prompt():
    # measured, 2 chunks, products and experts 1.5 times slower: 3^2 + 4^2 + 9^2, attention 4^2: 122. Assumed, which err
    # together: 2 x 4 + 0.3 x 10 = 11, and of the 10 s that the device waits for the host 0.4: 15
    assert value("prefill_time_spread", **PASS) == close((122 + 15**2) ** 0.5 / 60)
    another = (122 + 15**2) / 60**2 + 0.25
    assert value("prefill_time_spread", **PASS | {"version_spread": 0.5}) == close(another**0.5)
    on_the_device = {"prefill_host_time": 9.0, "prefill_time": 50.0}
    assert value("prefill_time_spread", **PASS | on_the_device) == close((122 + 11**2) ** 0.5 / 50)


def test_errors_of_all_layers_add_up():
    of = {
        "layer_count": 32.0,
        "prefill_attention_time": 2.0,
        "prefill_spread": 0.25,
        "scan_time": 0.5,
        "other_spread": 0.5,
    }
    assert value("prefill_attention_error", **of) == close(24)
    assert value("prefill_attention_total", **of) == close(80)
