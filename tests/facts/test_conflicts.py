"""Where mechanisms conflict is said in a sentence that names them; where they do not, nothing is."""

import pytest

from costmodel.facts.schemes import parse_scheme

RATES = '[[mechanism]]\nkind = "variable_rate"\nmean_bits = "4 bit"\nworst_bits = "8 bit"\n'


def rules(scheme: str, block_size: float = 16) -> dict[str, str]:
    return {one.rule: one.text for one in parse_scheme(scheme).conflicts(block_size)}


@pytest.mark.parametrize("scheme", ["none", "fp8", "int4", "mla", "kvtc", "sliding-window", "qserve-kv4"])
def test_nothing_stands_in_the_way_of_a_plain_code(scheme):
    assert not rules(scheme)


def test_heavy_hitters_and_channel_tiles():
    found = rules("h2o + kivi-2bit")
    assert "codes 32 tokens of a channel" in found["tokens replaced inside a tile"]
    assert (
        "h2o (evict)" in found["tokens replaced inside a tile"]
        and "kivi-2bit (quantize)" in found["tokens replaced inside a tile"]
    )
    assert {"heads that share a block", "a prefix that others share"} <= set(found)
    assert "tokens replaced inside a tile" not in rules("h2o + int4")  # one record a token


def test_a_tile_belongs_to_one_block():
    assert "--block-size 64" in rules("kivi-2bit[group=64]")["a tile over several blocks"]
    assert not rules("kivi-2bit[group=64]", block_size=64)
    assert not rules("kivi-2bit", block_size=64)  # two tiles of 32


def test_two_budgets():
    assert "h2o (evict) and streaming-llm (window)" in rules("h2o + streaming-llm")["two budgets"]


def test_what_codes_twice_is_said_for_the_side_that_it_codes(write_scheme):
    both = '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\n'
    path = write_scheme(both + both.replace("quantize", "quantize") + 'target = "value"\n')
    texts = [one.text for one in parse_scheme(path).conflicts(16) if one.rule == "coded twice"]
    assert len(texts) == 1 and "the same value" in texts[0]


def test_rates_in_slots_of_one_size_save_nothing(write_scheme):
    assert "reserves the widest code" in rules(write_scheme(RATES))["several sizes in one slot"]
    assert not rules(write_scheme(RATES + 'allocator = "size_classes"\n'))


def test_rotary_embedding_stands_between_query_and_basis(write_scheme):
    keys = '[[mechanism]]\nkind = "project"\ntarget = "key"\nrank = 64\n'
    assert "multiplied back first" in rules(write_scheme(keys))["keys rotated after their basis"]
    assert not rules(write_scheme(keys + "rotary = 16\n"))
    assert not rules(write_scheme(keys + 'reconstruct = "fused"\n'))


def test_a_cache_on_the_host_wants_a_selection(write_scheme):
    assert (
        "cross the link in every step"
        in rules(write_scheme('[[mechanism]]\nkind = "tier"\n'))["everything over the link"]
    )
    assert "everything over the link" not in rules("infinigen")


def test_duplicates_that_the_engine_merges_are_named():
    texts = [one.text for one in parse_scheme("dedup-exact").conflicts(16)]
    assert any("hashed prefix cache" in text for text in texts) and any("other keys" in text for text in texts)
