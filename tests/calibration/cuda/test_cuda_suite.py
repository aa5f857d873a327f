"""The CUDA suite without a GPU: cases, runs that are kept and resumed, tidy rows, and the refusal."""

import io
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.cuda import compile_ahead, fit_runs, measure, runs
from calibration.cuda.cases import PATH, Case, load_cases
from calibration.data.shapes import ATTENTION_KEY
from costmodel.errors import CostModelError
from costmodel.facts.vocabulary import vocabulary

FOLDER = Path(__file__).parent
needs_triton = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("triton")),
    reason="the suite's work needs torch and Triton (Linux): pip install 'costmodel[kernels]'",
)


@needs_triton
def test_every_shipped_case_runs_an_operation_with_its_own_axes():
    import inspect

    from calibration.cuda.operations import OPERATIONS

    shipped = load_cases(OPERATIONS)
    assert len({case.key for case in shipped}) == len(shipped) > 100
    assert {case.operation for case in shipped} == set(OPERATIONS)
    for case in shipped:
        inspect.signature(OPERATIONS[case.operation]).bind("cpu", **case.shape)
        assert set(case.identifies) <= set(vocabulary()) | {"host_bandwidth"}, case.name


@needs_triton
def test_the_suite_runs_resumes_and_gives_rows_that_fits_take(tmp_path):
    paths = [str(FOLDER.parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    run = subprocess.run(
        [sys.executable, str(FOLDER / "suite_on_cpu.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    counts, table = run.stdout.split("\n", 1)
    # 18 cases; all-reduce needs two devices; what is done is not done again, and a line cut short does not count
    assert counts.split() == ["18", "4", "13", "0"]
    rows = pd.read_csv(io.StringIO(table))
    assert [*rows.columns] == ["gpu", "engine", "engine_version", *ATTENTION_KEY, "latency_us", "is_device"]
    assert sorted(rows["kv_dtype"]) == ["bfloat16", "fp8", "int4-channel", "int4-token"]
    assert set(rows["kernel"]) == {
        "torch_sdpa",
        *(f"triton-{codec}" for codec in ("fp8", "int4-token", "int4-channel")),
    }
    assert set(rows["latency_us"]) == {7.0} and rows["is_device"].all()


def test_a_run_is_found_again(tmp_path):
    path, case = (
        tmp_path / "runs.jsonl",
        Case("a", "stream", {"kind": "read", "numbers": 8}, True, 3, ("hbm_efficiency",)),
    )
    runs.append_times(path, case, "k", measure.Times(1.0, 2.0, 3.0, 3, launch=30.0), {"gpu": "h100-sxm"})
    assert runs.finished_keys(path) == {case.key}
    run = runs.read(path)[0]
    assert run["microseconds"] == {"low": 1.0, "median": 2.0, "high": 3.0} and run["launch_microseconds"] == 30.0
    assert runs.finished_keys(tmp_path / "none.jsonl") == set()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('operation = "stream"', 'operation = "strem"', "stream"),
        ('l2 = "cold"', 'l2 = "hot"', "expected cold or warm"),
        ("repeats = 20", "repeats = 0", "at least 1"),
        ("identifies = [", "identify = [", "identifies"),
    ],
)
def test_a_bad_case_is_reported(tmp_path, old, new, message):
    path = tmp_path / "cases.toml"
    path.write_text(PATH.read_text().replace(old, new, 1))
    with pytest.raises(CostModelError, match=message):
        load_cases(("stream", "launch", *compile_ahead.COMPILED), path)


def test_without_a_device_the_command_says_what_to_do(capsys):
    torch = pytest.importorskip("torch", reason="the refusal needs torch to ask: pip install 'costmodel[kernels]'")
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is available")
    assert main(["cuda"]) == 2
    assert "no CUDA device is available" in capsys.readouterr().err


def test_runs_become_a_profile_that_predicts(tmp_path, data_folder, monkeypatch):
    """Runs that the formula wrote: the profile lands in the data directory and is found by the public interface."""
    from synthetic import measure as timed
    from synthetic import shapes

    from calibration.data.columns import Dispatch
    from costmodel.evaluation.ask import kernels

    rows = timed(shapes(), Dispatch(), 0.01).sample(400, random_state=1)
    path = tmp_path / "h100-sxm.jsonl"
    for row in rows.to_dict("records"):
        codec = {"bfloat16": "bf16", "fp8": "fp8"}[row["kv_dtype"]]
        shape = {name: row[name] for name in ("batch", "query_heads", "kv_heads", "head_dim", "context")}
        case = Case("a", "codec_attention", {"codec": codec} | shape, False, 1, ())
        time = measure.Times(*[row["latency_us"]] * 3, 1, launch=30.0)
        runs.append_times(path, case, f"triton-{codec}", time, {"gpu": "h100-sxm", "torch": "2", "triton": "3"})
    writer = fit_runs.fit_runs(path, data_folder)
    assert writer.path == data_folder / "profiles" / "h100-sxm--embedded.toml"
    names = {"query_heads": "num_heads", "kv_heads": "num_kv_heads"}
    points = rows.rename(columns=names).assign(engine="embedded", kernel="").drop(columns=["latency_us"])
    predicted = kernels.predict(points.head(50), "decode-attention", "points")[0]
    assert set(predicted["profile"]) == {"h100-sxm--embedded"} and set(predicted["calibrated"]) == {"measured"}
    error = predicted["latency_us"].to_numpy() / rows["latency_us"].head(50).to_numpy() - 1
    assert np.median(np.abs(error)) < 0.03


def test_runs_by_launches_of_the_host_count_where_the_device_rules(tmp_path):
    """As the suite of version 0.1 left them: long and steady runs count, short ones show the host."""
    path = tmp_path / "h100-sxm.jsonl"
    for context, low, median, high in ((1024, 90, 100, 110), (8192, 199, 200, 201), (16384, 350, 400, 500)):
        shape = {"codec": "fp8", "batch": 16, "query_heads": 8, "kv_heads": 8, "head_dim": 128, "context": context}
        run = {
            "key": str(context),
            "case": "attention-own",
            "operation": "codec_attention",
            "shape": shape,
            "l2": "warm",
        }
        run |= {"microseconds": {"low": low, "median": median, "high": high}, "kernel": "triton-fp8"}
        with path.open("a") as file:
            file.write(json.dumps(run | {"gpu": "h100-sxm", "torch": "2"}) + "\n")
    assert runs.attention_rows(path)["is_device"].tolist() == [False, True, False]
    assert fit_runs.attention_rows(path)["context"].tolist() == [8192]
    assert runs.finished_keys(path) == set() and len(runs.measured(path)) == 3  # they are measured anew


def test_the_last_run_of_a_case_counts(tmp_path):
    path, case = tmp_path / "runs.jsonl", Case("a", "stream", {"numbers": 8}, True, 3, ())
    for time in (5.0, 2.0):
        runs.append_times(path, case, "k", measure.Times(time, time, time, 3), {"gpu": "h100-sxm"})
    assert [run["microseconds"]["median"] for run in runs.measured(path)] == [2.0] and len(runs.read(path)) == 2


def test_too_few_runs_are_reported(tmp_path):

    (tmp_path / "few.jsonl").touch()
    with pytest.raises(
        CostModelError, match="0 warm runs of decode attention that show the device, at least 60 needed"
    ):
        fit_runs.fit_runs(tmp_path / "few.jsonl", tmp_path)
