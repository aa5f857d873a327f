"""What the suite would launch on a GPU, recorded on the CPU: every kernel with its arguments as Triton's launcher gets them."""

import contextlib

import torch
from triton.runtime.jit import JITFunction

from calibration.static.spec import Spec

ELEMENTS = {
    torch.bfloat16: "bf16",
    torch.float16: "fp16",
    torch.float32: "fp32",
    torch.float8_e4m3fn: "fp8e4nv",
    torch.uint8: "u8",
    torch.int32: "i32",
    torch.int64: "i64",
}


@contextlib.contextmanager
def recorded_launches(specs: dict[str, Spec]):
    """Inside, kernels are not run: what each launch would compile is put into ``specs``."""

    def record(kernel, *args, grid, warmup, num_warps=4, num_stages=2, **constants):
        bound = dict(zip(kernel.arg_names, args, strict=False)) | constants
        marked = [parameter.name for parameter in kernel.params if parameter.is_constexpr]
        spec = Spec(
            kernel.fn.__name__,
            kernel,
            {name: ELEMENTS[value.dtype] for name, value in bound.items() if isinstance(value, torch.Tensor)},
            {name: bound[name] for name in marked},
            1,
            1,
            num_warps,
            num_stages,
            tuple(name for name, value in bound.items() if isinstance(value, float) and name not in marked),
        )
        specs[repr((spec.name, spec.pointers, spec.constants, spec.warps))] = spec

    original = JITFunction.run
    JITFunction.run = record
    try:
        yield specs
    finally:
        JITFunction.run = original
