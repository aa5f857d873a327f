"""``costmodel calibrate cuda`` from its options to its profile, on a device made of arithmetic in place of a GPU."""

import gc
import json
from importlib.util import find_spec

import pytest
from stand_in import MEBI, StandIn

from calibration.__main__ import main
from calibration.cuda import compile_ahead, device, suite

pytest.importorskip("torch", reason="the command needs torch: pip install 'costmodel[kernels]'")
if not find_spec("triton"):
    pytest.skip("the command needs Triton (Linux): pip install 'costmodel[kernels]'", allow_module_level=True)

CASES = """
[case.launch]
operation = "launch"
l2 = "warm"
repeats = 3
identifies = ["kernel_floor"]
axes = { programs = [1, 132] }

[case.stream]
operation = "stream"
l2 = "cold"
repeats = 3
identifies = ["hbm_efficiency"]
axes = { kind = ["read"], numbers = [16, 32] }
"""


@pytest.fixture
def gpu(monkeypatch, tmp_path, data_folder):
    """A stand-in device behind the command; ``ask`` runs it over two tables of cases, and returns the status."""
    import torch

    from calibration.cuda import operations

    stand_in = StandIn()
    stand_in.asked, stand_in.compiled, stand_in.failing = 0, [], ()

    def build(case_device, **shape):
        assert case_device == "cuda"
        if shape in stand_in.failing:
            raise RuntimeError("no kernel image is available")
        return stand_in.build(shape.get("numbers", 1) * MEBI)

    def state(name):
        stand_in.asked += 1
        return {"gpu": name, "torch": "2.11", "triton": "3.6", "condition": {"driver_version": "580"}}

    monkeypatch.setattr(suite, "device_name", lambda: "NVIDIA H100 80GB HBM3")
    monkeypatch.setattr(suite, "device_state", state)
    monkeypatch.setattr(device, "CudaDevice", lambda: stand_in)
    monkeypatch.setattr(operations, "OPERATIONS", {"launch": build, "stream": build})
    monkeypatch.setattr(operations, "processors", lambda name: 132)
    monkeypatch.setattr(
        compile_ahead, "compile_ahead", lambda cases, run, seconds: stand_in.compiled.extend(cases) or {}
    )
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    (tmp_path / "cases.toml").write_text(CASES)
    stand_in.path = tmp_path / "runs.jsonl"
    options = ["--cases", str(tmp_path / "cases.toml"), "--runs", str(stand_in.path)]
    stand_in.ask = lambda *more: main(["cuda", *options, *more])
    return stand_in


def test_the_suite_measures_says_what_it_did_and_asks_the_driver_once(gpu, capsys):
    assert gpu.ask() == 0
    printed = capsys.readouterr().out
    assert "4 runs appended" in printed and "no profile:" in printed and "3 of 3 kernels compiled ahead" not in printed
    assert "2 of 2 kernels compiled ahead" in printed and len(gpu.compiled) == 2
    lines = [json.loads(line) for line in gpu.path.read_text().splitlines()]
    assert gpu.asked == 1 and all(line["condition"] == {"driver_version": "580"} for line in lines)
    assert [line["case"] for line in lines] == ["launch", "launch", "stream", "stream"]
    assert lines[0]["gpu"] == "h100-sxm"  # found by the device's own name
    assert gpu.ask() == 0 and "0 runs appended" in capsys.readouterr().out


def test_one_failing_case_is_said_and_the_status_is_that_of_the_rest(gpu, capsys):
    gpu.failing = ({"programs": 1},)
    assert gpu.ask("--no-compile-ahead") == 0
    printed = capsys.readouterr().out
    assert "3 runs appended" in printed and "failed: launch {'programs': 1}: RuntimeError: no kernel image" in printed
    assert gpu.compiled == []


def test_the_status_is_one_where_every_case_fails(gpu, capsys):
    gpu.failing = ({"programs": 1}, {"programs": 132})
    assert gpu.ask("--only", "launch") == 1
    assert "nothing was measured" in capsys.readouterr().out


def test_no_time_leaves_all_out(gpu, capsys):
    assert gpu.ask("--minutes", "0") == 1
    assert "left out, no time was left: 2 of launch, 2 of stream; run again to go on" in capsys.readouterr().out


def test_after_a_lost_device_a_new_process_goes_on(gpu, monkeypatch, capsys):
    from calibration.commands import cuda as command

    started = []

    def start(arguments, check):
        started.append(arguments)
        return command.argparse.Namespace(returncode=7)

    monkeypatch.setattr(command.subprocess, "run", start)
    gpu.lost, gpu.failing = True, ({"programs": 132}, {"programs": 1})
    assert gpu.ask() == 7
    (arguments,) = started
    assert arguments[1:4] == ["-m", "calibration", "cuda"] and "--no-compile-ahead" in arguments
    assert str(gpu.path) in arguments and "answers no more" in capsys.readouterr().out
