"""A whole bench with a stand-in engine, through real worker processes: tables, failures, what stays, what is resumed."""

import json
import re
import signal
import subprocess

import pandas as pd
import pytest
import standing_engine

from calibration.engine import bench, process, records
from calibration.engine.interface import Setup
from calibration.engine.model_config import write_config
from calibration.engine.records import Subject
from costmodel.errors import CostModelError, InputError, UnknownName
from costmodel.facts import models

SUBJECT = Subject("llama-3.1-8b", "h100-sxm", "vllm", standing_engine.VERSION)
STEP_COLUMNS = (
    "model gpu tp engine engine_version weight_dtype kv_cache_dtype batch prompt_len context step_ms step_ms_q25 "
    "step_ms_q75 steps repeat"
).split()


@pytest.fixture
def run(tmp_path):
    """Run a bench into ``tmp_path / "out"``; returns what failed, what was logged and what was warned."""

    def run(factory="healthy", kv_types=("auto", "fp8"), force=False, seconds=60.0, subject=SUBJECT):
        plan = bench.Bench(f"standing_engine:{factory}", subject, models.load("llama-8b"), kv_types, seconds, 0.9)
        log, warnings = [], []
        failed = bench.run(plan, tmp_path / "out", force=force, log=log.append, warn=warnings.append)
        return failed, log, warnings

    return run


def test_a_whole_run_writes_all_tables(run, tmp_path):
    failed, log, warnings = run()
    out = tmp_path / "out"
    assert failed == [] and warnings == [] and sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert sorted(path.name for path in out.iterdir()) == sorted([*records.TABLES, records.BURST])
    steps = records.read(out, "steps.csv")
    assert list(steps) == STEP_COLUMNS and set(steps["kv_cache_dtype"]) == {"auto", "fp8"}
    assert (steps["model"] == "llama-3.1-8b").all() and (steps["engine_version"] == "0.24.0").all()
    for row in steps.itertuples():
        expected = 1e3 * standing_engine.step_seconds(row.kv_cache_dtype, row.batch, row.context)
        assert row.step_ms == pytest.approx(expected, rel=1e-9) and row.step_ms_q25 < row.step_ms < row.step_ms_q75
    assert steps.groupby("kv_cache_dtype")["repeat"].sum().eq(3).all()
    pools = records.read(out, "pools.csv")
    assert list(pools["pool_tokens"]) == [standing_engine.POOL] * 2 and list(pools["attention"]) == ["StandInImpl"] * 2
    assert pools["gpu_memory_utilization"].eq(0.9).all() and pools["cuda_total_bytes"].eq(85_017_493_504).all()
    first = records.read(out, "ttft.csv")
    assert set(first["prompt_len"]) == {512, 2048, 8192, 32768} and len(json.loads(first["all_ms"][0])) == 3
    assert first["ttft_ms"].to_numpy() == pytest.approx(1e-2 * first["prompt_len"].to_numpy())
    kernels = records.read(out, "kernels.csv")
    assert {("attention<bf16>", 10), ("gemm", 31.25)} <= set(zip(kernels["kernel"], kernels["us_a_call"], strict=True))
    bursts = json.loads((out / "burst.json").read_text())
    assert [burst["kv_cache_dtype"] for burst in bursts] == ["auto", "fp8"]
    assert bursts[0]["requests"] == 48 and len(bursts[0]["step_ms"]) == len(bursts[0]["step_tokens"]) == 128
    assert any("StandInImpl, a pool of 200,000 tokens" in line for line in log)


def test_an_engine_that_does_not_start_shows_its_last_lines_and_leaves_nothing(run, tmp_path):
    failed, _, warnings = run("failing_start", ("auto",))
    (message,) = warnings
    assert failed == ["auto"] and message.startswith("auto: the engine did not start, exit status 1; its last lines:\n")
    assert message.endswith("RuntimeError: no kernel image is available for execution on the device")
    assert "engine line 39" in message and "engine line 10" not in message
    assert message.count("\n") == process.LAST_LINES and list(tmp_path.iterdir()) == []


def test_an_engine_that_is_killed_is_said_by_its_signal(run):
    failed, _, (message,) = run("killed_at_start", ("auto",))
    assert failed == ["auto"] and "ended by signal SIGKILL" in message and "out of memory, being killed" in message


def test_a_kv_type_that_fails_midway_leaves_the_others_finished(run, tmp_path):
    failed, _, (message,) = run("failing_midway", ("auto", "fp8", "int8_per_token_head"))
    assert failed == ["fp8"] and "fp8: the engine did not finish, exit status 7" in message
    assert "kernel of fp8 failed at call 6" in message
    for name in records.TABLES:
        assert set(records.read(tmp_path / "out", name)["kv_cache_dtype"]) == {"auto", "int8_per_token_head"}, name
    assert len(records.read_bursts(tmp_path / "out")) == 2


