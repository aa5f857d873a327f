"""``costmodel calibrate engine`` as a user meets it: what it prints, what it learns, and how it answers mistakes."""

import inspect
import sys
from types import ModuleType

import pandas as pd
import pytest
import standing_engine

from calibration.__main__ import main
from calibration.commands import engine as command
from calibration.engine import records
from calibration.engine.check_steps import check_steps
from calibration.engine.fit_steps import learn_kv_types
from calibration.engine.records import Subject
from calibration.engine.versions import nearest_version
from costmodel import predict
from costmodel.errors import InputError

ARGUMENTS = ["engine", "vllm", "--model", "llama-8b", "--minutes", "0.1"]
SUBJECT = Subject("llama-3.1-8b", "h100-sxm", "vllm", "0.24.0")


@pytest.fixture
def taught(monkeypatch) -> list[dict]:
    """What the learning function was called with, in place of the real one."""
    calls = []

    def learn_steps(rows, **names):
        if names["scheme"] == "turboquant-4bit":
            raise InputError("too few rows to learn from")
        calls.append({"rows": rows, **names})
        return f"constants of {len(rows)} rows"

    module = ModuleType("calibration.steps.learn")
    module.learn_steps = learn_steps  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "calibration.steps", ModuleType("calibration.steps"))
    monkeypatch.setitem(sys.modules, "calibration.steps.learn", module)
    return calls


@pytest.fixture
def stand_in_engine(monkeypatch):
    """Put a stand-in in vLLM's place."""

    def use(factory: str) -> None:
        monkeypatch.setitem(command.ADAPTERS, "vllm", f"standing_engine:{factory}")

    use("healthy")
    return use


def test_it_measures_checks_learns_and_says_where(taught, stand_in_engine, data_folder, capsys):
    types = "auto,fp8,int8_per_token_head,turboquant_4bit_nc,fp8_per_token_head"
    assert main([*ARGUMENTS, "--kv-cache-dtype", types]) == 0
    folder = data_folder / "runs" / "h100-sxm--vllm-0.24.0--llama-3.1-8b"
    out, err = capsys.readouterr()
    assert records.finished(folder) == types.split(",") and f"tables in {folder}" in out and err == ""
    assert "ms a step" in out and "noise: the same point again differs by 0.0 % at most" in out
    assert "predicted against measured 16-bit steps: median error" in out
    assert [(call["scheme"], call["engine"], call["gpu"], call["model"], call["ranks"]) for call in taught] == [
        ("fp8", "vllm", "h100-sxm", "llama-3.1-8b", 1),
        ("int8", "vllm", "h100-sxm", "llama-3.1-8b", 1),
    ]
    assert set(taught[0]["rows"]["kv_cache_dtype"]) == {"fp8"} and len(taught[0]["rows"]) >= 11
    assert f"fp8 (fp8): constants of {len(taught[0]['rows'])} rows" in out
    assert "turboquant_4bit_nc: nothing learnt: too few rows to learn from" in out
    assert "fp8_per_token_head: nothing learnt: costmodel has no scheme of that name" in out
    assert "the rest of a step: nothing learnt; kernels: " in out, "it is no engine"
    assert not (data_folder / "profiles" / "h100-sxm--vllm.toml").exists()


def test_default_kv_types_and_another_folder(taught, stand_in_engine, tmp_path, capsys):
    assert main([*ARGUMENTS, "--out", str(tmp_path / "mine")]) == 0
    default = ["auto", "fp8", "int8_per_token_head", "turboquant_4bit_nc"]
    assert records.finished(tmp_path / "mine") == default and list(tmp_path.iterdir()) == [tmp_path / "mine"]
    assert main([*ARGUMENTS, "--out", str(tmp_path / "mine")]) == 0
    assert "starting the engine" not in capsys.readouterr().out.partition("tables in")[2]


