"""The suite on a device made of arithmetic: what fails is recorded and left behind, what is done is not done again."""

import argparse
import json
from pathlib import Path

import pytest
from stand_in import MEBI, StandIn

from calibration.commands import cuda as command
from calibration.cuda import runs, suite
from calibration.cuda.cases import Case, in_order
from costmodel.errors import CostModelError, InputError

STATE = {"gpu": "h100-sxm", "torch": "2.11", "triton": "3.6", "condition": {"driver_version": "580"}}


def case(numbers: int, name: str = "stream", **shape) -> Case:
    return Case(name, "stream", {"kind": "read", "numbers": numbers} | shape, True, 5, ("hbm_efficiency",))


def builder(device: StandIn, failing: dict | None = None):
    """A function that builds a case's work, or raises the error that ``failing`` holds for its size."""

    def build(case: Case):
        error = (failing or {}).get(case.shape["numbers"])
        if error is not None:
            raise error
        return device.build(case.shape["numbers"] * MEBI)

    return build


def test_a_case_that_fails_is_recorded_and_the_next_one_runs(tmp_path):
    device, path = StandIn(), tmp_path / "runs.jsonl"
    cases = [case(8), case(16), case(200)]
    error = ValueError("at 32:8:\n        HALF: tl.constexpr = 1 << step\n\nHALF is already defined. \n")
    outcome = suite.run(cases, path, STATE, device, builder(device, {16: error}))
    assert outcome.measured == 2 and [failed.key for failed, _ in outcome.failed] == [cases[1].key]
    first, second, third = (json.loads(line) for line in path.read_text().splitlines())
    assert second["error"] == {"type": "ValueError", "message": "HALF is already defined."}
    assert first["microseconds"]["median"] == 8 and third["microseconds"]["median"] == 200
    assert first["timing"] == "graph" and first["launch_microseconds"] == pytest.approx(40)
    assert first["condition"] == STATE["condition"] and first["copies"] == 19
    assert "failed: stream {'kind': 'read', 'numbers': 16}: ValueError: HALF" in outcome.lines()[0]


def test_what_failed_is_tried_again_after_all_others(tmp_path):
    device, path = StandIn(), tmp_path / "runs.jsonl"
    cases = [case(8), case(16), case(32)]
    suite.run(cases[:2], path, STATE, device, builder(device, {8: RuntimeError("out of registers")}))
    todo = suite.waiting(cases, path)
    assert [one.shape["numbers"] for one in todo] == [32, 8]
    assert suite.run(todo, path, STATE, device, builder(device)).measured == 2
    assert suite.waiting(cases, path) == [] and runs.failed_keys(path) == set()
    assert len(runs.measured(path)) == 3 and len(runs.read(path)) == 4  # the failure stays on record


def test_a_killed_suite_goes_on_where_it_stopped(tmp_path):
    device, path = StandIn(), tmp_path / "runs.jsonl"
    cases = [case(8), case(16)]

    def killed(one):
        if one.shape["numbers"] == 16:
            raise KeyboardInterrupt
        return builder(device)(one)

    with pytest.raises(KeyboardInterrupt):
        suite.run(cases, path, STATE, device, killed)
    with path.open("a") as file:
        file.write('{"key": "cut sho')
    assert [one.shape["numbers"] for one in suite.waiting(cases, path)] == [16]
    assert suite.run(suite.waiting(cases, path), path, STATE, device, builder(device)).measured == 1
    assert len(runs.read(path)) == 2


def test_when_time_is_over_what_is_left_out_is_said(tmp_path):
    device, ticks = StandIn(), iter(range(100))
    cases = [case(8), case(16), case(32), case(64, "other")]
    outcome = suite.run(
        cases, tmp_path / "runs.jsonl", STATE, device, builder(device), seconds=2.5, now=lambda: next(ticks)
    )
    assert outcome.measured == 2 and outcome.left_out == cases[2:]
    assert outcome.lines() == ["left out, no time was left: 1 of stream, 1 of other; run again to go on"]


