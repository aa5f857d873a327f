"""Duplicates, varying rates, caches at rest and on the host, low-rank codes: each by hand."""

import pytest

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
TOKEN = 131_072  # bytes of a token at 16 bit: 32 layers, 8 heads, 2 × 128 numbers of 2 bytes
RATES = 'mean_bits = "4 bit"\nworst_bits = "8 bit"\ntile = [16, 1, 1]\nmetadata = "32 bit"\n'
VARIABLE = f'[[mechanism]]\nkind = "variable_rate"\n{RATES}'


def at(scheme: str, context: float = 32_768.0, batch: float = 1.0, **inputs):
    evaluator = build_evaluator(DEPLOYMENT, load_scheme(scheme), batch, context, prompt=context, **inputs)
    return lambda name: float(drop_model_axes(evaluator[name]))


def test_duplicates_are_stored_once():
    assert at("dedup-exact[duplicates=0.25]")("local_sequence_size") == pytest.approx(0.75 * 32_768 * TOKEN)
    assert at("dedup-exact")("local_sequence_size") == at("none")("local_sequence_size")


@pytest.mark.parametrize(("keys", "share"), [("rotated", 0.2), ("unrotated", 0.4)])
def test_rotated_keys_of_another_position_do_not_match(keys, share, tmp_path):
    path = tmp_path / f"{keys}.toml"
    table = f'[[mechanism]]\nkind = "dedup"\nduplicates = 0.4\nmoved = 0.5\nkeys = "{keys}"\n'
    path.write_text(f'name = "Mine"\nsource = "this test"\n{table}')
    assert at(str(path))("duplicate_share") == pytest.approx(share)


def test_fingerprints_are_read_by_comparing_them_alone():
    similar, plain = at("dedup-similar[duplicates=0,compared=64]", batch=8.0), at("none", batch=8.0)
    assert similar("local_sequence_size") == 32_768 * (TOKEN + 32 * 8)  # 1 byte a token and head
    assert similar("attention_step_time") == plain("attention_step_time")
    traffic = 8 * 8 * (512 + 1 + 64)  # sequences × heads × (the new token and its fingerprint, 64 candidates')
    floor, rate = similar("kernel_floor"), similar("copy_efficiency") * similar("hbm_bandwidth")
    assert similar("codec_step_time") == pytest.approx(32 * (2 * floor + traffic / rate))


def test_slots_of_one_size_reserve_the_widest_code(write_scheme):
    fixed = at(write_scheme(VARIABLE))
    assert fixed("local_sequence_size") == pytest.approx(32_768 * TOKEN * (8 + 2) / 16)
    assert fixed("key_size") == pytest.approx(128 * (4 + 2) / 8)  # what is read is the mean


def test_size_classes_save_the_mean_at_their_utilisation(write_scheme):
    classes = at(write_scheme(VARIABLE + 'allocator = "size_classes"\nutilisation = 0.8\n'))
    assert classes("local_sequence_size") == pytest.approx(32_768 * TOKEN * (4 + 2) / 16 / 0.8)


def test_scores_do_not_grow_with_the_rate(write_scheme):
    score = '[[mechanism]]\nkind = "score"\nsignal = "learned"\nstate = "4 byte/token/head"\n'
    assert at(write_scheme(score + VARIABLE))("kv_bytes_per_token") == pytest.approx(TOKEN * 10 / 16 + 4 * 8 * 32)


def test_low_rank_keys_are_multiplied_back_on_tensor_cores():
    """Rank 256 for 4 heads of 128: 2 × 256 × 128 operations a token and head; 4.4 TFLOP at batch 8, 32K tokens."""
    palu = at("palu", batch=8.0)
    work = 8 * 32_768 * 8 * 32 * palu("reconstruction_work")
    assert work == pytest.approx(4.398e12, rel=1e-3)
    assert palu("kv_bytes_per_token") == TOKEN / 2
    seconds = 8 * 32_768 * 8 * 32 * palu("reconstruction_time")
    assert seconds == pytest.approx(7.4e-3, rel=0.01)  # at 60 % of 989 TFLOP/s


