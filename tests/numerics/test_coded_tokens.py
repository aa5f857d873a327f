"""Rounding as it lies in a cache: through real codes, once or again, and behind a precise zone."""

import math

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.codecs import quantisers
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.numerics.coded_tokens import CodedTokens, round_trip
from costmodel.numerics.recipe import Rounding

HEADS, CHANNELS = 2, 16
GAUSS = dict(key_token_spread=1.0, key_channel_spread=1.0, value_spread=1.0)


def rows(tokens, seed=0, channels=CHANNELS):
    return torch.randn(HEADS, tokens, channels, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("axis", ["token", "channel"])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounding_is_that_of_the_reference_codec(axis, bits):
    cache = rows(64)
    form = quantisers.Format(f"int{bits}", 16, axis)
    expected = quantisers.decode(quantisers.encode(cache.transpose(0, 1), form)).transpose(0, 1)
    rounding = Rounding(bits, "integer", 1, 16, 1) if axis == "token" else Rounding(bits, "integer", 16, 1, 1)
    assert torch.equal(round_trip(cache, rounding, rounding.tokens), expected)


def relative(store, exact):
    return float((store.rows - exact).norm() / exact.norm())


def derived(scheme, name="stored_key_error", tokens=4096.0):
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
    return build_evaluator(deployment, load_scheme(scheme), 1.0, tokens, prompt=tokens, **GAUSS)[name].item()


@pytest.mark.parametrize("scheme", ["int4", "int8", "ggml-q4-0", "ggml-q8-0", "fp8"])
def test_a_rounding_error_is_the_formulas_on_normal_numbers(scheme):
    """128 channels a token, or 32 a block, as the model has them."""
    whole = {"int4": (4, "integer", 128), "int8": (8, "integer", 128), "ggml-q4-0": (4, "signed", 32)}
    whole |= {"ggml-q8-0": (8, "signed", 32), "fp8": (8, "fp8", 128)}
    bits, code, channels = whole[scheme]
    tokens = None if code == "fp8" else 1
    store = CodedTokens(HEADS, 128, Rounding(bits, code, tokens, channels, 1 if tokens else HEADS))
    exact = rows(512, channels=128)
    store.append(exact)
    store.settle(512)
    assert relative(store, exact) == pytest.approx(derived(scheme), rel=0.05)


@pytest.mark.parametrize(("bits", "within"), [(4, 0.06), (8, 0.06)])
def test_an_open_tile_that_is_coded_again_is_off_by_the_formula(bits, within, write_scheme):
    """Tokens join one by one; the closed form is a drawing of ranges, this is the codec."""
    scheme = write_scheme(
        f'[[mechanism]]\nkind = "quantize"\nbits = "{bits} bit"\ntile = [32, 1, 1]\nmetadata = "32 bit"\n'
    )
    store = CodedTokens(HEADS, 128, Rounding(bits, "integer", 32, 1, 1))
    exact = rows(512, channels=128)
    for token in range(512):
        store.append(exact[:, token : token + 1])
        store.settle(1)
    once = CodedTokens(HEADS, 128, Rounding(bits, "integer", 32, 1, 1), recent=0, flush=32)
    once.append(exact)
    once.settle(512)
    assert store.waiting == 0 and relative(store, exact) > 1.25 * relative(once, exact)
    assert relative(store, exact) == pytest.approx(derived(scheme), rel=within)


def test_coding_all_again_with_one_record_a_token_changes_nothing_more():
    """A token's smallest and largest number stay, so the grid does: hf-quantized recodes without drift."""
    rounding = Rounding(4, "integer", 1, CHANNELS, 1)
    again = CodedTokens(HEADS, CHANNELS, rounding, recent=16, flush=32, recode_all=True)
    exact = rows(512)
    for token in range(512):
        again.append(exact[:, token : token + 1])
        again.settle(1)
    once = round_trip(exact, rounding, 1)
    coded = again.length - again.waiting
    assert coded == 512
    assert float((again.rows[:, :coded] - once[:, :coded]).norm() / once.norm()) < 3e-3  # records are float16


@given(st.integers(1, 200), st.sampled_from([16, 32]), st.integers(0, 3), st.booleans())
@settings(deadline=None, max_examples=40)
def test_a_zone_that_is_flushed_holds_between_nothing_and_itself(tokens, tile, seed, by_one):
    """Whatever the pieces, the same tokens end up coded, and the zone never holds more than it may."""
    zone = 2 * tile
    store = CodedTokens(HEADS, CHANNELS, Rounding(4, "integer", tile, 1, 1), recent=zone // 2, flush=zone)
    exact = rows(tokens, seed)
    for piece in exact.split(1 if by_one else 7, 1):
        store.append(piece)
        store.settle(piece.shape[1])
        assert 0 <= store.waiting < zone + tile
    coded = tokens - store.waiting
    assert coded % tile == 0
    assert torch.equal(store.rows[:, coded:], exact[:, coded:]), "what waits is exact"
    if coded:
        rounding = store.rounding
        assert torch.equal(store.rows[:, :coded], round_trip(exact[:, :coded], rounding, tile))


def test_sinks_are_never_coded():
    store = CodedTokens(HEADS, CHANNELS, Rounding(2, "integer", 1, CHANNELS, 1), sinks=4)
    exact = rows(20)
    store.append(exact)
    store.settle(20)
    assert torch.equal(store.rows[:, :4], exact[:, :4]) and not torch.equal(store.rows[:, 4:], exact[:, 4:])


def test_a_static_scale_stays_that_of_the_first_prompt():
    store = CodedTokens(HEADS, CHANNELS, Rounding(8, "signed", None, CHANNELS, HEADS))
    first = rows(8)
    store.append(first)
    store.settle(8)
    store.append(10 * rows(1, seed=1))
    store.settle(1)
    assert float(store.rows.abs().max()) <= float(first.abs().max()) * 1.01, "beyond it numbers are clipped"


def test_the_error_of_normal_tiles_by_hand():
    """32 normal numbers span 4.27 standard deviations by the formula (4.14 drawn): a 4-bit step of 0.285, off by 0.0822."""
    from costmodel.formulas.rounding import integer_error, normal_range
    from costmodel.language.functions import Maximum
    from costmodel.language.symbols import bit

    assert float(normal_range(32).evalf()) == pytest.approx(4.27, abs=0.01)
    drawn = np.ptp(np.random.default_rng(0).standard_normal((20_000, 32)), axis=1).mean()
    assert float(normal_range(32).evalf()) == pytest.approx(drawn, rel=0.04)
    step = integer_error(4 * bit, sp.Integer(32)).replace(Maximum, sp.Max)
    assert float(step.evalf()) == pytest.approx(4.27 / 15 / math.sqrt(12), abs=2e-4)