def test_a_device_that_is_lost_ends_this_process_and_the_rest_is_left_for_another(tmp_path):
    device, path = StandIn(), tmp_path / "runs.jsonl"
    cases = [case(8), case(16), case(32)]

    def build(one):
        if one.shape["numbers"] == 16:
            device.lost = True
            raise RuntimeError(
                "CUDA error: an illegal memory access was encountered\nCompile with TORCH_USE_CUDA_DSA\n"
            )
        return builder(device)(one)

    outcome = suite.run(cases, path, STATE, device, build)
    assert outcome.lost and outcome.left_out == cases[2:] and outcome.measured == 1
    assert runs.read(path)[-1]["error"]["message"] == "CUDA error: an illegal memory access was encountered"
    assert [one.shape["numbers"] for one in suite.waiting(cases, path)] == [32, 16]


def test_a_file_of_runs_that_cannot_be_written_ends_the_suite(tmp_path):
    (tmp_path / "runs.jsonl").mkdir()
    device = StandIn()
    with pytest.raises(InputError, match="runs.jsonl"):
        suite.run([case(8)], tmp_path / "runs.jsonl", STATE, device, builder(device))


def test_shapes_are_shuffled_within_their_table_and_codecs_stay_together():
    cases = [
        case(numbers, name, codec=codec) for name in ("first", "second") for codec in ("a", "b") for numbers in range(9)
    ]
    ordered = in_order(cases)
    assert sorted(one.key for one in ordered) == sorted(one.key for one in cases)
    assert [one.name for one in ordered] == ["first"] * 18 + ["second"] * 18
    sizes = [one.shape["numbers"] for one in ordered[:18]]
    assert sizes[::2] == sizes[1::2] and sizes[::2] != sorted(sizes[::2])
    assert in_order(cases) == ordered and in_order(cases, {ordered[0].key})[-1] == ordered[0]


def test_all_reduce_needs_two_devices(tmp_path):
    reduce = Case("all-reduce", "all_reduce", {"numbers": 8}, False, 1, ())
    assert suite.waiting([reduce], tmp_path / "none.jsonl") == []
    assert suite.waiting([reduce], tmp_path / "none.jsonl", devices=2) == [reduce]


@pytest.mark.parametrize(
    "text",
    [
        "not json\n{}\n",
        json.dumps({"key": "x"}) + "\n{}",
        json.dumps({"key": "x", "case": "a", "shape": {}}) + "\n{}",
        json.dumps({"key": "x", "case": "a", "shape": {}, "error": {}, "microseconds": {}}) + "\n{}",
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, text):
    path = tmp_path / "runs.jsonl"
    path.write_text(text)
    with pytest.raises(CostModelError, match="runs.jsonl:1"):
        runs.read(path)


def test_a_new_process_goes_on_with_the_same_options():
    parser = argparse.ArgumentParser()
    command.add(parser)
    args = parser.parse_args(["--only", "launch", "--cases", "mine.toml"])
    arguments = command.restart(args, "h100-sxm", Path("runs.jsonl"), 1.5)
    again = parser.parse_args(arguments[1:])
    assert arguments[0] == "cuda" and again.minutes == 1.5 and again.no_compile_ahead
    assert (again.gpu, again.runs, again.cases, again.only) == (
        "h100-sxm",
        Path("runs.jsonl"),
        Path("mine.toml"),
        "launch",
    )


def test_the_status_is_one_where_nothing_was_measured(tmp_path, capsys, data_folder):
    path, device = tmp_path / "runs.jsonl", StandIn()
    assert command.finish(path, True) == 1 and "nothing was measured" in capsys.readouterr().out
    suite.run([case(8)], path, STATE, device, builder(device))
    assert command.finish(path, False) == 0
    assert command.finish(path, True) == 0 and "at least 60 needed" in capsys.readouterr().out
