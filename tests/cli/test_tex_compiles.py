"""What ``costmodel tex`` prints compiles under pdflatex, with the packages that its documentation names."""

import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app
from costmodel.facts.vocabulary import vocabulary

PAPER = r"""\documentclass{article}
\usepackage{amsmath,booktabs}
\begin{document}
%s
\end{document}
"""
ASKED = [
    "step_time",
    "step_time --chain",
    "step_time --chain --scheme kivi-2bit",
    "max_batch --chain --scheme streaming-llm+fp8",
    "served_ttft --chain",
    "break_even_context memory_slope multiprocessor_slope",
    "attention_time --scheme turboquant-4bit",
    " ".join(n for n, q in vocabulary().items() if q["kind"] in ("formula", "slot", "total")),  # everything there is
]
needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="needs pdflatex: apt install texlive-latex-recommended"
)


@needs_tex
@pytest.mark.parametrize("words", ASKED, ids=lambda words: words[:40])
def test_align_block_and_symbols_compile(words, tmp_path):
    done = CliRunner().invoke(app, ["tex", *words.split()], catch_exceptions=False)
    assert done.exit_code == 0
    (tmp_path / "paper.tex").write_text(PAPER % done.output, encoding="utf-8")
    ran = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    log = (tmp_path / "paper.log").read_text(errors="replace")
    assert ran.returncode == 0, log[-2000:]
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")
    assert "Missing character" not in log
