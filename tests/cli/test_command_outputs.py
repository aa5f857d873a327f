"""What the command line writes never takes the place of something that the user neither named nor had from us."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.errors import InputError

ROOT = Path(__file__).parents[2]
SWEEP = "sweep --model llama-8b --gpu h100-sxm --tp 1 --scheme fp8 --batch 1 --context 1K"
PLOT = "plot memory --model llama-8b --gpu h100-sxm --tp 1 --scheme none --scheme fp8 --batch 8 --context 4K"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(command: str) -> str:
    done = CliRunner().invoke(app, command.split())
    if isinstance(done.exception, Exception):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def refused(command: str) -> str:
    """The message of a mistake, which comes before any work: nothing is computed."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(InputError) as error:
        patched.setattr("costmodel.evaluation.ask.grid.grid", lambda *_, **__: pytest.fail("computed"))
        patched.setattr("costmodel.cli.plot.parse_options", lambda options, texts: pytest.fail("computed"))
        call(command)
    return str(error.value)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["results.csv", "results.parquet", "results.nc", "results.zarr"])
def test_a_folder_of_the_users_is_never_removed(name, folder):
    (folder / name / "deep").mkdir(parents=True)
    (folder / name / "deep" / "thesis.tex").write_text("mine")
    before = content(folder)
    message = refused(f"{SWEEP} --out {name}")
    assert name in message and "got" in message
    assert content(folder) == before


@pytest.mark.parametrize("change", ["note", "array", "title", "link"])
def test_a_store_is_replaced_while_nothing_else_lies_in_it(change, folder):
    store = folder / "out.zarr"
    for context in ("1K", "1K,2K"):
        call(f"{SWEEP},{context} --out out.zarr".replace("1K,1K", "1K,4K"))
    if change == "note":
        (store / "note.txt").write_text("mine")
    elif change == "array":
        (store / "mine").mkdir()
        (store / "mine" / ".zarray").write_text("{}")
    elif change == "title":
        (store / ".zattrs").write_text('{"title": "my data"}')
    else:
        (store / "0").symlink_to(folder)
    before = content(folder)
    assert "nothing was removed" in refused(f"{SWEEP} --out out.zarr")
    assert content(folder) == before


def test_a_plot_leaves_the_users_files_beside_it_alone(folder):
    pytest.importorskip("matplotlib")
    (folder / "paper.tex").write_text("my paper")
    (folder / "paper.csv").write_text("my,data\n")
    before = content(folder)
    message = refused(f"{PLOT} --out paper.pdf")
    assert "paper.tex" in message and "paper.csv" in message and "--force" in message
    assert content(folder) == before
    call(f"{PLOT} --out paper.pdf --force")
    assert (folder / "paper.tex").read_text().startswith("% costmodel wrote ")


def test_a_plot_is_drawn_again_until_its_caption_is_edited(folder):
    pytest.importorskip("matplotlib")
    call(PLOT)
    first = content(folder)
    assert set(first) == {"memory.pdf", "memory.csv", "memory.tex"}
    call(PLOT.replace("4K", "8K"))
    assert content(folder)["memory.csv"] != first["memory.csv"]
    call(f"{PLOT} --out memory.svg")
    with open(folder / "memory.tex", "a") as caption:
        caption.write("And more of mine.\n")
    assert "memory.tex would be overwritten" in refused(f"{PLOT} --out memory.svg")


def test_a_figure_that_nobody_named_is_kept(folder):
    (folder / "memory.pdf").write_bytes(b"mine")
    assert "memory.pdf would be overwritten" in refused(PLOT)
    assert content(folder) == {"memory.pdf": b"mine"}


def test_the_sweep_that_nobody_named_is_replaced_until_it_is_edited(folder):
    table = folder / "costmodel-out" / "sweep-llama-3.1-8b-h100-sxm.csv"
    call(SWEEP)
    call(f"{SWEEP},2K")
    table.write_text(table.read_text() + "my,row\n")
    assert f"{table.name} would be overwritten" in refused(SWEEP)
    assert table.read_text().endswith("my,row\n")
    call(f"{SWEEP} --force")
    assert not table.read_text().endswith("my,row\n")


def test_a_file_in_place_of_the_default_folder_is_told(folder):
    (folder / "costmodel-out").write_text("mine")
    assert "costmodel-out: cannot be written" in refused(SWEEP)


def test_a_table_goes_to_standard_output_by_name(folder):
    (folder / "points.csv").write_text("model,gpu,tp,scheme,batch,context\nllama-8b,h100-sxm,1,fp8,1,1024\n")
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", "predict", "points.csv", "--out", "/dev/stdout"],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith('"model","gpu",'), (done.stdout, done.stderr)
    assert done.stdout.count("\n") == 2 and set(content(folder)) == {"points.csv"}


@pytest.mark.parametrize(
    ("value", "text"), [(8780.4, "8,780"), (-1234.0, "-1,234"), (3.14159, "3.14"), (0.000123, "0.000123"), (0.0, "0")]
)
def test_numbers_are_printed_without_powers_of_ten(value, text):
    from costmodel.cli.terminal import format_digits

    assert format_digits(value) == text


def test_predictions_asked_for_as_a_file_and_as_json_are_both(folder):
    (folder / "points.csv").write_text("model,gpu,tp,batch,context\nllama-8b,h100-sxm,1,1,1024\n", encoding="utf-8")
    printed = call("predict points.csv --json --out predicted.csv")
    assert '"tpot_ms"' in printed and "1 row written to predicted.csv" in printed
    assert (folder / "predicted.csv").read_text(encoding="utf-8").startswith('"model","gpu"')
