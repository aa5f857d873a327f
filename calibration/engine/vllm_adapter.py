"""vLLM: what is installed of it, and how it is started. Nothing of vLLM or torch is imported before it is needed.

Written for vLLM 0.24, which goes with torch 2.11.
"""

import importlib.metadata
import importlib.util
import os
from typing import get_args

from calibration.engine.interface import BenchEngine, Installed, Setup
from costmodel.errors import InputError

TESTED = ("0.24",)
MISSING = "vLLM is not installed in this environment; expected vLLM 0.24, which goes with torch 2.11: pip install vllm==0.24.0"
ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the core in this process, so that it can be stepped from here
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",  # the model is a config.json alone
}


def adapter() -> "VllmAdapter":
    """The adapter, for a worker's entry point."""
    return VllmAdapter()


class VllmAdapter:
    """What is installed of vLLM, and how it is started."""

    def installed(self) -> Installed:
        """Version, KV types by the engine's own names, and the device; InputError where vLLM is not installed."""
        prepare_environment()
        from vllm.config.cache import CacheDType

        return Installed(installed_version(), TESTED, tuple(get_args(CacheDType)), device_name())

    def start(self, setup: Setup) -> BenchEngine:
        """Load the model's shapes with dummy weights and capture the graphs: about a minute on a large GPU."""
        prepare_environment()
        from calibration.engine.vllm_engine import VllmEngine

        return VllmEngine(setup, installed_version(), device_name())


def prepare_environment() -> None:
    """Set what vLLM reads when it is imported; InputError where it is not installed."""
    if importlib.util.find_spec("vllm") is None:
        raise InputError(MISSING)
    os.environ.update(ENVIRONMENT)
    if importlib.util.find_spec("flashinfer") is None:
        # Else vLLM asks for the sampler of a package that is not there.
        os.environ.setdefault("VLLM_USE_FLASHINFER_SAMPLER", "0")


def installed_version() -> str:
    """The installed version, whatever its distribution is called; that of the module where none is called vllm."""
    try:
        return importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        import vllm

        return vllm.__version__


def device_name() -> str:
    """The GPU's name as its driver reports it, "" without one."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""
