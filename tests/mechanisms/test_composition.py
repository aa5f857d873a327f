"""Schemes compose in the order in which they are said, and knobs belong to the part in which they stand."""

import numpy as np
import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled


def load(scheme, context=8192.0, model="llama-3.1-8b"):
    return build_evaluator(resolve_deployment(model, "h200-sxm", ranks=1), compiled.load_scheme(scheme), 4.0, context)


def size(*arguments):
    table = load(*arguments)
    return (table["local_sequence_size"] - table["local_tail_padding_size"]).item()


@pytest.mark.parametrize("text", ["kivi-2bit + streaming-llm", "streaming-llm + kivi-2bit"])
def test_quantising_what_a_window_keeps(text):
    # 2,048 tokens stay: 96 bytes a token and head, and 64 keys and 128 values that are 208 bytes dearer.
    expected = 32 * 8 * (2048 * 96 + (64 + 128) * 208)
    assert size(text) == pytest.approx(expected)
    assert load(text)["kv_bytes_per_token"].item() == 0


def test_two_windows_keep_the_narrower():
    for text in ("streaming-llm[recent=508] + h2o", "h2o + streaming-llm[recent=508]"):
        assert load(text)["kept_tokens"].item() == 512


def test_the_later_quantiser_wins():
    assert load("fp8 + int4")["key_bits"].item() == 0.5
    assert load("int4 + fp8")["key_bits"].item() == 1
    # and a kernel measured with fp8 says nothing of what was quantised further
    assert load("int4 + fp8")["codec_is_measured"].item() == 1 and load("fp8 + int4")["codec_is_measured"].item() == 0


def test_what_is_evicted_is_not_read():
    for text in ("quest[budget=4096] + h2o[budget=1024]", "h2o[budget=1024] + quest[budget=4096]"):
        assert np.max(load(text)["read_tokens"]) == 1024


def test_a_selection_reads_less_than_is_kept():
    table = load("h2o[budget=4096] + quest[budget=512]")
    assert (table["kept_tokens"] == 4096).all()
    read = dict(zip(table["read_tokens"].ravel(), table["layer_count"].ravel(), strict=True))
    assert read.pop(4096) == 2  # the first two layers read all they keep
    assert list(read) == [512]


def test_the_same_scheme_twice_has_two_knobs():
    scheme = compiled.load_scheme("h2o[budget=4096] + h2o[budget=512]")
    assert scheme.knobs == {"knob0__budget": 4096, "knob1__budget": 512}
    assert load("h2o[budget=4096] + h2o[budget=512]")["kept_tokens"].item() == 512
    assert load("h2o[budget=512] + h2o[budget=4096]")["kept_tokens"].item() == 512


def test_windows_and_sidecars_add_up():
    assert load("kivi-2bit + kivi-2bit")["precise_key_tokens"].item() == 128
    assert load("h2o + scissorhands")["sidecar_size"].item() == 8


def test_a_latent_is_quantised_like_any_cache():
    # 576 numbers of 4 bit, with 32 bits for the record of a token and head of width 576
    table = load("mla + nvfp4")
    assert table["coded_size"].item() == pytest.approx(576 * (0.5 + 1 / 16))
    assert table["cached_heads"].item() == 1


def test_nothing_is_neutral():
    for scheme in ("kivi-2bit", "h2o", "quest"):
        alone = load(scheme)
        for text in (f"none + {scheme}", f"{scheme} + none"):
            assert load(text)["step_time"].item() == alone["step_time"].item()
            assert load(text)["local_sequence_size"].item() == alone["local_sequence_size"].item()


@pytest.mark.parametrize(
    "text", ["h2o[budget=1024]", "kivi-2bit [ group = 64 , residual = 256 ]", "H2O[budget=1024] + FP8"]
)
def test_a_sentence_reads_back(text):
    once = compiled.load_scheme(text).id
    assert compiled.load_scheme(once).id == once
    assert compiled.load_scheme(once).knobs == compiled.load_scheme(text).knobs


def test_a_knob_changes_numbers_not_code():
    first, other = compiled.load_scheme("h2o[budget=1024]"), compiled.load_scheme("h2o[budget=512]")
    assert first.slots is other.slots and first.knobs != other.knobs


def test_a_quantity_of_a_knob_may_carry_its_unit():
    assert compiled.load_scheme("h2o[budget=1024 token/sequence]").knobs == {"knob0__budget": 1024}
