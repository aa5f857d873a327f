"""Schemes compose in the order in which they are said, and knobs belong to the part in which they stand."""

import re

import numpy as np
import pytest

from costmodel.errors import FactError
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int4+fp8", "fp8 codes keys and values that int4 codes, in every layer"),
        ("fp8 + int4", "int4 codes keys and values that fp8 codes, in every layer"),
        ("kivi-2bit + fp8", "fp8 codes keys and values that kivi-2bit codes"),
        ("streaming-llm + int8 + int8", "int8 codes keys and values that int8 codes"),
        ("mla-fp8 + int4", "int4 codes keys that mla-fp8 codes"),
    ],
)
def test_a_number_has_one_code(text, words):
    with pytest.raises(FactError, match=re.escape(words)) as error:
        compiled.load_scheme(text)
    assert "name one of them, or let" in str(error.value)


def code(tmp_path, name, **fields):
    """The path of a scheme of one code."""
    lines = [f'name = "{name}"', 'source = "a test"', "[[mechanism]]", 'kind = "quantize"']
    lines += [f"{key} = {value!r}".replace("'", '"') for key, value in fields.items()]
    path = tmp_path / f"{name}.toml"
    path.write_text("\n".join(lines))
    return str(path)


def test_codes_of_keys_and_of_values_go_together(tmp_path):
    keys = code(tmp_path, "keys", bits="4 bit", target="key", decode_instructions=3, encode_instructions=5)
    values = code(tmp_path, "values", bits="8 bit", target="value", decode_instructions=1, encode_instructions=2)
    table = load(f"{keys} + {values}")
    assert table["key_bits"].item() == 0.5 and table["value_bits"].item() == 1
    assert (table["conversion_work"].item(), table["encode_work"].item()) == (2, 3.5)  # half of the numbers each


def test_a_later_code_replaces_the_earlier_one_in_its_layers(tmp_path):
    first = code(tmp_path, "first", bits="8 bit", decode_instructions=3, encode_instructions=5)
    later = code(tmp_path, "later", bits="4 bit", skip_first=2, decode_instructions=1, encode_instructions=2)
    table = load(f"{first} + {later}")
    for name, expected in (("key_bits", {1, 0.5}), ("conversion_work", {3, 1}), ("encode_work", {5, 2})):
        assert set(np.unique(table[name])) == expected, name
    depth = dict(zip(table["key_bits"].ravel(), table["layer_count"].ravel(), strict=True))
    assert depth == {1: 2, 0.5: 30}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cachegen + flexkv-ans", "mechanism[0] (rest) of cachegen changes nothing"),
        ("mla + mha", "mechanism[0] (project) of mla changes nothing"),
        ("cla + mla", "mechanism[0] (share) of cla changes nothing"),
    ],
)
def test_a_mechanism_that_another_replaces_is_refused(text, words):
    with pytest.raises(FactError, match=re.escape(words)):
        compiled.load_scheme(text)


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


def test_windows_and_sidecars_add_up(tmp_path):
    zone = tmp_path / "zone.toml"
    zone.write_text(
        'name = "zone"\nsource = "a test"\n[[mechanism]]\nkind = "precise_zone"\nrecent_keys = "64 token/sequence"\n'
    )
    assert load(f"kivi-2bit + {zone}")["precise_key_tokens"].item() == 128
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
