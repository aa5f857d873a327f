"""A version of an engine changes no time but its interval; where it was not measured, or lacks the kernel, that is said."""

import numpy as np
import pandas as pd
import pytest

from costmodel import predict
from costmodel.analyses.uncertainty import uncertainty
from costmodel.errors import InputError
from costmodel.evaluation.ask import table_io
from costmodel.evaluation.ask.engine_versions import version_remarks
from costmodel.evaluation.ask.predict import predict as predict_with_remarks
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme

H100 = resolve_deployment("llama-8b", "h100-sxm", ranks=1, engine="vllm")


@pytest.mark.parametrize(
    ("scheme", "version", "words"),
    [
        ("fp8", "0.24.0", ()),
        ("fp8", "0.24.3", ()),
        ("fp8", "0.24", ()),
        ("fp8", "0.23.0", ("vllm 0.23.0 is answered with the kernel constants of 0.24.0",)),
        ("int8", "0.24.0", ()),
        ("int8", "0.20", ("outside the versions of vllm--int8 (>=0.22)", "answered with the kernel constants of 0.24")),
        ("turboquant-4bit", "0.24.0", ()),
        ("turboquant-4bit", "0.21.0rc1", ("answered with the kernel constants of 0.24",)),
        ("turboquant-4bit", "0.19", ("outside the versions of vllm--turboquant-4bit", "kernel constants of 0.24")),
    ],
)
def test_what_differs_is_said(scheme, version, words):
    remarks = version_remarks(H100, load_scheme(scheme), version)
    assert len(remarks) == len(words)
    assert all(word in remark for word, remark in zip(words, remarks, strict=True)), remarks


@pytest.mark.parametrize(
    ("version", "words"),
    [("0.21.0rc1", ()), ("0.19", ("outside the versions of vllm--turboquant-4bit", "constants of >=0.20"))],
)
def test_constants_of_a_range_serve_every_version_in_it(version, words):
    a100 = resolve_deployment("llama-8b", "a100-sxm-40gb", ranks=1, engine="vllm")  # from published steps
    remarks = version_remarks(a100, load_scheme("turboquant-4bit"), version)
    assert len(remarks) == len(words)
    assert all(word in remark for word, remark in zip(words, remarks, strict=True)), remarks


@pytest.mark.parametrize("version", ["latest", "", 0.2, "0.24.0; rm"])
def test_what_is_no_version_is_refused(version):
    with pytest.raises(InputError, match="engine_version: expected a text such as 0.24.0"):
        version_remarks(H100, load_scheme("fp8"), version)


