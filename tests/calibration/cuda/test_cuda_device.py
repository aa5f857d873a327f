"""What the device asks of torch, in which order: torch is replaced by one that writes down what it is asked."""

import contextlib
from types import SimpleNamespace

import pytest

from calibration.cuda import device
from calibration.cuda.device import CudaDevice

MEBI = 2**20


class Recorder:
    """Stands for torch: ``asked`` lists the calls; the device's time goes on by 3 µs with every call that runs."""

    uint8 = "uint8"

    def __init__(self):
        self.asked, self.now, self.broken, self.capturing = [], 0.0, False, False
        torch = self

        class Event:
            def __init__(self, enable_timing):
                assert enable_timing

            def record(self):
                torch.asked.append("mark")
                self.at = torch.now

            def elapsed_time(self, end):
                return (end.at - self.at) / 1e3  # milliseconds

        class CUDAGraph:
            def replay(self):
                torch.asked.append("replay")
                torch.now += 3.0 * torch.held

        @contextlib.contextmanager
        def graph(held):
            self.capturing, self.held = True, 0
            yield
            self.capturing = False

        self.cuda = SimpleNamespace(
            Event=Event,
            CUDAGraph=CUDAGraph,
            graph=graph,
            synchronize=self.synchronize,
            current_device=lambda: 0,
            get_device_properties=lambda index: SimpleNamespace(L2_cache_size=50 * MEBI),
            mem_get_info=lambda: (100, 1000),
            memory_reserved=lambda: 30,
            memory_allocated=lambda: 10,
            empty_cache=lambda: self.asked.append("release"),
        )

    def synchronize(self):
        if self.broken:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        self.asked.append("wait")

    def empty(self, count, dtype, device):
        assert (count, dtype, device) == (100 * MEBI, "uint8", "cuda")
        return SimpleNamespace(zero_=lambda: self.asked.append("fill"))

    def call(self):
        if self.capturing:
            self.held += 1
        else:
            self.asked.append("call")
            self.now += 3.0


@pytest.fixture
def torch():
    return Recorder()


def test_the_l2_is_filled_before_each_run_and_outside_its_time(torch):
    cuda = CudaDevice(torch)
    assert cuda.time(torch.call, cuda.flush, 2) == pytest.approx([3.0, 3.0])
    assert torch.asked == [*(["fill"] * device.FLUSHES + ["mark", "call", "mark"]) * 2, "wait"]


def test_a_graph_holds_its_calls_and_runs_none_while_it_is_made(torch):
    cuda = CudaDevice(torch)
    graph = cuda.capture([torch.call] * 5)
    assert torch.asked == [] and cuda.time(graph, None, 1) == pytest.approx([15.0])


def test_a_lone_call_finds_the_device_idle(torch):
    cuda = CudaDevice(torch)
    assert cuda.time_alone(torch.call, cuda.flush, 1) == pytest.approx([3.0])
    assert torch.asked == ["fill"] * device.FLUSHES + ["wait", "mark", "call", "mark", "wait"]


def test_memory_that_torch_keeps_of_tensors_that_are_gone_is_free(torch):
    cuda = CudaDevice(torch)
    assert (cuda.l2_bytes, cuda.free_bytes(), cuda.used_bytes()) == (50 * MEBI, 120, 10)
    cuda.release()
    assert torch.asked == ["release"]


def test_a_device_that_answers_no_more_is_lost(torch):
    cuda = CudaDevice(torch)
    assert not cuda.is_lost()
    torch.broken = True
    assert cuda.is_lost()


def test_the_condition_is_empty_where_there_is_no_driver(monkeypatch):
    monkeypatch.setattr(device.shutil, "which", lambda name: None)
    assert device.condition() == {}


def test_the_condition_is_what_the_driver_says(monkeypatch, tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100 80GB HBM3, 580.1, 1980 MHz, 2619 MHz, 44, 126.77 W'\n")
    tool.chmod(0o755)
    monkeypatch.setattr(device.shutil, "which", lambda name: str(tool))
    assert device.condition() == dict(
        zip(device.WATCHED, ("NVIDIA H100 80GB HBM3", "580.1", "1980 MHz", "2619 MHz", "44", "126.77 W"), strict=True)
    )
