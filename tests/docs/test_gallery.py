"""The gallery's figures are those that its commands draw: the table behind each is what the command computes today.

``pytest tests/docs --update-snapshots`` draws them anew into docs/figures.
"""

import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")

DOCS = Path(__file__).parents[2] / "docs"
PAIR = re.compile(r"```sh\ncostmodel (plot [^\n]+)\n```\n\n!\[[^\]]+\]\((figures/[\w.-]+)\)")
PAIRS = PAIR.findall((DOCS / "gallery.md").read_text(encoding="utf-8"))
FEWEST = 10  # figures


def test_every_figure_of_the_gallery_has_its_command():
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert len(PAIRS) == text.count("![") == text.count("```sh") >= FEWEST


@pytest.mark.parametrize(("command", "figure"), PAIRS, ids=[Path(figure).stem for _, figure in PAIRS])
def test_a_figure_is_what_its_command_draws(command, figure, tmp_path, request):
    target = tmp_path / Path(figure).name
    done = CliRunner().invoke(app, [*shlex.split(command), "--out", str(target)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    if request.config.getoption("--update-snapshots"):
        for drawn in tmp_path.iterdir():
            shutil.copy(drawn, DOCS / "figures" / drawn.name)
    assert (DOCS / figure).exists() and target.stat().st_size > 0
    mine, shown = (pd.read_csv(path.with_suffix(".csv")) for path in (target, DOCS / figure))
    pd.testing.assert_frame_equal(mine, shown, rtol=1e-6, obj=f"docs/{figure}, stale: --update-snapshots draws it anew")