def test_a_second_run_measures_what_is_missing_only(run, tmp_path):
    run("failing_midway", ("auto", "fp8"))
    before = records.read(tmp_path / "out", "steps.csv")
    failed, log, _ = run("healthy", ("auto", "fp8"))
    after = records.read(tmp_path / "out", "steps.csv")
    assert failed == [] and any(re.match("auto: measured before, kept", line) for line in log)
    assert "auto: starting the engine" not in log and "fp8: starting the engine" in log
    pd.testing.assert_frame_equal(before, after[after["kv_cache_dtype"] == "auto"].reset_index(drop=True))
    assert set(after["kv_cache_dtype"]) == {"auto", "fp8"}


def test_force_measures_again_and_a_failure_keeps_what_was_there(run, tmp_path):
    run("slow", ("fp8",), seconds=0.1)
    assert len(records.read(tmp_path / "out", "steps.csv")) == 8 + 3  # the budget is spent, what must be is measured
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert run("failing_midway", ("fp8",), force=True)[0] == ["fp8"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    run("healthy", ("fp8",), force=True)
    again = records.read(tmp_path / "out", "steps.csv")
    assert len(again) > 30 and records.finished(tmp_path / "out") == ["fp8"]


def test_measurements_of_another_version_are_not_mixed(run, tmp_path):
    run(kv_types=("auto",))
    with pytest.raises(InputError, match=r"pools\.csv: engine_version: expected 0\.31\.2, got 0\.24\.0"):
        run(subject=Subject("llama-3.1-8b", "h100-sxm", "vllm", standing_engine.NEWER))


def test_a_folder_that_is_not_its_own_is_left_alone(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="expected a folder of costmodel's own"):
        run()
    assert (tmp_path / "out" / "thesis.tex").read_text() == "mine"


def test_tables_that_somebody_broke_are_named(run, tmp_path):
    run(kv_types=("auto",))
    steps = records.read(tmp_path / "out", "steps.csv")
    steps.drop(columns="step_ms").to_csv(tmp_path / "out" / "steps.csv", index=False)
    with pytest.raises(InputError, match=r"steps\.csv: column step_ms is missing; expected model, gpu"):
        records.read(tmp_path / "out", "steps.csv")
    (tmp_path / "out" / "burst.json").write_text("[{")
    with pytest.raises(InputError, match=r"burst\.json: cannot be read"):
        records.read_bursts(tmp_path / "out")
    (tmp_path / "out" / "pools.csv").unlink()
    with pytest.raises(InputError, match="expected a folder of costmodel's own"):
        run(kv_types=("auto",))


def test_an_engine_that_says_nothing_is_ended(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "START_LIMIT", 2.0)
    setup = Setup(tmp_path / "config.json", "auto", 0.9, 256, 8192)
    with pytest.raises(
        process.EngineFailed, match=r"auto: the engine said nothing for 2 s; its last lines:\n  compiling"
    ):
        list(process.measured("standing_engine:hanging", setup, 1))


def test_a_bench_that_is_stopped_ends_its_engine(monkeypatch, tmp_path):
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(process.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    config = write_config(models.load("llama-8b"), tmp_path)
    rows = process.measured("standing_engine:slow", Setup(config, "auto", 0.9, 256, 8192), 600)
    assert next(rows)["what"] == "start" and started[0].poll() is None
    rows.close()
    assert started[0].returncode == -signal.SIGKILL


def test_what_is_not_installed_is_said_in_one_line():
    with pytest.raises(CostModelError, match=r"^the engine is not installed; pip install it$"):
        process.installed("standing_engine:missing")


@pytest.mark.parametrize(
    ("name", "nearest"), [("int8_per_token_heads", "int8_per_token_head"), ("turboquant_4bit", "turboquant_4bit_nc")]
)
def test_an_unknown_kv_type_is_answered_with_the_nearest(name, nearest):
    installed = standing_engine.healthy().installed()
    with pytest.raises(UnknownName, match=rf"no KV type of vLLM 0\.24\.0 '{name}'; did you mean {nearest}"):
        bench.kv_types(f"auto,{name}", installed, "vLLM")


def test_kv_types_are_taken_once_and_by_default_as_far_as_they_are_known():
    installed = standing_engine.healthy().installed()
    assert bench.kv_types("fp8, auto,fp8,", installed, "vLLM") == ("fp8", "auto")
    assert bench.kv_types(None, installed, "vLLM") == bench.DEFAULT_KV_TYPES
    assert set(bench.DEFAULT_KV_TYPES) <= set(installed.kv_types)
    with pytest.raises(InputError, match="expected names with commas"):
        bench.kv_types(" , ", installed, "vLLM")
