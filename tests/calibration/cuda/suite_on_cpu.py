"""Run by ``test_cuda_suite`` in a process of its own: the suite on the CPU, kernels interpreted, every time 7 µs.

Argument: a folder to write to.
"""

import os
import sys
from pathlib import Path

os.environ["TRITON_INTERPRET"] = "1"

from triton.runtime import interpreter

from calibration.cuda import runs, suite
from calibration.cuda.cases import load_cases
from calibration.cuda.operations import OPERATIONS

_patch = interpreter._patch_lang_tensor


def _patched(tensor, scope):
    # Triton 3.6 reads a loop's bound as ``int(array)``, which NumPy 2.4 refuses for one axis; 3.9 squeezes it first.
    _patch(tensor, scope)
    scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.squeeze()))


interpreter._patch_lang_tensor = _patched

TINY = """
[case.stream]
operation = "stream"
l2 = "cold"
repeats = 3
identifies = ["hbm_efficiency"]
axes = { kind = ["read", "copy"], numbers = [5000] }
[case.product]
operation = "product"
l2 = "cold"
repeats = 3
identifies = ["gemm_efficiency"]
axes = { dtype = ["bfloat16"], m = [3], n = [16], k = [32] }
[case.attention]
operation = "attention"
l2 = "warm"
repeats = 3
identifies = ["token_cost"]
axes = { kv_dtype = ["bfloat16"], batch = [2], query_heads = [8], kv_heads = [2], head_dim = [32], context = [40] }
[case.codec]
operation = "codec_attention"
l2 = "warm"
repeats = 3
identifies = ["token_cost"]
axes.codec = ["fp8", "int4-token", "int4-channel"]
axes.batch = [1]
axes.query_heads = [4]
axes.kv_heads = [2]
axes.head_dim = [128]
axes.context = [64]

[case.quantise]
operation = "quantise"
l2 = "cold"
repeats = 1
identifies = ["copy_efficiency"]
axes = { codec = ["fp8", "int2-channel"], kv_heads = [2], head_dim = [128], tokens = [64] }
[case.dequantise]
operation = "dequantise"
l2 = "cold"
repeats = 1
identifies = ["copy_efficiency"]
axes = { codec = ["int4-group"], kv_heads = [2], head_dim = [128], tokens = [64] }
[case.evict]
operation = "evict"
l2 = "cold"
repeats = 1
identifies = ["kernel_floor"]
axes = { kind = ["score", "best"], kv_heads = [2], packed = [2], tokens = [70], kept_tokens = [9] }
[case.compact]
operation = "compact"
l2 = "cold"
repeats = 1
identifies = ["copy_efficiency"]
axes = { kv_heads = [2], head_dim = [64], tokens = [20], kept_tokens = [5] }
[case.hash]
operation = "block_hash"
l2 = "cold"
repeats = 1
identifies = ["kernel_floor"]
axes = { blocks = [9], words = [4] }
[case.rotate]
operation = "rotate"
l2 = "cold"
repeats = 1
identifies = ["kernel_floor"]
axes = { rows = [9], head_dim = [64] }
[case.host]
operation = "host_copy"
l2 = "warm"
repeats = 1
identifies = ["host_bandwidth"]
axes = { kind = ["to-device", "to-host"], numbers = [100] }
[case.all-reduce]
operation = "all_reduce"
l2 = "warm"
repeats = 1
identifies = ["reduce_hop"]
axes = { numbers = [100] }
"""


class Seven:
    """A device that runs one call of a graph on the CPU and reports 7 µs for each."""

    l2_bytes, calls = 2**20, 0

    def free_bytes(self):
        return 0  # no room for further copies

    def used_bytes(self):
        return 0

    def flush(self):
        pass

    def capture(self, calls):
        calls[0]()

        def replay():
            self.calls += len(calls)

        return replay

    def time(self, run, before, repeats):
        self.calls = 0
        run()
        return [7.0 * max(self.calls, 1)] * repeats

    def time_alone(self, run, before, repeats):
        return self.time(run, None, repeats)

    def is_lost(self):
        return False

    def release(self):
        pass


def run(cases, path):
    """The suite over the cases that the file lacks."""
    state = {"gpu": "h100-sxm", "torch": "2", "triton": "3"}
    return suite.run(
        suite.waiting(cases, path), path, state, Seven(), lambda case: OPERATIONS[case.operation]("cpu", **case.shape)
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "cases.toml").write_text(TINY)
    selected = load_cases(OPERATIONS, folder / "cases.toml")
    path = folder / "runs.jsonl"
    first = run(selected[:4], path)
    with path.open("a") as file:
        file.write('{"key": "cut sho')  # a kill in the middle of a line
    second, third = run(selected, path), run(selected, path)
    print(len(selected), *(outcome.measured for outcome in (first, second, third)))
    print([error for outcome in (first, second, third) for _, error in outcome.failed], file=sys.stderr)
    print(runs.attention_rows(path).to_csv(index=False))
