"""What ``costmodel tex`` prints is taken by LaTeX as it stands."""

import shutil
import subprocess

import pytest

from costmodel.analyses import equations

DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath,booktabs}
\begin{document}
%s
\end{document}
"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs TeX: apt-get install texlive-latex-recommended")
@pytest.mark.parametrize("scheme", [None, "kivi-2bit+h2o"])
def test_equations_and_nomenclature_compile(scheme, tmp_path):
    found = equations.of(["step_time", "max_batch", "speedup_spread"], scheme, whole_chain=True)
    (tmp_path / "paper.tex").write_text(DOCUMENT % found.latex(), encoding="utf-8")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, [line for line in done.stdout.splitlines() if line.startswith("!")]
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000 and "undefined" not in done.stdout
