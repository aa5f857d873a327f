"""A sweep larger than memory is written part by part, resumed after a kill, and the same wherever its parts were computed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from costmodel.errors import InputError
from costmodel.evaluation.ask import stream
from costmodel.evaluation.ask.grid import grid
from costmodel.evaluation.ask.stream import run_parts, stream_sweep
from costmodel.evaluation.ask.sweep_axes import sweep_axes

ROOT = Path(__file__).parents[2]
OPTIONS = {"model": "llama-8b", "gpu": ["h100-sxm", "l40s"], "scheme": ["none", "fp8", "kivi-2bit"], "ranks": 1}
BATCH, CONTEXT = np.arange(1.0, 13.0), np.arange(512.0, 1400.0, 100)


@pytest.fixture
def axes():
    return sweep_axes(**OPTIONS, batch=BATCH, context=CONTEXT)


def test_the_file_holds_what_the_sweep_says(axes, tmp_path):
    seen = []
    target = stream_sweep(axes, tmp_path / "s.parquet", progress=lambda *at: seen.append(at), max_points=30).path
    written = pq.read_table(target).to_pandas()
    whole = grid(**OPTIONS, batch=BATCH, context=CONTEXT).frame()
    keys = ["gpu", "scheme", "batch", "context"]
    written, whole = (frame.sort_values(keys, ignore_index=True) for frame in (written, whole))
    assert len(written) == axes.points and seen[-1] == (len(seen), len(seen)) and len(seen) > 4
    for name in whole:
        if whole[name].dtype.kind == "f":
            np.testing.assert_allclose(written[name], whole[name], rtol=1e-12, err_msg=name)
        else:
            assert (written[name].astype(str) == whole[name].astype(str)).all(), name
    assert list(tmp_path.iterdir()) == [target], "parts are left behind"


def test_what_was_cut_short_goes_on_and_ends_the_same(axes, tmp_path):
    whole = stream_sweep(axes, tmp_path / "whole.parquet", max_points=30).path.read_bytes()
    computed = []

    def dies_after_three(parts, axes):
        for part, table in run_parts(parts, axes):
            if len(computed) == 3:
                raise KeyboardInterrupt
            computed.append(part.number)
            yield part, table

    def counts(parts, axes):
        for part, table in run_parts(parts, axes):
            computed.append(part.number)
            yield part, table

    target = tmp_path / "cut.parquet"
    with pytest.raises(KeyboardInterrupt):
        stream_sweep(axes, target, run=dies_after_three, max_points=30)
    assert not target.exists()
    stream_sweep(axes, target, run=counts, max_points=30)
    assert computed == sorted(set(computed)), "a finished part was computed again"
    assert target.read_bytes() == whole


KILLED = """
import sys, time
import numpy as np
from costmodel.evaluation.ask import stream
from costmodel.evaluation.ask.sweep_axes import sweep_axes
def slowly(parts, axes):
    for part, table in stream.run_parts(parts, axes):
        time.sleep(0.2)
        yield part, table
axes = sweep_axes("llama-8b", ["h100-sxm", "l40s"], ["none", "fp8", "kivi-2bit"],
                  np.arange(1.0, 13.0), np.arange(512.0, 1400.0, 100), ranks=1)
