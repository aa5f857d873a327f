"""A version of an engine changes no number; where it is not the one that was measured, or lacks the kernel, that is said."""

import pandas as pd
import pytest

from costmodel import predict
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
