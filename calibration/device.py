"""The numbers of a GPU that the formulas ask for, from its fact file."""

import tomllib
from functools import cache
from pathlib import Path

from costmodel.errors import FactError, UnknownName
from costmodel.language.units import read

FOLDER = Path(__file__).parents[1] / "costmodel" / "facts" / "gpus"
UNITS = {
    "hbm_bandwidth": "byte/second",
    "sms": "sm",
    "l2_size": "byte",
    "clock": "1/second",
    "peak_16bit": "flop/second",
    "peak_fp8": "flop/second",
    "peak_int8": "flop/second",
    "peak_fp4": "flop/second",
    "link_bandwidth": "byte/second",
}


@cache
def device(gpu: str) -> dict[str, float]:
    """Quantity name → number in base units; what the vendor does not have is absent. Raises UnknownName, UnitError."""
    path = FOLDER / f"{gpu}.toml"
    if not path.exists():
        raise UnknownName("GPU", gpu, (p.stem for p in FOLDER.glob("*.toml")))
    facts = tomllib.loads(path.read_text())
    return {name: read(facts[name], unit) for name, unit in UNITS.items() if name in facts}


def need(gpu: str, name: str) -> float:
    """One number of the GPU; FactError where its file does not state it."""
    if name not in device(gpu):
        raise FactError(f"{FOLDER.name}/{gpu}.toml states no {name}, which this fit needs")
    return device(gpu)[name]
