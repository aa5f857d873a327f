"""Cross-compiling to architectures that are not here, the shipped tables, and a user's own kernel."""

import dataclasses
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from calibration.__main__ import main
from costmodel.errors import CostModelError

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("triton")),
    reason="cross-compiling needs Triton (Linux): pip install 'costmodel[kernels]'",
)
KERNELS = Path(__file__).with_name("kernel_file.py")


@pytest.mark.parametrize("architecture", [80, 90, 100])
def test_a_codec_compiles_for_what_is_not_here(architecture):
    from calibration.static import codec_tables, codecs
    from calibration.static.kernel_cost import kernel_cost

    plain, coded = (
        kernel_cost(codecs.spec(name, architecture, 64, 4), architecture) for name in ("bf16", "int4-token")
    )
    assert 32 <= plain.registers < coded.registers <= 255 and plain.spilled == coded.spilled == 0
    assert coded.shared < plain.shared and coded.blocks >= 1
    assert coded.instructions > plain.instructions + 2  # nibbles are moved, masked and converted
    assert plain.mix["mma"] == coded.mix["mma"]  # the products are the same
    for cost in (plain, coded):
        # A lower bound and an estimate above it: neither may cross.
        assert cost.cycles >= max(cost.issue_cycles, cost.port_cycles) * 0.97
    assert codec_tables.work(coded, plain) >= coded.instructions - plain.instructions


def test_one_architecture_leaves_no_trace_in_the_next():
    # Triton keeps the conversion from fp8 that the first architecture has; sm_89 lacks the one of sm_90.
    from calibration.static import codecs
    from calibration.static.compile import compile_kernel

    newer, older = (compile_kernel(codecs.spec("fp8", architecture, 64, 4), architecture) for architecture in (90, 89))
    assert "F2F.BF16.F16" in newer.sass and "F2F.BF16.F16" not in older.sass


def test_the_shipped_table_is_what_its_triton_compiles():
    import triton

    from calibration.static import codecs
    from calibration.static.kernel_cost import kernel_cost
    from costmodel.facts.codec_costs import load_codec_costs

    table = load_codec_costs("sm-90").facts
    if table["triton"] != triton.__version__:
        pytest.skip(f"the table is of Triton {table['triton']}, installed is {triton.__version__}")
    cost = table["codec"]["int4-token"]
    compiled = kernel_cost(codecs.spec("int4-token", 90, cost["tokens"], cost["warps"]), 90)
    assert (compiled.registers, compiled.spilled, compiled.shared, compiled.blocks) == tuple(
        cost[key] for key in ("registers", "spilled", "shared", "blocks")
    )
    assert compiled.cycles == pytest.approx(cost["cycles"], abs=0.01)
    assert compiled.instructions == pytest.approx(cost["instructions"], abs=0.01)


def test_a_users_own_kernel(capsys):
    assert main(["--static", str(KERNELS), "--architecture", "sm-90"]) == 0
    output = capsys.readouterr().out
    assert "sm-90" in output and "summed" in output and "× or ÷ 2" in output


def test_a_kernel_that_does_not_compile_says_why():
    from calibration.commands.static import load_specs
    from calibration.static.kernel_cost import kernel_cost

    spec = load_specs(KERNELS)[0]
    with pytest.raises(CostModelError, match="summed does not compile for sm_90"):
        kernel_cost(dataclasses.replace(spec, constants=spec.constants | {"WIDTH": 60}), 90)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("COSTMODEL = []", "COSTMODEL is missing"),
        ("1 / 0", "ZeroDivisionError"),
        ("COSTMODEL = [{'name': 'x'}]", "kernel, pointers, constants, tokens, numbers are missing"),
        (
            "def f(a): pass\nCOSTMODEL = [dict(name='x', kernel=f, pointers={}, constants={}, tokens=1, numbers=1)]",
            "triton.jit",
        ),
    ],
)
def test_a_bad_kernel_file_is_reported(tmp_path, capsys, text, message):
    path = tmp_path / "own.py"
    path.write_text(text)
    assert main(["static", str(path), "--architecture", "sm-90"]) == 2
    assert message in capsys.readouterr().err


def test_unknown_architectures_and_missing_files(capsys):
    assert main(["static", "nowhere.py"]) == 2 and "no such file" in capsys.readouterr().err
    assert main(["static", "--architecture", "sm-42"]) == 2 and "sm-90" in capsys.readouterr().err


def test_a_validation_predicts_before_it_compares():
    from calibration.data import aiconfigurator
    from calibration.static import validation
    from calibration.static.kernel_cost import KernelCost

    rows = (
        aiconfigurator.decode_attention("h100-sxm", "sglang").query("kernel == 'triton' and head_dim == 512").head(50)
    )
    rows = rows.assign(tokens=rows["context"], bytes=1e9, programs=1e3, shares=True)
    cost = KernelCost("k", 90, 32, 4, "3.6.0", 1, 0, 1, 1, 1.0, {}, 10.0, 5.0, "alu", 40.0)
    costs = {(90, kv_dtype, 512, True): cost for kv_dtype in ("bfloat16", "fp8")}
    predicted = validation.predictions(rows, costs)
    blind = validation.predictions(rows.assign(latency_us=1.0), costs)
    assert predicted[["simulated", "issue", "roofline"]].equals(blind[["simulated", "issue", "roofline"]])
    # By hand: 1e9 bytes over 3.35 TB/s; 1,000 programs of 40 cycles a token over 132 multiprocessors at 1.98 GHz.
    assert predicted["roofline"].iloc[0] == pytest.approx(1e9 / 3.35e12 * 1e6)
    turns = 1e6 * 1e3 * 40 * rows["tokens"].iloc[-1] / (132 * 1.98e9)
    assert predicted["simulated"].iloc[-1] == pytest.approx(max(turns, 1e9 / 3.35e12 * 1e6))


def test_help_says_that_the_file_is_run():
    output = subprocess.run(
        [sys.executable, "-m", "calibration", "static", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "is run" in output and "COSTMODEL" in output
