"""SmolLM2-135M itself: it finds passkeys, KIVI's order holds on it, and the closed form meets it. Skips without its weights."""

import numpy as np

from costmodel import stress
from costmodel.facts.decoders import load_decoder_facts
from costmodel.facts.schemes import parse_scheme
from costmodel.numerics.conversation import METRICS, Talk, converse, read_answers
from costmodel.numerics.passkey import ask
from costmodel.numerics.read_recipe import read_recipe
from costmodel.numerics.texts import build_haystack, cut_conversation, read_prose

KEYS = '[[mechanism]]\nkind = "quantize"\ntarget = "key"\nbits = "2 bit"\ntile = {}\nmetadata = "32 bit"\n'
ZONE = '[[mechanism]]\nkind = "precise_zone"\nrecent_keys = "16 token/sequence"\nflush = "32 token/sequence"\n'


def measure(smollm2, schemes, turns=4):
    recipes = [read_recipe(parse_scheme(text), smollm2.shape) for text in schemes]
    talk = Talk(turns, 64, 8)
    tokens = cut_conversation(smollm2.encode(read_prose().text), talk.length, 1, 3)
    reference = read_answers(smollm2, tokens, talk)
    rows = (converse(smollm2, recipe, reference, tokens, talk) for recipe in recipes)
    return dict(zip(schemes, rows, strict=True))


def test_a_passkey_is_found_in_a_full_and_in_a_rounded_cache_and_lost_by_a_window(smollm2):
    schemes = ("none", "fp8", "int4", "streaming-llm[sinks=4,recent=124]")
    recipes = [read_recipe(parse_scheme(text), smollm2.shape) for text in schemes]
    answers = ask(smollm2, recipes, build_haystack(smollm2.encode, 400, 250, seed=1), question_after=False)
    assert [answer.returns_key for answer in answers] == [True, True, True, False]
    assert answers[0].held_shares.min() == 1 and answers[3].held_shares.max() == 0


def test_two_bit_keys_are_better_per_channel_than_per_token_as_kivi_reports(smollm2, write_scheme):
    """Table 1 of KIVI (arXiv:2402.02750): keys per channel, since a few channels are large."""
    channel, token = (
        write_scheme(KEYS.format(tile) + ZONE, name)
        for name, tile in (("channel", "[32, 1, 1]"), ("token", "[1, 32, 1]"))
    )
    measured = measure(smollm2, [channel, token])
    divergence = METRICS.index("answer_divergence")
    per_channel, per_token = (measured[scheme][1:, divergence].mean() for scheme in (channel, token))
    assert per_channel < 0.7 * per_token


def test_the_closed_form_meets_what_a_conversation_gives(smollm2):
    """Rounded schemes, one of them outside the fit: every error within its 90 % interval widened by a half for one text."""
    from costmodel.evaluation.assemble.deployments import resolve_deployment

    schemes = ["int4", "kivi-2bit[residual=32]"]
    measured = measure(smollm2, schemes, turns=6)
    deployment = resolve_deployment("smollm2-135m", "h100-sxm", ranks=1)
    result = stress.run_test(stress.load_test("drift"), deployment, schemes, [6], user=64, output=8)
    for curve in result.curves:
        for name in load_decoder_facts().factor:
            value = measured[curve.scheme][2:, METRICS.index(name)].mean()
            low, high = (float(curve.columns[f"{name}{end}"][-1]) for end in ("_lo", "_hi"))
            assert low / 1.5 <= value <= high * 1.5, f"{curve.scheme}: {name}"
    assert np.isfinite(measured["int4"]).all()
