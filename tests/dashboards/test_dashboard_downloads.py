"""What a page offers beside its figures: the command line that draws the same, and downloads."""

import io
import shlex

import numpy as np
import pandas as pd
import pytest
from page_helpers import PAGES, SMALL, content_of, text
from typer.testing import CliRunner

from costmodel.cli.app import app as command_line
from costmodel.errors import InputError
from dashboards import downloads
from dashboards.selection import Selection, format_query


@pytest.mark.parametrize(
    ("page", "key"), [(p, k) for p in ("regimes", "explore", "pareto", "breakeven") for k in PAGES[p].figures]
)
def test_the_command_line_beside_a_figure_draws_the_same_table(page, key, tmp_path):
    pytest.importorskip("matplotlib")
    shown = content_of(page).figures[key]
    arguments = [*shlex.split(shown.command)[1:], "--out", str(tmp_path / "figure.svg")]
    outcome = CliRunner().invoke(command_line, arguments)
    assert outcome.exit_code == 0, (shown.command, outcome.output, outcome.exception)
    written = pd.read_csv(tmp_path / "figure.csv")
    expected = pd.read_csv(io.StringIO(shown.frame.to_csv(index=False)))
    pd.testing.assert_frame_equal(written, expected, check_dtype=False)


@pytest.mark.parametrize("ending", ["csv", "parquet", "svg", "png", "pdf"])
def test_a_download_is_the_table_or_the_figure(ending, monkeypatch):
    import base64

    sent = downloads.build_file(PAGES["explore"], format_query(SMALL), "waterfall", ending)
    assert sent["filename"] == f"costmodel-explore-waterfall.{ending}"
    content = base64.b64decode(sent["content"]) if sent["base64"] else sent["content"].encode()
    expected = content_of("explore").figures["waterfall"].frame
    if ending in ("csv", "parquet"):
        read_back = (pd.read_csv if ending == "csv" else pd.read_parquet)(io.BytesIO(content))
        assert np.allclose(read_back["amount"], expected["amount"])
    else:
        assert content.lstrip()[:5] in (b"<?xml", b"\x89PNG\r", b"%PDF-")
    with pytest.raises(InputError, match="no such figure"):
        downloads.build_file(PAGES["explore"], format_query(SMALL), "nothing", ending)


def test_a_published_quantity_names_its_benchmark_its_sources_and_what_has_no_figure(tmp_path):
    content = content_of("pareto", Selection(schemes="fp8|kivi-2bit|h2o", x="quality_loss", benchmark="longbench"))
    shown, page_text = content.figures["pareto"], text(content.above)
    assert "on LongBench average, as published by others, not modelled" in page_text
    assert "kivi-2bit loses 1.9% on LongBench average and 32.0% on Passkey at 16K tokens" in page_text
    caption = shown.figure.format_caption(shown.frame)
    assert "longctx_bench@72204d0" in caption and "so not drawn: FP8 cache, KIVI 2-bit (res" in caption
    assert {trace.name for trace in shown.plotly_figure.data} == {"Pareto front", "16-bit cache", "KIVI 2-bit", "H2O"}
    assert "--x quality_loss" in shown.command and "--benchmark longbench" in shown.command
    outcome = CliRunner().invoke(command_line, [*shlex.split(shown.command)[1:], "--out", str(tmp_path / "figure.svg")])
    assert outcome.exit_code == 0
    expected = pd.read_csv(io.StringIO(shown.frame.to_csv(index=False)))
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "figure.csv"), expected)
    plain = content_of("pareto")
    assert "--benchmark" not in plain.figures["pareto"].command and "select quality loss" in text(plain.above)
