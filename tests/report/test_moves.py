"""Moves: each changes exactly what it says, and the twist ranks them by what the tool predicts."""

import math

import pytest

from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.report.sections import moves as m
from costmodel.report.sections import twist

BLOCK = 16.0


def changes(move, text):
    return list(move(load_scheme(text).spec, BLOCK))


def tables(spec):
    return [table for part in spec.parts for table in part.facts["mechanism"]]


def test_knobs_go_to_their_neighbours():
    words = [words for words, _ in changes(m.turn_a_knob, "kivi-2bit[group=64]")]
    assert words == ["group: 64 → 32", "group: 64 → 128", "residual: 128 token → 32 token"]
    assert [w for w, _ in changes(m.turn_a_knob, "kvquant-3bit")] == ["outliers: 42 → 0"]


def test_knobs_without_a_sweep_double_within_their_bounds(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        'name="x"\nsource="y"\n[knobs.wide]\nmeaning="w"\ndefault=6\nlow=4\nhigh=16\n[[mechanism]]\nkind="quantize"\n'
        'bits="4 bit"\ntile=[1,"wide",1]\nmetadata="16 bit"\n'
    )
    assert [w for w, _ in changes(m.turn_a_knob, str(path))] == ["wide: 6 → 12"]


def test_fusing_changes_decode_and_nothing_else():
    ((words, spec),) = changes(m.fuse_decoding, "hf-quantized")
    assert "without a pass" in words and {t["decode"] for t in tables(spec) if t["kind"] == "quantize"} == {"fused"}
    assert changes(m.fuse_decoding, "kivi-2bit") == []
    ((_, spec),) = changes(m.fuse_encoding, "kivi-2bit")
    assert {t.get("encode_kernels") for t in tables(spec)} == {0, None}


def test_encoding_at_flush_adds_a_zone_of_one_block():
    ((_, spec),) = changes(m.encode_at_flush, "int4")
    assert tables(spec)[-1]["kind"] == "precise_zone" and tables(spec)[-1]["flush"] == "16 token/sequence"
    assert changes(m.encode_at_flush, "kivi-2bit") == [] and changes(m.encode_at_flush, "h2o") == []


def test_units_become_blocks():
    ((_, spec),) = changes(m.block_granular_units, "kivi-2bit[group=64]")
    assert tables(spec)[0]["tile"] == [16, 1, 1] and tables(spec)[1]["tile"] == [1, "group", 1]
    assert changes(m.block_granular_units, "int4") == []


def test_scores_and_eviction():
    ((_, spec),) = changes(m.score_inside_attention, "h2o")
    assert "score_kernels" not in tables(spec)[0] and "score_state" in tables(spec)[0]
    ((_, spec),) = changes(m.evict_at_the_end_of_the_prompt, "h2o")
    assert tables(spec)[0]["trigger"] == "prefill_end" and tables(spec)[0]["budget"] == "budget"
    assert changes(m.evict_at_the_end_of_the_prompt, "snapkv") == []


def test_only_16_bit_numbers_are_stored_in_fp8():
    ((_, spec),) = changes(m.compose_with_fp8, "h2o")
    assert spec.id == "h2o+fp8" and changes(m.compose_with_fp8, "int4") == []


@pytest.mark.parametrize(
    "scheme",
    [
        "kivi-2bit",
        "h2o",
        "quest",
        "hf-quantized",
        "pyramidkv",
        "kvquant-3bit",
        "mla",
        "none",
        "palu",
        "cam",
        "kvtc",
        "dedup-similar",
    ],
)
def test_every_move_can_be_compiled_and_has_a_name_of_its_own(scheme):
    readable = m.moves(load_scheme(scheme), BLOCK)
    assert len({move.scheme.id for move in readable} | {scheme}) > 1 or not readable
    assert len({(move.name, move.change) for move in readable}) == len(readable)


RATES = (
    'name="x"\nsource="y"\n[[mechanism]]\nkind="variable_rate"\nmean_bits="4 bit"\nworst_bits="8 bit"\nrecoded=0.25\n'
    '[[mechanism]]\nkind="project"\ntarget="key"\nrank=64\nreconstruct="materialised"\n'
    '[[mechanism]]\nkind="score"\nsignal="attention_sum"\nkernels=3\npasses="3 1/head"\n'
)


def test_moves_of_rates_ranks_and_scores(tmp_path):
    path = tmp_path / "rates.toml"
    path.write_text(RATES)

    def only(move, index):
        ((_, spec),) = changes(move, str(path))
        return tables(spec)[index]

    assert only(m.follow_the_mean_rate, 0)["allocator"] == "size_classes"
    assert "recoded" not in only(m.choose_a_rate_once, 0)
    assert only(m.fuse_decoding, 1)["reconstruct"] == "fused"
    assert "passes" not in only(m.score_inside_attention, 2)
    assert changes(m.compose_with_fp8, str(path)) == []


def test_an_fp8_table_times_no_reconstruction(subject):
    """The measured fp8 kernel reads what is stored; it multiplies no code back, so that this sentence needs a kernel."""
    from costmodel.evaluation.assemble.implementation import choose_kernels

    deployment = subject("e-palu").deployment
    choice = choose_kernels(deployment, load_scheme("palu+fp8"))
    assert choice.id == "compiled" and choice.kv_dtype == "bfloat16"
    assert choose_kernels(deployment, load_scheme("h2o+fp8")).kv_dtype == "fp8"
    assert all(move.points[0].verdict != "wins" for move in twist.compute(subject("e-palu"), {}).moves)


def test_a_pass_of_its_own_is_the_first_thing_to_fuse(subject):
    result = twist.compute(subject("hf-quantized"), {})
    assert result.moves[0].name == "fuse decoding" and result.moves[0].gain > 1.5
    gains = [move.gain for move in result.moves]
    assert gains == sorted(gains, reverse=True) and min(gains) > 1.01


def test_a_gain_is_the_mean_of_after_over_before(subject):
    best = twist.compute(subject("d-h2o-4bit"), {}).moves[0]
    product = 1.0
    for point in best.points:
        assert point.low <= point.after <= point.high
        product *= point.after / point.before
    assert best.gain == pytest.approx(product ** (1 / len(best.points)))
    assert best.change == "budget: 2,048 token → 1,024 token" and best.bytes_ratio == pytest.approx(0.5)


def test_an_ideal_kernel_bounds_the_unchanged_sentence(subject):
    result = twist.compute(subject("c-kivi"), {})
    assert result.moves == () and "group: 64 → 32 (0.99 ×)" in result.useless
    assert all(point.after > point.before for point in result.ideal)


def test_points_that_16_bit_cannot_run_count_nowhere():
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.report.subject import Subject

    deployment = resolve_deployment("llama-2-7b", "l4", ranks=1, engine="vllm")  # 24 GB: some 8 GB of cache
    result = twist.compute(Subject("int4", load_scheme("int4"), deployment), {})
    one_user, few, busy, capacity = result.ideal
    assert one_user.after > 1 and capacity.after > 1
    assert math.isnan(few.after) and math.isnan(busy.after) and busy.verdict == "does not fit"
    product = (one_user.after / one_user.before) * (capacity.after / capacity.before)
    assert result.ideal_gain == pytest.approx(product**0.5)
