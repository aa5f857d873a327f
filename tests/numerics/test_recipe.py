"""A sentence as a recipe: numbers by hand, and what numerics cannot run is refused by name."""

import pytest

from costmodel.errors import InputError
from costmodel.facts import store
from costmodel.facts.schemes import parse_scheme
from costmodel.numerics.read_recipe import read_recipe
from costmodel.numerics.recipe import DecoderShape, Eviction, Rounding, Zone

SHAPE = DecoderShape(layers=30, kv_heads=3, query_heads=9, head_width=64)


def read(text):
    return read_recipe(parse_scheme(text), SHAPE)


def test_kivi_rounds_keys_along_channels_and_values_along_tokens():
    recipe = read("kivi-2bit[group=32,residual=64]")
    assert recipe.key == Rounding(2, "integer", 32, 1, 1) and recipe.value == Rounding(2, "integer", 1, 32, 1)
    assert recipe.zone == Zone(0, recent_keys=32, recent_values=64, flush=64)


@pytest.mark.parametrize(
    ("scheme", "code"), [("fp8", "fp8"), ("int4", "integer"), ("ggml-q4-0", "signed"), ("int8-tensor", "signed")]
)
def test_a_record_of_16_bits_is_a_scale_alone(scheme, code):
    assert read(scheme).key.code == code


def test_evictions_know_their_score_and_when():
    assert read("h2o[budget=256]").eviction == Eviction("attention_sum", (256,) * 30, 128, 0, False, 0)
    assert read("snapkv[budget=256,queries=16]").eviction == Eviction("attention_window", (256,) * 30, 16, 0, True, 16)
    assert read("streaming-llm[sinks=4,recent=60]").eviction == Eviction("position", (64,) * 30, 60, 4, False, 0)
    assert read("tova[budget=99]").eviction.signal == "attention_last" and read("knorm").eviction.signal == "keys"


def test_pyramids_narrow_with_depth_and_keep_their_mean():
    budgets = read("pyramidkv[budget=512]").eviction.budgets
    assert list(budgets) == sorted(budgets, reverse=True) and budgets[0] > budgets[-1]
    assert sum(budgets) / 30 == pytest.approx(512, abs=1)


def test_compositions_are_read_in_order():
    recipe = read("h2o[budget=512] + int4")
    assert recipe.eviction.budgets[0] == 512 and recipe.key.bits == 4


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("kvquant-3bit", "kvquant-3bit.toml: mechanism[0].code: numerics runs integer or float, got codebook"),
        ("mla", "got project"),
        ("quest", "got select"),
        ("adakv", "mechanism[1].lengths: numerics runs uniform, got by_head"),
        ("kvzip", "mechanism[0].signal"),
        ("nvfp4", "floats of 8 bits"),
        ("dms", "got learned"),
        ("h2o + snapkv", "one eviction a scheme"),
        ("h2o[budget=64] + kivi-2bit", "a tile would lose tokens before it is coded"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(scheme, words):
    with pytest.raises(InputError) as caught:
        read(scheme)
    assert words in str(caught.value)


QUANTIZE = '[[mechanism]]\nkind = "quantize"\ntarget = "{}"\nbits = "4 bit"\ntile = [1, 32, 1]\nmetadata = "32 bit"\n'
EVICT = '[[mechanism]]\nkind = "evict"\nbudget = "256 token/sequence"\n'


@pytest.mark.parametrize(
    ("mechanisms", "words"),
    [
        (
            QUANTIZE.format("key") + QUANTIZE.format("value") + "skip_first = 2\n",
            "keys and values that are rounded in the same",
        ),
        (
            '[[mechanism]]\nkind = "score"\nsignal = "keys"\ninterval = "8 token/sequence"\n' + EVICT,
            "scores of every step",
        ),
    ],
)
def test_what_would_be_run_as_something_else_is_refused(write_scheme, mechanisms, words):
    with pytest.raises(InputError, match=words):
        read(write_scheme(mechanisms))


def test_every_shipped_scheme_is_run_or_refused_in_words():
    run = set()
    for name in store.files("schemes"):
        try:
            read(name)
            run.add(name)
        except InputError as error:
            assert "numerics" in str(error)
    named = {"none", "h2o", "streaming-llm", "snapkv", "kivi-2bit", "kivi-4bit", "int4", "fp8"}
    assert named <= run
