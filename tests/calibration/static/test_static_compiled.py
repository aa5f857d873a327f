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
    from calibration.static import codecs, shipped
    from calibration.static.table import row

    plain, coded = (row(codecs.spec(name, architecture, 64, 4), architecture) for name in ("bf16", "int4-token"))
    assert 32 <= plain.registers < coded.registers <= 255 and plain.spilled == coded.spilled == 0
    assert coded.shared < plain.shared and coded.blocks >= 1
    assert coded.instructions > plain.instructions + 2  # nibbles are moved, masked and converted
    assert plain.mix["mma"] == coded.mix["mma"]  # the products are the same
    for one in (plain, coded):
        # A lower bound and an estimate above it: neither may cross.
        assert one.cycles >= max(one.issue_cycles, one.port_cycles) * 0.97
    assert shipped.work(coded, plain) >= coded.instructions - plain.instructions


def test_one_architecture_leaves_no_trace_in_the_next():
    # Triton keeps the conversion from fp8 that the first architecture has; sm_89 lacks the one of sm_90.
    from calibration.static import codecs
    from calibration.static.compile import compiled

    newer, older = (compiled(codecs.spec("fp8", architecture, 64, 4), architecture) for architecture in (90, 89))
    assert "F2F.BF16.F16" in newer.sass and "F2F.BF16.F16" not in older.sass


def test_the_shipped_table_is_what_its_triton_compiles():
    import triton

    from calibration.static import codecs
    from calibration.static.table import row
    from costmodel.facts.codec_costs import load_codec_costs

    table = load_codec_costs("sm-90").facts
    if table["triton"] != triton.__version__:
        pytest.skip(f"the table is of Triton {table['triton']}, installed is {triton.__version__}")
    cost = table["codec"]["int4-token"]
    found = row(codecs.spec("int4-token", 90, cost["tokens"], cost["warps"]), 90)
    assert (found.registers, found.spilled, found.shared, found.blocks) == tuple(
        cost[key] for key in ("registers", "spilled", "shared", "blocks")
    )
    assert found.cycles == pytest.approx(cost["cycles"], abs=0.01)
    assert found.instructions == pytest.approx(cost["instructions"], abs=0.01)


def test_a_kernel_of_ones_own(capsys):
    assert main(["--static", str(KERNELS), "--architecture", "sm-90"]) == 0
    said = capsys.readouterr().out
    assert "sm-90" in said and "summed" in said and "× or ÷ 2" in said


def test_a_kernel_that_does_not_compile_says_why():
    from calibration.static.command import specs
    from calibration.static.table import row

    spec = specs(KERNELS)[0]
    with pytest.raises(CostModelError, match="summed does not compile for sm_90"):
        row(dataclasses.replace(spec, constants=spec.constants | {"WIDTH": 60}), 90)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("COSTMODEL = []", "COSTMODEL is missing"),
        ("1 / 0", "ZeroDivisionError"),
        ("COSTMODEL = [{'name': 'x'}]", "kernel is missing"),
        (
            "def f(a): pass\nCOSTMODEL = [dict(name='x', kernel=f, pointers={}, constants={}, tokens=1, numbers=1)]",
            "triton.jit",
        ),
    ],
)
def test_a_bad_kernel_file_is_told(tmp_path, capsys, text, said):
    path = tmp_path / "own.py"
    path.write_text(text)
    assert main(["static", str(path), "--architecture", "sm-90"]) == 2
    assert said in capsys.readouterr().err


def test_unknown_architectures_and_missing_files(capsys):
    assert main(["static", "nowhere.py"]) == 2 and "no such file" in capsys.readouterr().err
    assert main(["static", "--architecture", "sm-42"]) == 2 and "sm-90" in capsys.readouterr().err


def test_a_validation_predicts_before_it_compares():
    from calibration.sources import aiconfigurator
    from calibration.static import validation
    from calibration.static.table import Row

    rows = (
        aiconfigurator.decode_attention("h100-sxm", "sglang").query("kernel == 'triton' and head_dim == 512").head(50)
    )
    rows = rows.assign(tokens=rows["context"], bytes=1e9, programs=1e3, shares=True)
    made = Row("k", 90, 32, 4, "3.6.0", 1, 0, 1, 1, 1.0, {}, 10.0, 5.0, "alu", 40.0)
    static = {(90, kind, 512, True): made for kind in ("bfloat16", "fp8")}
    found = validation.predicted(rows, static)
    blind = validation.predicted(rows.assign(latency_us=1.0), static)
    assert found[["simulated", "issue", "roofline"]].equals(blind[["simulated", "issue", "roofline"]])
    # By hand: 1e9 bytes over 3.35 TB/s; 1,000 programs of 40 cycles a token over 132 multiprocessors at 1.98 GHz.
    assert found["roofline"].iloc[0] == pytest.approx(1e9 / 3.35e12 * 1e6)
    turns = 1e6 * 1e3 * 40 * rows["tokens"].iloc[-1] / (132 * 1.98e9)
    assert found["simulated"].iloc[-1] == pytest.approx(max(turns, 1e9 / 3.35e12 * 1e6))


def test_help_says_that_the_file_is_run():
    said = subprocess.run(
        [sys.executable, "-m", "calibration", "static", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "is run" in said and "COSTMODEL" in said
