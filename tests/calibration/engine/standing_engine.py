"""An engine without a GPU: its times come from a formula, so that what was measured can be told from what was written.

The workers of the tests load it by entry point, ``standing_engine:healthy`` and the like.
"""

import os
import sys
import time

from calibration.engine.interface import Installed, KernelTime, Setup, StartFacts, Steps
from costmodel.errors import InputError

KV_TYPES = ("auto", "fp8", "int8_per_token_head", "turboquant_4bit_nc", "fp8_per_token_head")
VERSION, NEWER = "0.24.0", "0.31.2"
POOL, BLOCK, MAX_CONTEXT = 200_000, 16, 131_072  # tokens
SPEED = {"auto": 1.0, "fp8": 0.5}  # seconds per cached token, relative to 16 bit; 0.4 for all others
SLOW = 0.05  # seconds that a call of the slow engine takes


def step_seconds(kv_type: str, batch: int, context: float) -> float:
    """The formula: seconds of a step."""
    return 5e-3 + 2e-5 * batch + 1e-8 * SPEED.get(kv_type, 0.4) * batch * context


class Engine:
    def __init__(self, setup: Setup, sleep: float = 0.0, fails_at: int = 0):
        self.setup, self.sleep, self.fails_at, self.calls = setup, sleep, fails_at, 0
        self.facts = StartFacts(
            version=VERSION,
            weight_dtype="bfloat16",
            block_size=BLOCK,
            pool_tokens=POOL,
            max_context=MAX_CONTEXT,
            attention="StandInImpl",
            graphs="FULL",
            device="H100 80GB HBM3",
            cuda_total_bytes=85_017_493_504,
        )

    def decode_steps(self, batch: int, prompt_len: int, new_tokens: int) -> Steps:
        assert batch * (prompt_len + new_tokens) <= POOL, "a point must fit the pool"
        self.calls += 1
        time.sleep(self.sleep)
        if self.calls == self.fails_at:
            print(f"kernel of {self.setup.kv_type} failed at call {self.calls}", flush=True)
            os._exit(7)
        times = [step_seconds(self.setup.kv_type, batch, prompt_len + step) for step in range(new_tokens)]
        return Steps(tuple(times), (batch,) * new_tokens, (times[0],) * batch)

    def first_token(self, prompt_len: int) -> float:
        return 1e-5 * prompt_len

    def burst(self, requests: int, prompt_len: int, generated: int) -> Steps:
        return Steps((0.01,) * generated, (requests,) * generated, (0.01,) * requests)

    def kernels(self, batch: int, prompt_len: int) -> list[KernelTime]:
        return [
            KernelTime("attention<bf16>", 32, 320.0),
            KernelTime("gemm", 128, 4000.0),
            KernelTime("rms_norm", 64, 100.0 + batch),
            KernelTime("argmax", 1, 20.0 + batch),
        ]


class Adapter:
    def __init__(self, version: str = VERSION, sleep: float = 0.0, start=None, fails_at=None):
        self.version, self.sleep, self.fails_at = version, sleep, fails_at or {}
        self.before_start = start or (lambda setup: None)

    def installed(self) -> Installed:
        return Installed(self.version, ("0.24",), KV_TYPES, "NVIDIA H100 80GB HBM3")

    def start(self, setup: Setup) -> Engine:
        self.before_start(setup)
        assert '"hidden_size": 4096' in setup.config.read_text(encoding="utf-8")
        return Engine(setup, self.sleep, self.fails_at.get(setup.kv_type, 0))


def _refuse_to_start(setup: Setup) -> None:
    for line in range(40):
        print(f"engine line {line}")
    raise RuntimeError("no kernel image is available for execution on the device")


def _die(setup: Setup) -> None:
    sys.stdout.write("out of memory, being killed\n")
    sys.stdout.flush()
    os.kill(os.getpid(), 9)


def _hang(setup: Setup) -> None:
    print("compiling", flush=True)
    time.sleep(600)


def healthy() -> Adapter:
    return Adapter()


def newer() -> Adapter:
    return Adapter(NEWER)


def slow() -> Adapter:
    return Adapter(sleep=SLOW)


def failing_start() -> Adapter:
    return Adapter(start=_refuse_to_start)


def killed_at_start() -> Adapter:
    return Adapter(start=_die)


def hanging() -> Adapter:
    return Adapter(start=_hang)


def failing_midway() -> Adapter:
    """fp8 fails in the middle of its points, every other type finishes."""
    return Adapter(fails_at={"fp8": 6})


class Missing(Adapter):
    def installed(self) -> Installed:
        raise InputError("the engine is not installed; pip install it")


def missing() -> Adapter:
    return Missing()


class Named(Adapter):
    """Healthy, on a device of the given name."""

    def __init__(self, device: str):
        super().__init__()
        self.device = device

    def installed(self) -> Installed:
        return Installed(self.version, ("0.24",), KV_TYPES, self.device)


def unnamed() -> Adapter:
    return Named("")


def unknown_device() -> Adapter:
    return Named("NVIDIA Z9000")