def test_a_table_keeps_the_zero_of_a_version(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("model,gpu,scheme,engine_version\nllama-8b,h100-sxm,int8,0.20\nllama-8b,h100-sxm,int8,0.24\n")
    predicted, remarks = predict_with_remarks(table_io.read(str(path)))
    assert list(predicted["engine_version"]) == ["0.20", "0.24"] and predicted["tpot_ms"].nunique() == 1
    assert [r for r in remarks if "0.20" in r] and not [r for r in remarks if "vllm 0.24 " in r]


def test_a_row_with_a_bad_version_is_named():
    points = pd.DataFrame({"model": "llama-8b", "gpu": "h100-sxm", "engine_version": ["0.24.0", "new"]})
    with pytest.raises(InputError, match=r"row 2: engine_version: expected a text such as 0\.24\.0, got 'new'"):
        predict(points)


def test_another_version_widens_the_interval_of_a_time():
    row = {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "engine": "vllm", "batch": 8, "context": 4096}
    rows = [row, row | {"engine_version": "0.24.2"}, row | {"engine_version": "0.11.0"}]
    answer, remarks = predict_with_remarks(pd.DataFrame(rows))
    assert answer["tpot_ms"].nunique() == 1
    for name in ("tpot_ms", "ttft_ms", "throughput_tok_s"):
        spread = np.log(answer[f"{name}_hi"] / answer[f"{name}_lo"]) / 2 / 1.6448536269514722
        assert spread[0] == spread[1]
        assert spread[2] == pytest.approx((spread[0] ** 2 + 0.24**2) ** 0.5)
    assert "times are those of vllm 0.24.0 (engine_version) in captured graphs (eager)" in remarks


# sgl-project/sglang issue 2087 (November 2024, 0.3.5 by the date): Llama 3.1 70B, fp8, 8 x H100, 13.64 ms; August and September
# 2024 (issue 1008, PRs 1341 and 1497; GPUs not stated, one sequence of 128 + 8 tokens or 128 of them)
@pytest.mark.parametrize(
    ("asked", "measured"),
    [
        ({"model": "llama-3.1-70b", "tp": 8, "weight_dtype": "fp8", "batch": 32, "context": 1152}, 13.64),
        ({"model": "llama-3-8b", "tp": 1, "batch": 1, "context": 132}, 7.37),
        ({"model": "llama-3-8b", "tp": 1, "batch": 128, "context": 132}, 11.84),
        ({"model": "llama-3-8b", "tp": 8, "batch": 1, "context": 132}, 3.35),
    ],
)
def test_an_engine_of_2024(asked, measured):
    row = {"gpu": "h100-sxm", "engine": "sglang", "engine_version": "0.3.5"} | asked
    answer, remarks = predict_with_remarks(pd.DataFrame([row]))
    assert answer["tpot_ms_lo"].item() <= measured <= answer["tpot_ms_hi"].item()
    assert "sglang 0.3.5 is answered with the kernel constants of 0.5.14" in remarks


def test_a_narrower_interval_needs_a_step_of_that_version():
    deployment = resolve_deployment("llama-8b", "h100-sxm", ranks=1, engine="sglang", engine_version="0.3.5")
    answer = uncertainty(deployment, "none", 8, 4096)
    assert answer.terms["engine version"] > 0.9 and "under that version" in answer.advice
    assert "engine version" not in uncertainty(H100, "none", 8, 4096).terms


def test_what_a_report_left_out_is_said_to_be_assumed():
    # sgl-project/sglang issue 11045: DeepSeek-V2-Lite 7.5 ms a token in 16 bit and 8.4 in fp8 on H100; batch, GPUs, version and
    # graphs are not stated, and one sequence in graphs takes half: what would change the answer stands beside it.
    row = {
        "model": "deepseek-v2-lite",
        "gpu": "h100-sxm",
        "tp": 1,
        "engine": "sglang",
        "prompt_len": 1024,
        "gen_len": 256,
    }
    rows = [row | {"weight_dtype": "bfloat16", "batch": 1}, row | {"weight_dtype": "fp8", "batch": 1},
            row | {"weight_dtype": "bfloat16", "batch": 8}]  # fmt: skip
    answer, remarks = predict_with_remarks(pd.DataFrame(rows))
    assert answer["tpot_ms_hi"][0] < 7.5 < answer["tpot_ms"][2] * 1.3
    assert "times are those of sglang 0.5.14 (engine_version) in captured graphs (eager)" in remarks
    bare = predict_with_remarks(pd.DataFrame([{key: row[key] for key in row if key not in ("tp",)}]))[1]
    said = "; ".join(bare)
    assert "batch = " in said and "weights (weight_dtype)" in said and "(tp)" in said


def test_a_third_number_is_a_release_of_an_engine_that_adds_features_in_it():
    """SGLang 0.5.0 and 0.5.14 are a year apart; vLLM 0.24.1 mends 0.24.0."""
    from costmodel.facts.engines import covers, parse_version

    assert covers("0.24.0", parse_version("0.24.1")) and not covers("0.24.0", parse_version("0.23.0"))
    assert not covers("0.5.14", parse_version("0.5.3"), 3) and covers("0.5.14", parse_version("0.5.14.post1"), 3)
    old, own = (
        resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="sglang", engine_version=version)
        for version in ("0.5.3", "0.5.14")
    )
    scheme = load_scheme("none")
    assert "0.5.3 is answered with the kernel constants of 0.5.14" in version_remarks(old, scheme, "0.5.3")[0]
    assert version_remarks(own, scheme, "0.5.14") == []
