"""C source as a loaded library: compiled once for this source, compiler and processor, and kept in the user's cache."""

import ctypes
import functools
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from costmodel.errors import CostModelError
from costmodel.evaluation.compile import user_cache

# Linked without -ffast-math, which would switch off subnormal numbers in the whole process.
COMPILE, LINK = ["-O3", "-march=native", "-ffast-math", "-fPIC", "-c"], ["-shared"]


@functools.cache
def shared_library(source: str) -> ctypes.CDLL:
    """The library that the source makes; CostModelError where there is no compiler or it refuses."""
    command = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(command[0]) is None:
        raise CostModelError(f"no C compiler {command[0]!r} on PATH (set CC)")
    digest = hashlib.sha256(repr((source, command, COMPILE, processor())).encode()).hexdigest()[:20]
    path = user_cache.compiled_file(f"native_{digest}", ".so", lambda: _compile(command, source))
    return ctypes.CDLL(str(path))


def _compile(command: list[str], source: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="costmodel-") as folder:
        code, binary, whole = (Path(folder) / name for name in ("loop.c", "loop.o", "loop.so"))
        code.write_text(source, encoding="utf-8")
        compiling = [*command, *COMPILE, str(code), "-o", str(binary)]
        for step in (compiling, [*command, *LINK, str(binary), "-o", str(whole), "-lm"]):
            run = subprocess.run(step, capture_output=True, text=True)
            if run.returncode:
                raise CostModelError(f"{shlex.join(step)} failed: {run.stderr.strip().splitlines()[:1]}")
        return whole.read_bytes()


def processor() -> str:
    """What -march=native depends on, so that a cache on a shared disk never runs another machine's code."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line for line in lines if line.startswith(("flags", "Features"))), repr(os.uname().machine))