def test_a_resting_cache_costs_the_link_and_its_decoding():
    kvtc = at("kvtc", 8192.0, resting_store=512 * 2**30, returning_rate=1.0)
    size = 132 * TOKEN + (8192 - 132) * TOKEN / 16
    assert kvtc("resting_sequence_size") == pytest.approx(size)
    assert kvtc("resting_fetch_time") == pytest.approx(size / (0.8 * 64e9))
    transform = (8192 - 132) * TOKEN / 2 * 1e4 / (0.6 * 989.4e12)
    assert transform == pytest.approx(8.9e-3, rel=0.01) and kvtc("resting_decode_time") > transform
    assert kvtc("covered_pause") == (512 * 2**30) // size
    assert kvtc("local_sequence_size") == 8192 * TOKEN and kvtc("step_time") == at("none", 8192.0)("step_time")


def test_beyond_the_break_even_link_plain_pages_are_sooner():
    inputs = {"resting_store": 1e12, "returning_rate": 1.0}
    link = at("kvtc", 8192.0, **inputs)("break_even_link")
    for factor, is_sooner in ((0.9, False), (1.1, True)):
        faster = at("kvtc", 8192.0, host_link_rate=factor * link, **inputs)
        assert (faster("plain_fetch_time") < faster("resume_time")) == is_sooner


def test_what_lives_on_the_host_leaves_the_pool_and_crosses_the_link():
    infinigen = at("infinigen[budget=1024,partial=0.25]", batch=4.0)
    assert infinigen("kv_bytes_per_token") == pytest.approx(32 * 8 * 0.25 * 128 * 2)  # the index alone
    fetched = 4 * 1024 * TOKEN / (0.8 * 64e9)
    assert infinigen("fetch_time") * 32 == pytest.approx(fetched)


def test_retrieval_heads_keep_everything_and_the_others_a_ring():
    duo = at("duoattention[full=0.25,sinks=128,recent=256]")
    assert duo("local_sequence_size") == pytest.approx(TOKEN * (0.25 * 32_768 + 0.75 * 384))
    assert duo("kv_bytes_per_token") == pytest.approx(0.25 * TOKEN)


def test_a_needle_is_held_by_the_heads_that_keep_everything():
    duo = at("duoattention[full=0.25]", needle_depth=10_000.0, salience_odds=1.0)
    assert duo("needle_retention") == pytest.approx(0.25)
    assert at("duoattention[full=0.25]", needle_depth=100.0, salience_odds=1.0)("needle_retention") == 1


def test_a_prefix_ends_where_its_code_does():
    shared = {"private_tokens": 0.0, "across_requests": 1.0}
    assert at("kivi-2bit", 1000.0, **shared)("prefix_hit_tokens") == 896  # 7 windows of 128
    assert at("none", 1000.0, **shared)("prefix_hit_tokens") == 992  # 62 blocks of 16


def test_layers_that_share_an_entry_store_it_once(write_scheme):
    merged = write_scheme('[[mechanism]]\nkind = "merge"\naxis = "layers"\ninto = 2\nfrom_depth = 0.5\n')
    assert at(merged)("kv_bytes_per_token") == pytest.approx(TOKEN * 0.75)


def test_an_index_may_belong_to_all_heads():
    dsa = at("deepseek-sparse-attention")
    assert dsa("kv_bytes_per_token") == pytest.approx(TOKEN + 32 * 132)


@pytest.mark.parametrize("scheme", ["snapkv", "pyramidkv", "adakv"])
def test_a_prompt_below_its_budget_still_grows(scheme):
    """At the prompt's end what is kept by budget and by context is equal: a tie, which the derivative must not lose."""
    evaluator = build_evaluator(DEPLOYMENT, load_scheme(scheme), 1.0, 1280.0, prompt=1024.0)
    assert float(drop_model_axes(evaluator["kv_bytes_per_token"])) >= TOKEN
