"""What an engine must offer to be measured, and the numbers that it answers with; times in seconds unless named otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Installed:
    """What is installed, found out without starting it.

    ``tested`` are the versions that the adapter was written for ("0.24"), ``kv_types`` the names that the engine takes,
    ``device`` the GPU's name as its driver reports it, "" where none is seen.
    """

    version: str
    tested: tuple[str, ...]
    kv_types: tuple[str, ...]
    device: str


@dataclass(frozen=True)
class Setup:
    """How an engine is to be started: ``config`` is the model's config.json, ``memory_fraction`` the share of GPU memory."""

    config: Path
    kv_type: str
    memory_fraction: float
    max_sequences: int
    max_batched_tokens: int


@dataclass(frozen=True)
class StartFacts:
    """What an engine says once it runs: pool and blocks in tokens, ``max_context`` of one sequence in tokens.

    ``attention`` names the classes of its attention backend, ``graphs`` its mode of CUDA graphs; ``cuda_total_bytes`` is the
    memory that the driver offers to programs, 0 where the device is no GPU.
    """

    version: str
    weight_dtype: str
    block_size: int
    pool_tokens: int
    max_context: int
    attention: str
    graphs: str
    device: str
    cuda_total_bytes: int


@dataclass(frozen=True)
class Steps:
    """Steps in the order in which their results came.

    ``seconds`` between one result and the next, ``tokens`` that each result brought, over all requests; ``first_tokens``:
    seconds from the arrival of all requests to the first token of each, rising.
    """

    seconds: tuple[float, ...]
    tokens: tuple[int, ...]
    first_tokens: tuple[float, ...]


@dataclass(frozen=True)
class KernelTime:
    """One kernel of the device by its name: calls and microseconds a step."""

    name: str
    calls: float
    microseconds: float


class BenchEngine(Protocol):
    """A started engine. Lengths are tokens; every request of a call arrives at once and generates to its end."""

    facts: StartFacts

    def decode_steps(self, batch: int, prompt_len: int, new_tokens: int) -> Steps:
        """Steps of ``batch`` requests whose prompts' caches are taken as present, so that none is a prefill."""
        ...

    def first_token(self, prompt_len: int) -> float:
        """Seconds from the arrival of one request to its first token, its prompt really computed."""
        ...

    def burst(self, requests: int, prompt_len: int, generated: int) -> Steps:
        """Every step of requests that arrive together, prompts really computed."""
        ...

    def kernels(self, batch: int, prompt_len: int) -> list[KernelTime]:
        """Kernels of decode steps, longest first; empty where the device names none, InputError for too few steps."""
        ...


class EngineAdapter(Protocol):
    """An engine of one kind: what is installed of it, and how it is started. Both run in a worker's process."""

    def installed(self) -> Installed:
        """What is installed; InputError, with what to install, where nothing is."""
        ...

    def start(self, setup: Setup) -> BenchEngine:
        """The engine, ready; whatever it raises is shown to the user with its last lines of output."""
        ...
