"""Constants from one's own benchmarks: what made runs is found again, few runs move little, the engine's file reads back."""

import json

import numpy as np
import pandas as pd
import pytest

from calibration.__main__ import main
from calibration.bench.update import PRIOR_RUNS, _spread, update
from calibration.bench.write import engine_text, write_engine
from costmodel.errors import InputError
from costmodel.evaluation.ask.predict import predict
from costmodel.facts import engines, gpus, store

LOADS = [(4, 1024, 256), (16, 1024, 512), (32, 2048, 256), (64, 1024, 512), (8, 4096, 128), (48, 512, 512)]


def runs(tpot: float = 1.0, ttft: float = 0.0, repeats: int = 1):
    """Runs of a server whose tokens take ``tpot`` times as long, and first tokens ``ttft`` ms more."""
    rows = pd.DataFrame(LOADS * repeats, columns=["concurrency", "prompt_len", "gen_len"])
    rows = rows.assign(
        model="llama-8b", gpu="h100-sxm", tp=1, engine="vllm", mode="serving", scheme="none", weight_dtype=None
    )
    answer = predict(rows.drop(columns="weight_dtype"))[0]
    return rows.assign(tpot_ms=answer["tpot_ms"] * tpot, ttft_ms=answer["ttft_ms"] + ttft)


def test_runs_as_predicted_move_nothing_and_narrow_the_errors():
    updated = update(runs(), "vllm")
    assert updated.constants["step_host_time"] < 5e-5
    assert updated.constants["request_overhead"] == pytest.approx(updated.shipped["request_overhead"], rel=0.02)
    assert updated.constants["load_spread"] < updated.shipped["load_spread"]


def test_slow_first_tokens_are_an_overhead():
    updated = update(runs(ttft=200.0, repeats=8), "vllm")
    assert updated.constants["request_overhead"] == pytest.approx(0.2 + updated.shipped["request_overhead"], rel=0.15)
    assert updated.errors["ttft_after"].abs().median() < 0.3 * updated.errors["ttft_before"].abs().median()


def test_few_runs_move_less_than_many():
    few, many = (update(runs(tpot=1.3, repeats=n), "vllm").constants["step_host_time"] for n in (1, 8))
    assert 0 < few < many


def test_a_log_error_by_hand():
    """Eight runs' worth of 0.2 and two errors of 0.5: root of (8 × 0.04 + 2 × 0.25) / 10."""
    assert PRIOR_RUNS == 8 and _spread(0.2, np.array([0.5, -0.5])) == pytest.approx(0.082**0.5)


def test_the_file_of_the_engine_reads_back():
    updated = update(runs(ttft=100.0), "vllm")
    text = (store.PACKAGE / "engines" / "vllm.toml").read_text(encoding="utf-8")
    import tomllib

    facts = tomllib.loads(engine_text(text, updated, "calibrate bench: 6 runs"))
    built = engines.build("vllm", facts, "vllm.toml", gpus.load("h100-sxm"))
    for name, value in updated.constants.items():
        assert built.numbers[name] == pytest.approx(value, rel=1e-5)
        assert built.sources[name].startswith("calibrate bench")


def test_runs_beyond_the_pool_are_left_out():
    crowded = runs().assign(concurrency=5000)
    with pytest.raises(InputError, match="expected at least 2 runs of vllm that the pool holds, got 0"):
        update(crowded, "vllm")


def test_the_command_writes_into_the_data_directory(tmp_path, capsys):
    table = tmp_path / "runs.csv"
    runs(ttft=50.0)[["concurrency", "prompt_len", "gen_len", "tpot_ms", "ttft_ms"]].to_csv(table, index=False)
    options = ["--engine", "vllm", "--gpu", "h100-sxm", "--model", "llama-8b", "--tp", "1", "--out", str(tmp_path)]
    assert main(["bench", str(table), *options]) == 0
    assert "request_overhead" in capsys.readouterr().out and (tmp_path / "engines" / "vllm.toml").exists()
    assert main(["bench", str(table), "--engine", "vllm", "--model", "llama-8b", "--out", str(tmp_path)]) == 2
    assert "there is no column gpu" in capsys.readouterr().err


SERVED = {"model_id": "llama-8b", "gpu": "h100-sxm", "tp": 1, "completed": 64, "num_prompts": 64, "request_rate": "inf",
          "max_concurrency": 16, "duration": 40.0, "total_input_tokens": 65536, "total_output_tokens": 65536,
          "mean_ttft_ms": 137.1, "mean_tpot_ms": 9.5}  # fmt: skip


@pytest.fixture
def bench(tmp_path, capsys):
    """Runs the command on files of results by name, in a folder of their own; its exit code and what it said of a mistake."""

    def run(files, *names, engine="vllm"):
        for name, served in files.items():
            (tmp_path / name).write_text("\n".join(json.dumps(one) for one in served))
        paths = [str(tmp_path / name) for name in names or files]
        code = main(["bench", *paths, "--engine", engine, "--out", str(tmp_path)])
        return code, capsys.readouterr().err

    return run


def test_a_run_counts_once(bench):
    one, other = [SERVED, SERVED | {"mean_tpot_ms": 9.6}], [SERVED | {"mean_tpot_ms": 9.7}, SERVED]
    code, said = bench({"a.json": one}, "a.json", "a.json")
    assert code == 2 and "a.json: given twice" in said
    code, said = bench({"a.json": one, "b.json": other})
    assert code == 2 and "b.json: run 2 is run 1 of" in said
    assert bench({"a.json": one, "b.json": other[:1]})[0] == 0
    assert bench({"c.json": [SERVED, SERVED]})[0] == 0  # repeats of one file are repeats


def test_the_engine_of_a_run_is_the_one_that_is_updated(bench):
    code, said = bench({"a.json": [SERVED | {"backend": "sglang"}] * 2})
    assert code == 2 and "engine: states 'sglang', and --engine 'vllm'" in said
    assert bench({"a.json": [SERVED | {"backend": "openai-chat"}] * 2})[0] == 0
    assert bench({"a.json": [SERVED | {"backend": "sglang"}] * 2}, engine="sglang")[0] == 0


def test_a_table_of_another_engine_is_refused(tmp_path, capsys):
    table = tmp_path / "runs.csv"
    runs().to_csv(table, index=False)
    assert main(["bench", str(table), "--engine", "sglang", "--out", str(tmp_path)]) == 2
    assert "row 1: engine: states 'vllm', and --engine 'sglang'" in capsys.readouterr().err


def test_an_update_starts_from_the_shipped_constants_again(data_folder):
    """The same runs twice are the same runs: an earlier update is no prior."""
    measured = runs(ttft=200.0)
    first = update(measured, "vllm")
    write_engine(first, "calibrate bench: 6 runs", data_folder)
    store.files.cache_clear()
    store.read_fact_file.cache_clear()
    assert engines.load("vllm", gpus.load("h100-sxm")).numbers["request_overhead"] > 0.1
    assert update(measured, "vllm").constants == first.constants


@pytest.mark.parametrize("wrong", [0.0, -3.0, float("nan")])
def test_times_that_are_none_are_named(wrong):
    table = runs()
    table.loc[2, "ttft_ms"] = wrong
    with pytest.raises(InputError, match="row 3: ttft_ms: expected milliseconds above 0"):
        update(table, "vllm")
