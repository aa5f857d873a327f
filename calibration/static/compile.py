"""Cross-compile a Triton kernel to an architecture that is not here, and read the resources and instructions of the binary.

The disassemblers are those that Triton bundles. What was compiled once is kept in the user's cache directory.
"""

import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import re
import subprocess
import tempfile
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

from calibration.static.spec import Spec
from costmodel import files
from costmodel.errors import InputError
from costmodel.evaluation.compile.user_cache import cache_folder

ARCHITECTURES = (80, 89, 90, 100, 120)
ALIGNED = [["tt.divisibility", 16]]  # as Triton's launcher finds the pointers and strides of these kernels


@dataclass(frozen=True)
class Binary:
    """A compiled kernel: registers a thread, stack (spilled) bytes a thread, shared bytes a block, its instructions."""

    name: str
    architecture: int
    registers: int
    stack: int
    shared: int
    triton: str
    sass: str


def version() -> str:
    """The version of Triton that compiles; InputError where there is none."""
    try:
        import triton
    except ImportError as error:
        raise InputError("compiling kernels needs Triton (Linux); try: pip install 'costmodel[kernels]'") from error
    return triton.__version__


def compile_kernel(spec: Spec, architecture: int) -> Binary:
    """The binary of a spec for sm_<architecture>. Raises InputError, with the compiler's reason, where it cannot be had."""
    if os.environ.get("TRITON_INTERPRET") == "1":
        raise InputError("TRITON_INTERPRET=1 is set: kernels are interpreted, not compiled; unset it")
    path = cache_folder() / "static" / f"{_digest(spec, architecture)}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):  # not there, or cut short: compiled below
        return Binary(**json.loads(path.read_text(encoding="utf-8")))
    binary = _compile_in_child(spec, architecture)
    with contextlib.suppress(InputError):  # a cache that cannot be written costs time, not results
        files.make_folder(path.parent)
        files.write_text(path, json.dumps(asdict(binary)))
    return binary


def _compile_in_child(spec: Spec, architecture: int) -> Binary:
    """Compile in a process of its own: Triton remembers how fp8 is converted from the first architecture that it compiles for."""
    context = multiprocessing.get_context("fork")  # so that a kernel out of a user's file need not be pickled
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, spec, architecture))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking where threads exist: the child starts none
        child.start()
    sender.close()
    try:
        answer = receiver.recv()
    except EOFError as error:
        raise InputError(f"{spec.name} does not compile for sm_{architecture}: the compiler died") from error
    finally:
        child.join()
    if isinstance(answer, InputError):
        raise answer
    return answer


def _answer(pipe, spec: Spec, architecture: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRITON_CACHE_DIR"] = folder  # what Triton keeps may come from a process that had met another
        try:
            answer = _compile(spec, architecture)
        except InputError as error:
            answer = InputError(str(error))
    pipe.send(answer)
    pipe.close()


def _digest(spec: Spec, architecture: int) -> str:
    content = (
        version(),
        architecture,
        spec.kernel.cache_key,
        spec.pointers,
        spec.constants,
        spec.warps,
        spec.stages,
        spec.floats,
    )
    return hashlib.sha256(repr((spec.name, *content)).encode()).hexdigest()[:24]


def _compile(spec: Spec, architecture: int) -> Binary:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    names = spec.kernel.arg_names
    signature = {name: _type(name, spec) for name in names}
    free = [(index,) for index, name in enumerate(names) if name not in spec.constants and name not in spec.floats]
    source = ASTSource(
        fn=spec.kernel,
        signature=signature,
        constexprs={(names.index(name),): value for name, value in spec.constants.items()},
        attrs=dict.fromkeys(free, ALIGNED),
    )
    output = io.StringIO()  # a compiler that fails prints the whole program
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Triton's remarks on its own defaults
            kernel = triton.compile(
                source,
                target=GPUTarget("cuda", architecture, 32),
                options={"num_warps": spec.warps, "num_stages": spec.stages},
            )
    except Exception as error:  # the compiler raises what it likes; its text is the reason
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        reason = next((line for line in lines if "error" in line.lower() and "codegen" not in line), lines[-1])
        raise InputError(f"{spec.name} does not compile for sm_{architecture}: {reason.strip()[:200]}") from error
    used, sass = _disassembled(kernel.asm["cubin"])
    return Binary(
        spec.name,
        architecture,
        int(re.search(r"REG:(\d+)", used).group(1)),
        int(re.search(r"STACK:(\d+)", used).group(1)),
        int(kernel.metadata.shared),
        triton.__version__,
        sass,
    )


def _type(name: str, spec: Spec) -> str:
    if name in spec.constants:
        return "constexpr"
    if name in spec.pointers:
        return "*" + spec.pointers[name]
    return "fp32" if name in spec.floats else "i32"


def _disassembled(cubin: bytes) -> tuple[str, str]:
    """Output of ``cuobjdump`` on resources and of ``nvdisasm`` on instructions with their encodings."""
    import triton

    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.cubin"
        file.write_bytes(cubin)
        calls = ([tools / "cuobjdump", "--dump-resource-usage", file], [tools / "nvdisasm", "-c", "-hex", file])
        try:
            return tuple(subprocess.run(call, capture_output=True, text=True, check=True).stdout for call in calls)
        except (OSError, subprocess.CalledProcessError) as error:
            raise InputError(f"Triton's disassembler does not run here: {error}") from error
