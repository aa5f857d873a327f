"""The notebooks run from top to bottom, check what they say, lie in git without outputs, and are copied out whole."""

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = "01_one_token 02_regimes 03_break_even 04_calibration 05_add_a_scheme 06_stress".split()
LONGEST = 300  # seconds of one cell, where a kernel hangs


def cells(path: Path, kind: str) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def test_all_six_are_there():
    assert [path.stem for path in NOTEBOOKS] == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_outputs_are_stripped(path):
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(path, "code")), (
        f"nbstripout notebooks/{path.name}"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_totals_are_checked(path):
    checks = [cell for cell in cells(path, "code") if "assert" in "".join(cell["source"])]
    assert len(checks) >= 3
    assert len(cells(path, "markdown")) >= 5


def executed(path: Path, folder: Path):
    """The notebook with the outputs of a fresh kernel; a skip where no kernel can be started here."""
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient: pip install 'costmodel[test]'")
    nbformat = pytest.importorskip("nbformat", reason="needs nbformat: pip install 'costmodel[test]'")
    pytest.importorskip("ipykernel", reason="needs a kernel: pip install ipykernel")
    pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=LONGEST, resources={"metadata": {"path": str(folder)}})
    try:
        return client.execute()
    except RuntimeError as error:
        if "Kernel didn't respond" in str(error) or "Kernel died before replying" in str(error):
            pytest.skip(f"no kernel starts on this machine: {error}")
        raise


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebooks_run(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # small matrices: further threads only wait
        monkeypatch.setenv(threads, "1")
    data = tmp_path / "data"
    monkeypatch.setenv("COSTMODEL_DATA", str(data))
    notebook = executed(path, tmp_path)
    assert all(cell["execution_count"] for cell in notebook.cells if cell["cell_type"] == "code")
    assert not data.exists(), "a notebook wrote into the user's data directory"


def call(*words: str):
    return CliRunner().invoke(app, ["notebooks", *words], catch_exceptions=False)


def test_they_are_copied_and_never_overwritten_unasked(tmp_path, capsys):
    from costmodel.cli.app import main

    target = tmp_path / "a" / "tour"
    assert call(str(target)).exit_code == 0
    assert {p.name: p.read_bytes() for p in target.iterdir()} == {p.name: p.read_bytes() for p in NOTEBOOKS}
    own = target / "03_break_even.ipynb"
    own.write_text("mine")
    with pytest.MonkeyPatch.context() as patched, pytest.raises(SystemExit) as stopped:
        patched.setattr("sys.argv", ["costmodel", "notebooks", str(target)])
        main()
    assert stopped.value.code == 2 and own.read_text() == "mine"
    told = capsys.readouterr().err
    assert "03_break_even.ipynb" in told and "--force" in told
    assert call(str(target), "--force").exit_code == 0 and own.read_bytes() == NOTEBOOKS[2].read_bytes()


def test_a_folder_that_is_none_is_told(tmp_path):
    from costmodel.errors import InputError

    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        call(str(tmp_path / "file"))


def test_the_wheel_ships_them():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["force-include"] == {"notebooks": "costmodel/notebooks"}
