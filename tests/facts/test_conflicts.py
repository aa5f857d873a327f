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
    sentences = rules("h2o + kivi-2bit")
    assert "codes 32 tokens of a channel" in sentences["tokens replaced inside a tile"]
    assert (
        "h2o (evict)" in sentences["tokens replaced inside a tile"]
        and "kivi-2bit (quantize)" in sentences["tokens replaced inside a tile"]
    )
    assert {"heads that share a block", "a prefix that others share"} <= set(sentences)
    assert "tokens replaced inside a tile" not in rules("h2o + int4")  # one record a token


def test_a_tile_belongs_to_one_block():
    assert "--block-size 64" in rules("kivi-2bit[group=64]")["a tile over several blocks"]
    for scheme in ("kivi-2bit[group=64]", "kivi-2bit"):  # one tile of 64, two of 32
        assert "a tile over several blocks" not in rules(scheme, block_size=64)


def test_a_prefix_ends_where_a_window_was_flushed():
    assert "multiples of 128 tokens, not of a block of 16" in rules("kivi-2bit")["a prefix of whole flushes"]
    assert not rules("kivi-2bit", block_size=128)
    assert "a prefix of whole flushes" not in rules("h2o + kivi-2bit"), "there is no prefix that others share"


def test_windows_hold_whole_tiles(write_scheme):
    uneven = rules("kivi-2bit[group=96,residual=128 token/sequence]")
    assert "no multiple of the 96" in uneven["tiles flushed in part"]
    tiled = '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\ntile = [16, 1, 1]\nmetadata = "32 bit"\n'
    assert "no window holds them" in rules(write_scheme(tiled))["a tile that is not complete"]
    assert not {"a tile that is not complete", "tiles flushed in part"} & set(rules("kivi-2bit"))


def test_two_budgets():
    assert "h2o (evict) and streaming-llm (window)" in rules("h2o + streaming-llm")["two budgets"]


def test_what_codes_twice_is_said_for_the_side_that_it_codes(write_scheme):
    both = '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\n'
    path = write_scheme(both + both + 'target = "value"\nskip_first = 2\n')
    texts = [one.text for one in parse_scheme(path).conflicts(16) if one.rule == "coded twice"]
    assert len(texts) == 1 and "the same value" in texts[0]


def test_rates_in_slots_of_one_size_save_nothing(write_scheme):
    assert "reserves the widest code" in rules(write_scheme(RATES))["several sizes in one slot"]
    entropy = '[[mechanism]]\nkind = "entropy"\nmean = 0.6\n'
    assert "0.6 of their size on average and 1 at worst" in rules(write_scheme(entropy))["several sizes in one slot"]
    assert not rules(write_scheme(entropy + "worst = 0.6\n"))


def test_size_classes_cost_what_they_leave_empty(write_scheme):
    classes = RATES + 'allocator = "size_classes"\n'
    assert "is not stated, and priced as 1" in rules(write_scheme(classes))["room in size classes"]
    assert "is 0.9 here" in rules(write_scheme(classes + "utilisation = 0.9\n"))["room in size classes"]
    assert set(rules(write_scheme(classes + "recoded = 0.2\n"))) == {
        "a prefix that others share", "room in size classes", "rates that change",
    }  # fmt: skip


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


def test_a_score_by_position_is_a_window(write_scheme):
    score = '[[mechanism]]\nkind = "score"\nsignal = "{}"\n'
    evict = '[[mechanism]]\nkind = "evict"\nbudget = "1028 token/sequence"\n'
    sentences = rules(write_scheme(score.format("position") + evict))
    assert 'kind = "window", as StreamingLLM' in sentences["a window in disguise"]
    assert "a window in disguise" not in rules("tova")


def test_tokens_that_are_dropped_together_fill_a_block_of_their_head_or_none():
    blocks = rules("kv-compress")["heads that share a block"]
    assert (
        "other tokens, and another number of them, in every head" in blocks
        and "16 tokens of a head together, which" in blocks
    )
    assert "the 16 tokens that it drops together fill no block" in rules("kv-compress", 32)["heads that share a block"]
    assert "another number" not in rules("h2o")["heads that share a block"]


def test_pages_that_are_only_similar_carry_an_error(write_scheme):
    similar = '[[mechanism]]\nkind = "dedup"\nmatch = "similar"\nduplicates = 0.3\n'
    stated = rules(write_scheme(similar + "threshold = 0.02\n"))["pages that are only similar"]
    assert "an error up to 0.02 of a value" in stated
    assert "not stated (threshold)" in rules(write_scheme(similar))["pages that are only similar"]
    assert "pages that are only similar" not in rules(write_scheme(similar.replace("similar", "exact")))