stream.stream_sweep(axes, sys.argv[1], run=slowly, max_points=30)
"""


def test_kill_minus_nine_loses_no_finished_part(axes, tmp_path):
    whole = stream_sweep(axes, tmp_path / "whole.parquet", max_points=30).path.read_bytes()
    target = tmp_path / "killed.parquet"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(target)], env=environment)
    while len(list(tmp_path.glob(".killed.parquet.*.parts/0*.parquet"))) < 2:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = [int(path.stem) for path in tmp_path.glob(".killed.parquet.*.parts/0*.parquet")]
    assert finished and not target.exists()
    computed = []

    def watch(missing, axes):
        for part, table in run_parts(missing, axes):
            computed.append(part.number)
            yield part, table

    written = stream_sweep(axes, target, run=watch, max_points=30)
    assert not set(computed) & set(finished) and written.resumed == len(finished)
    assert target.read_bytes() == whole and not list(tmp_path.glob(".killed*"))


def test_parts_of_another_sweep_are_not_taken_over(axes, tmp_path):
    target = tmp_path / "s.parquet"

    def dies(parts, axes):
        yield from list(run_parts(parts, axes))[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream_sweep(axes, target, run=dies, max_points=30)
    other = sweep_axes(**OPTIONS, batch=BATCH + 1, context=CONTEXT)
    stream_sweep(other, target, max_points=30)
    assert set(pd.read_parquet(target)["batch"]) == set(BATCH + 1)


def interrupted(axes, target, parts=2):
    """Run a sweep that is cut short after some parts, and return the folder that it made."""
    folders = f".{target.name}.*.parts"
    before = set(target.parent.glob(folders))

    def dies(missing, axes):
        yield from list(run_parts(missing, axes))[:parts]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream_sweep(axes, target, run=dies, max_points=30)
    (parts_folder,) = set(target.parent.glob(folders)) - before
    return parts_folder


def test_parts_are_known_by_their_plan_not_by_their_name(axes, tmp_path):
    target = tmp_path / "s.parquet"
    whole = stream_sweep(axes, target, max_points=30).path.read_bytes()
    other = sweep_axes(**OPTIONS | {"scheme": ["none", "int4"]}, batch=BATCH, context=CONTEXT)
    foreign = interrupted(other, target)
    own = interrupted(axes, target, parts=1)
    for name in ("000002.parquet", "000003.parquet"):  # parts of another sweep, and of another place
        (own / name).write_bytes((foreign / "000000.parquet").read_bytes())
    (own / "000004.parquet").write_bytes((own / "000000.parquet").read_bytes())
    written = stream_sweep(axes, target, max_points=30)
    assert written.resumed == 1 and target.read_bytes() == whole
    assert len(list(foreign.glob("0*.parquet"))) == 2, "parts of the other sweep wait for their own run"


@pytest.mark.parametrize("name", ["000001.parquet", "plan.json"])
@pytest.mark.parametrize("length", [0, 100])
def test_what_a_full_disk_cut_short_is_computed_again(axes, tmp_path, name, length):
    whole = stream_sweep(axes, tmp_path / "whole.parquet", max_points=30).path.read_bytes()
    target = tmp_path / "cut.parquet"
    path = interrupted(axes, target, parts=3) / name
    path.write_bytes(path.read_bytes()[:length])
    written = stream_sweep(axes, target, max_points=30)
    assert target.read_bytes() == whole and written.resumed == (2 if name[0] == "0" else 3)


@pytest.mark.parametrize("name", ["thesis.tex", "precious.parquet", ".notes", "000000.parquet"])
def test_a_folder_of_somebody_else_is_left_alone(axes, tmp_path, name):
    target = tmp_path / "s.parquet"
    folder = interrupted(axes, target, parts=0)
    (folder / "plan.json").unlink()
    (folder / name).write_text("years of work")
    with pytest.raises(InputError, match="move it away"):
        stream_sweep(axes, target, max_points=30)
    assert (folder / name).read_text() == "years of work"


def test_one_run_at_a_time(axes, tmp_path):
    target = tmp_path / "s.parquet"

    def calls_itself(missing, axes):
        with pytest.raises(InputError, match="another run is writing"):
            stream_sweep(axes, target, max_points=30)
        yield from run_parts(missing, axes)

    stream_sweep(axes, target, run=calls_itself, max_points=30)
    assert list(tmp_path.iterdir()) == [target]


def test_memory_is_bounded_by_the_part(monkeypatch, axes, tmp_path):
    sizes = []
    table_of = stream.part_table
    monkeypatch.setattr(stream, "part_table", lambda axes: sizes.append(axes.points) or table_of(axes))
    stream_sweep(axes, tmp_path / "s.parquet", max_points=30)
    assert max(sizes) <= 30 * len(axes.schemes) and sum(sizes) == axes.points


def test_a_cluster_gives_the_same_file_though_a_worker_is_killed(axes, tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'costmodel[distributed]'")
    from distributed import Client, LocalCluster

    from costmodel.evaluation.ask.distributed import run_on_cluster

    whole = stream_sweep(axes, tmp_path / "whole.parquet", max_points=30).path.read_bytes()
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        pids = list(client.run(os.getpid).values())

        def run(parts, axes):
            for number, (part, table) in enumerate(run_on_cluster(client, parts, axes)):
                if number == 2:
                    os.kill(pids[0], signal.SIGKILL)
                yield part, table

        target = stream_sweep(axes, tmp_path / "cluster.parquet", run=run, max_points=30).path
        client.wait_for_workers(2, timeout=60)
        assert pids[0] not in client.run(os.getpid).values(), "the worker was not killed"
    assert target.read_bytes() == whole


def test_an_address_where_no_scheduler_answers():
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'costmodel[distributed]'")
    from costmodel.evaluation.ask.distributed import dask_runner

    with pytest.raises(InputError, match="expected 'local' or an address"), dask_runner("somewhere"):
        pass
