"""The command answers a user's mistake with one line and status 2."""

import pytest

from calibration.__main__ import main
from calibration.data import aiconfigurator as source


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "--gpu", "h100", "--engine", "vllm"], "there is no measured GPU"),
        (["fit", "--gpu", "h100-sxm", "--engine", "vlm"], "did you mean vllm"),
        (["fit", "--gpu", "b60", "--engine", "sglang"], "nothing was measured"),
        (["fit", "--gpu", "h100_sxm", "--engine", "vllm", "--kernel", "fa9"], "there is no measured kernel"),
    ],
)
def test_a_mistake_in_fit(arguments, message, capsys):
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["report", "--gpu", "h1000"], ["--gpu", "h1000", "--engine", "vllm", "--report"]]
)
def test_a_report_without_profile(arguments, capsys):
    assert main(arguments) == 2
    assert "there is no profile" in capsys.readouterr().err


def test_a_missing_package(monkeypatch, capsys):
    monkeypatch.setattr(source, "find_spec", lambda name: None)
    source.systems_folder.cache_clear()
    assert main(["fit", "--gpu", "h100-sxm", "--engine", "vllm"]) == 2
    assert "pip install" in capsys.readouterr().err
    source.systems_folder.cache_clear()


@pytest.mark.parametrize("arguments", [["fit", "--engine", "vllm"], ["anneal"]])
def test_a_wrong_command_line(arguments):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2


def test_a_report_is_a_page_with_numbers_errors_and_residuals(tmp_path, capsys):
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    assert main(["--report", "--gpu", "a100-sxm", "--engine", "vllm", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "a100-sxm--vllm.md").read_text()
    assert "| token_cost bfloat16 |" in page and "± " in page and "![Predicted against measured]" in page
    assert (tmp_path / "a100-sxm--vllm.png").stat().st_size > 20_000


def test_a_page_that_somebody_changed_is_kept(tmp_path, capsys):
    page = tmp_path / "a100-sxm--vllm.md"
    page.write_text("# My own notes\n")
    assert main(["report", "--gpu", "a100-sxm", "--engine", "vllm", "--out", str(tmp_path)]) == 2
    assert "a100-sxm--vllm.md would be overwritten" in capsys.readouterr().err
    assert page.read_text() == "# My own notes\n" and list(tmp_path.iterdir()) == [page]
