"""The numbers of a device that the formulas ask for, from its fact file: the package's or one that a calibration wrote."""

from costmodel.errors import InputError
from costmodel.facts import gpus


def device(gpu: str) -> dict[str, float]:
    """Quantity name → number in base units; what its file does not state is absent. Raises UnknownName, InputError."""
    found = gpus.load(gpu)
    return {name: number for name, number in found.numbers.items() if name in found.facts}


def need(gpu: str, name: str) -> float:
    """One number of the device; InputError where its file does not state it."""
    found = device(gpu)
    if name not in found:
        raise InputError(f"gpus/{gpu}.toml states no {name}, which this fit needs")
    return found[name]
