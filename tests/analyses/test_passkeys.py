"""Published passkeys: of exactly a setting, at contexts that were asked for, of the deployed model first."""

import pytest

from costmodel.analyses.passkeys import PublishedKeys, describe, published_keys, worst_of
from costmodel.facts.schemes import parse_scheme


def test_what_was_published_of_a_setting():
    """KVQuant's table 2: 76, 72, 72, 68 and 70 % at 2K to 32K."""
    runs = published_keys(parse_scheme("kivi-2bit"), 65536)
    assert [(run.tokens, run.share) for run in runs] == [
        (2048, 0.76), (4096, 0.72), (8192, 0.72), (16384, 0.68), (32768, 0.7),
    ]  # fmt: skip
    worst = worst_of(runs)
    assert worst is not None and worst.tokens == 16384 and not worst.finds
    assert describe(worst) == "68% of passkeys at 16K, 16 bit 100% (LLaMA-2-7B-32K)"
    assert published_keys(parse_scheme("kivi-2bit[residual=32]"), 65536) == ()
    assert published_keys(parse_scheme("kivi-2bit+h2o"), 65536) == ()
    assert worst_of(()) is None


@pytest.mark.parametrize(("context", "tokens"), [(1024, 5), (2048, 1), (4095, 1), (4096, 2), (10**6, 5)])
def test_texts_up_to_the_context_count_and_all_where_none_is_so_short(context, tokens):
    assert len(published_keys(parse_scheme("kivi-2bit"), context)) == tokens


def test_the_worst_is_against_what_16_bit_found():
    runs = [
        PublishedKeys(2048, "a", "", 0.5, 0.5),
        PublishedKeys(4096, "b", "", 0.6, 1.0),
        PublishedKeys(8192, "c", "", 0.1, 0.0),
    ]
    assert worst_of(runs[:2]) is runs[1] and runs[0].finds and not runs[1].finds
    assert worst_of(runs) is runs[1], "a model that finds nothing at 16 bit says nothing of a setting"
    assert worst_of(runs[2:]) is None
