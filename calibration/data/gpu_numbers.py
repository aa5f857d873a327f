"""Numbers of a GPU that not every fact file states."""

from costmodel.errors import InputError
from costmodel.facts.gpus import GPU


def states(gpu: GPU, name: str) -> bool:
    """Whether the GPU's fact file itself states that number; ``gpu.numbers`` also holds defaults."""
    return name in gpu.facts and name in gpu.numbers


def require_number(gpu: GPU, name: str) -> float:
    """One number that the GPU's file states, in base units; InputError where it does not."""
    if not states(gpu, name):
        raise InputError(f"gpus/{gpu.id}.toml: {name} is missing; this fit needs it")
    return gpu.numbers[name]