def test_an_engine_that_does_not_start_ends_with_2_and_no_tables(taught, stand_in_engine, tmp_path, capsys):
    stand_in_engine("failing_start")
    assert main([*ARGUMENTS, "--kv-cache-dtype", "auto", "--out", str(tmp_path / "mine")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("calibration: auto: the engine did not start") and "no kernel image is available" in err
    assert list(tmp_path.iterdir()) == [] and taught == []


def test_one_failure_of_several_ends_with_2_after_learning_from_the_rest(taught, stand_in_engine, tmp_path, capsys):
    stand_in_engine("failing_midway")
    types = "fp8,int8_per_token_head"
    assert main([*ARGUMENTS, "--kv-cache-dtype", types, "--out", str(tmp_path / "mine")]) == 2
    out, err = capsys.readouterr()
    assert "kernel of fp8 failed" in err and [call["scheme"] for call in taught] == ["int8"]
    assert "no 16-bit steps were measured" in out


def test_a_version_outside_the_range_is_said_and_the_bench_goes_on(taught, stand_in_engine, tmp_path, capsys):
    stand_in_engine("newer")
    assert main([*ARGUMENTS, "--kv-cache-dtype", "auto", "--out", str(tmp_path / "mine")]) == 0
    expected = "vLLM 0.31.2 is outside the tested range 0.24.x; going on with the adapter written for 0.24"
    assert expected in capsys.readouterr().err
    assert list(records.read(tmp_path / "mine", "pools.csv")["engine_version"]) == ["0.31.2"]


@pytest.mark.parametrize(
    ("installed", "nearest"),
    [("0.24.0", ("0.24", True)), ("0.24.3.dev2+g12", ("0.24", True)), ("0.240.1", ("0.30", False)),
     ("0.26.1", ("0.24", False)), ("0.11", ("0.24", False)), ("0.31", ("0.30", False)), ("dev", ("0.30", False))],
)  # fmt: skip
def test_the_nearest_version(installed, nearest):
    assert nearest_version(installed, ("0.30", "0.24")) == nearest


@pytest.mark.parametrize(
    ("factory", "arguments", "message"),
    [
        ("healthy", ["--kv-cache-dtype", "auto,fp9"], "there is no KV type of vLLM 0.24.0 'fp9'; did you mean fp8"),
        ("missing", [], "calibration: the engine is not installed; pip install it"),
        ("unnamed", [], "no CUDA device is seen; expected a GPU, or its id by --gpu"),
        ("unknown_device", [], "device 'NVIDIA Z9000': there is no GPU"),
        ("healthy", ["--minutes", "0"], "--minutes: expected a number above 0, at most 600, got 0"),
        ("healthy", ["--minutes", "nan"], "--minutes: expected a number above 0"),
        ("healthy", ["--memory-fraction", "1.5"], "--memory-fraction: expected a number above 0, at most 1, got 1.5"),
        ("healthy", ["--model", "llama-9b"], "there is no model 'llama-9b'; did you mean"),
        ("healthy", ["--model", "deepseek-v3"], "model deepseek-v3: its facts are not enough to write a config.json"),
        ("healthy", ["--config", "no-such.json"], "no-such.json: cannot be read"),
    ],
)
def test_mistakes(factory, arguments, message, taught, stand_in_engine, tmp_path, capsys):
    stand_in_engine(factory)
    assert main([*ARGUMENTS, "--out", str(tmp_path / "mine"), *arguments]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1 and list(tmp_path.iterdir()) == [] and taught == []


@pytest.mark.parametrize(
    ("name", "reason"), [("sglang", "neither single steps"), ("lmdeploy", "got lmdeploy; measure")]
)
def test_an_engine_that_is_not_driven_says_what_to_do(name, reason, taught, capsys):
    assert main(["engine", name, "--model", "llama-8b"]) == 2
    err = capsys.readouterr().err
    assert f"only vllm is driven by this command, got {name}" in err and reason in err
    assert err.endswith("give them to: costmodel calibrate steps\n") and err.count("\n") == 1


def test_an_engine_that_nobody_knows(taught, capsys):
    assert main(["engine", "vlm", "--model", "llama-8b"]) == 2
    assert "there is no engine 'vlm'; did you mean vllm" in capsys.readouterr().err


def test_it_is_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0 and "measure the engine that is installed" in " ".join(capsys.readouterr().out.split())


def test_predictions_are_checked_on_16_bit_rows_alone():
    points = pd.DataFrame({"model": "llama-3.1-8b", "gpu": "h100-sxm", "tp": 1, "engine": "vllm",
                           "weight_dtype": "bfloat16", "batch": [1, 16, 64], "context": [2048.5, 4096.0, 1024.0]})  # fmt: skip
    predicted = predict(points.assign(scheme="none"))[0]["tpot_ms"].to_numpy()
    rows = points.assign(kv_cache_dtype="auto", step_ms=predicted / 0.9)
    other = points.assign(kv_cache_dtype="fp8", step_ms=1e6)
    scores = check_steps(pd.concat([rows, other], ignore_index=True))
    assert scores["n"] == 3 and scores["bias"] == pytest.approx(-10) and scores["median"] == pytest.approx(10)
    assert check_steps(other) == {"n": 0}


def test_the_learning_function_takes_what_it_is_called_with():
    learn = pytest.importorskip("calibration.steps.learn", reason="learning from steps is not part of this build")
    inspect.signature(learn.learn_steps).bind(
        pd.DataFrame(), scheme="fp8", engine="vllm", gpu="h100-sxm", model="llama-3.1-8b", ranks=1
    )


def test_nothing_is_learnt_of_the_baseline():
    rows = pd.DataFrame({"kv_cache_dtype": ["auto", "bfloat16", "float16"]})
    assert list(learn_kv_types(rows, SUBJECT, lambda *_, **__: pytest.fail("the baseline is not learnt"))) == []
    assert standing_engine.KV_TYPES[0] == "auto"
