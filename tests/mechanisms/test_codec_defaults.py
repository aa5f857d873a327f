"""A quantized format whose file states no decode_instructions is priced as the nearest compiled codec, and says so."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from costmodel.analyses.explain import explain
from costmodel.cli.app import app
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import codec_costs, store
from costmodel.facts.schemes import parse_scheme
from costmodel.language import symbols
from costmodel.language.codecs import COMPILED, NATIVE, nearest_codec, tile_layout

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
QUANTIZE = '[[mechanism]]\nkind = "quantize"\nbits = "{bits} bit"\ntile = {tile}\nmetadata = "32 bit"\n{more}\n'
TILES = {"token": '[1, "key_width", 1]', "group": "[1, 32, 1]", "channel": "[32, 1, 1]"}


def conversion_work(path):
    return float(np.max(build_evaluator(DEPLOYMENT, load_scheme(path), 8.0, 8192.0)["conversion_work"]))


def work(codec):
    return codec_costs.select_codec_costs(DEPLOYMENT.gpu).work[codec]


@pytest.mark.parametrize(
    ("bits", "layout", "codec"),
    [
        (8, "token", "int8_token_work"), (6, "group", "int8_token_work"), (4, "token", "int4_token_work"),
        (4, "group", "int4_group_work"), (4, "channel", "int4_channel_work"), (3, "token", "int4_token_work"),
        (2, "group", "int2_group_work"), (2, "token", "int2_group_work"), (1, "channel", "int2_channel_work"),
    ],
)  # fmt: skip
def test_the_nearest_codec_prices_the_decoding(write_scheme, bits, layout, codec):
    path = write_scheme(QUANTIZE.format(bits=bits, tile=TILES[layout], more=""))
    assert conversion_work(path) == pytest.approx(work(codec))
    assert parse_scheme(path).remarks == (
        f"mine.toml: mechanism[0] states no decode_instructions; decoding is priced as the nearest compiled codec, {codec} "
        "(evidence: compiled)",
    )


def test_a_stated_codec_and_the_default_give_the_same_step(write_scheme):
    times = [
        float(np.sum(build_evaluator(DEPLOYMENT, load_scheme(write_scheme(body)), 8.0, 8192.0)["step_time"]))
        for body in (
            QUANTIZE.format(bits=4, tile=TILES["group"], more=""),
            QUANTIZE.format(bits=4, tile=TILES["group"], more='decode_instructions = "int4_group_work"'),
        )
        if not load_scheme.cache_clear()
    ]
    assert times[0] == times[1]


@pytest.mark.parametrize(
    "more", ["decode_instructions = 0", 'decode_instructions = "int4_token_work"', 'decode = "unfused"']
)
def test_what_a_file_states_stays(write_scheme, more):
    path = write_scheme(QUANTIZE.format(bits=4, tile=TILES["token"], more=more))
    assert conversion_work(path) == (pytest.approx(work("int4_token_work")) if "work" in more else 0)
    assert parse_scheme(path).remarks == ()


def test_sixteen_bits_need_no_decoding(write_scheme):
    path = write_scheme(QUANTIZE.format(bits=16, tile=TILES["token"], more=""))
    assert conversion_work(path) == 0 and parse_scheme(path).remarks == ()


def test_a_native_format_is_free_where_its_kernel_is_measured(write_scheme):
    path = write_scheme(QUANTIZE.format(bits=8, tile='["all", "all", "all"]', more='native = "fp8"'))
    assert conversion_work(path) == pytest.approx(work("fp8_work"))
    evaluator = build_evaluator(DEPLOYMENT, load_scheme(path), 8.0, 8192.0)
    assert float(np.max(evaluator["conversion_cost"])) == 0, "the table of the fp8 kernel contains its conversion"


@pytest.mark.parametrize(("bits", "codec"), [(8, "int8_token_work"), (4, "int4_group_work"), (2, "int2_group_work")])
def test_a_width_that_a_knob_decides_selects_the_codec_of_its_value(write_scheme, bits, codec):
    knob = '[knobs.width]\nmeaning = "Width"\nunit = "byte"\ndefault = "4 bit"\n'
    body = QUANTIZE.format(bits=4, tile=TILES["group"], more="").replace('"4 bit"', '"width"')
    write_scheme(knob + body)
    text = f"mine[width={bits} bit]"
    assert conversion_work(text) == pytest.approx(work(codec))
    assert "nearest to its width" in parse_scheme(text).remarks[0]


def test_every_codec_is_an_input_and_compiled():
    codecs = {codec for layouts in COMPILED.values() for codec in layouts.values()} | set(NATIVE.values())
    assert codecs <= {codec_costs.input_name(codec) for codec in codec_costs.CODECS}
    assert all(hasattr(symbols, codec) for codec in codecs)
    assert nearest_codec(16, "token") is None
    layouts = [tile_layout(tile) for tile in ([1, 128, 1], [1, "group", 1], ["all", 1, 1], ["all"] * 3, [32, 32, 1])]
    assert layouts == ["token", "group", "channel", "token", "group"]


@pytest.mark.parametrize("name", store.files("schemes"))
def test_shipped_files_leave_no_codec_to_a_default(name):
    remarks = parse_scheme(name).remarks
    assert remarks == (), f"expected decode_instructions in {name}.toml (docs/adding.md, A scheme), got: {remarks}"


def test_the_example_of_the_documentation_leaves_no_codec_to_a_default(data_folder):
    page = (Path(__file__).parents[2] / "docs" / "adding.md").read_text(encoding="utf-8")
    example = page.partition("## A scheme")[2].partition("```toml\n")[2].partition("```")[0]
    path = data_folder / "schemes" / "example.toml"
    path.write_text(example, encoding="utf-8")
    assert parse_scheme("example").remarks == () and load_scheme("example[group=64]").id == "example[group=64]"


def test_explain_schemes_and_sweep_say_so(write_scheme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_scheme(QUANTIZE.format(bits=4, tile=TILES["group"], more=""))
    remark = parse_scheme(path).remarks[0]
    term = next(term for term in explain(DEPLOYMENT, path, 64, 8192).time if term.name == "conversion")
    assert (term.origins[0].kind, term.origins[0].text) == ("compiled", remark) and term.amount > 0
    runner, point = CliRunner(), "--model llama-8b --gpu h100-sxm --tp 1 --batch 8 --context 8K"

    def call(*words):
        done = runner.invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    assert f"Remark: {remark}." in call("schemes", path)
    assert f"Remark: {remark}." in call("sweep", *point.split(), "--scheme", path)
    assert json.loads(call("schemes", path, "--json"))["remarks"] == [remark]
    assert remark in call("explain", *point.split(), "--scheme", path)
