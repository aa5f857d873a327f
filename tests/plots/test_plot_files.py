"""Figures as files: as wide as asked, letters kept as letters, the table and the caption beside them."""

import re
import shutil
import subprocess

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel import plots
from costmodel.cli.app import app
from costmodel.errors import CostModelError, InputError
from costmodel.plots import files
from costmodel.plots.style import latex, venues

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")

MODEL = "--model llama-8b --tp 1 --scheme none --scheme fp8 --batch 1,8 --context 4K".split()
POINT = "--model llama-8b --tp 1 --scheme none --scheme fp8 --batch 8 --context 4K".split()
ARGUMENTS = {"regime": MODEL, "breakeven": MODEL, "sensitivity": [*POINT[:4], "--scheme", "fp8"]}


def call(*arguments):
    outcome = CliRunner().invoke(app, ["plot", *arguments])
    if isinstance(outcome.exception, Exception) and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def box(pdf: bytes) -> float:
    """Width of the page in inches."""
    match = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ", pdf)
    return float(match[1]) / 72


FIGURES = [name for name in plots.figures() if name != "parity"]


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_written_with_its_table_and_its_caption(figure, tmp_path):
    call(
        figure,
        *ARGUMENTS.get(figure, POINT),
        "--out",
        str(tmp_path / "figure.pdf"),
        "--venue",
        "ieee",
        "--width",
        "column",
    )
    pdf = (tmp_path / "figure.pdf").read_bytes()
    assert box(pdf) == pytest.approx(3.5, abs=0.01)
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf, "Type 42: embedded TrueType"
    assert len(pd.read_csv(tmp_path / "figure.csv"))
    stamp, caption = (tmp_path / "figure.tex").read_text().split("\n", 1)
    assert stamp.startswith("% costmodel wrote ")
    measured = "Kernel constants measured: profile of NVIDIA H100 SXM5 80GB under vLLM"
    assert "Assumed: GPU NVIDIA H100 SXM5 80GB; engine vLLM" in caption and measured in caption
    assert "--" not in caption and "h100-sxm" not in caption and "kivi-2bit" not in caption, "names, in prose"
    assert not re.search(r"(?<!\\)[%_&#^]", re.sub(r"\$[^$]+\$", "", caption)), "LaTeX takes it as it stands"
    assert caption.count("Llama 3.1 8B on 1~$\\times$~NVIDIA H100") == 1
    assert ("One decode step" in caption) == (
        figure not in ("load", "first-token", "pareto") and "stress" not in figure
    )


def test_a_published_axis_is_written_with_whose_it_is(tmp_path):
    arguments = [
        "--x",
        "quality_loss",
        "--benchmark",
        "gsm8k",
        "--scheme",
        "int4",
        "--out",
        str(tmp_path / "figure.svg"),
    ]
    call("pareto", *POINT, *arguments)
    rows = pd.read_csv(tmp_path / "figure.csv").set_index("setting")
    # LMDeploy's table: GSM8K 28.20 → 27.37, 70.13 → 66.87, 54.97 → 54.74 with an int4 cache.
    assert rows.loc["int4", "x"] == pytest.approx(100 * (1 - 27.37 / 28.20))
    assert rows.loc["int4", "models"] == 3 and "InternLM/lmdeploy@0bf868e" in rows.loc["int4", "source"]
    assert rows.loc["none", "x"] == 0 and rows.loc["fp8", "models"] == 0 and rows["x"].isna()["fp8"]
    caption = (tmp_path / "figure.tex").read_text()
    assert "no 90 \\% interval" in caption and "No published figure on GSM8K, so not drawn: FP8 cache." in caption


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="needs pdffonts: apt-get install poppler-utils")
def test_pdffonts_finds_every_font_embedded(tmp_path):
    call("waterfall", *POINT, "--out", str(tmp_path / "figure.pdf"))
    listing = subprocess.run(["pdffonts", tmp_path / "figure.pdf"], capture_output=True, text=True, check=True).stdout
    rows = listing.splitlines()[2:]
    assert rows and all(re.search(r"TrueType\s+\S+\s+yes", row) for row in rows), listing


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_the_same_figure_twice_is_the_same_file(ending, tmp_path):
    for name in ("one", "two"):
        call("memory", *POINT, "--out", str(tmp_path / f"{name}{ending}"))
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs TeX: apt-get install texlive-pictures")
def test_pgf_is_written_where_there_is_tex(tmp_path):
    call("waterfall", *POINT, "--out", str(tmp_path / "figure.pgf"))
    assert r"\begin{pgfpicture}" in (tmp_path / "figure.pgf").read_text()


@pytest.mark.skipif(shutil.which("pdflatex") is not None, reason="there is TeX here")
def test_pgf_without_tex_says_so(tmp_path):
    with pytest.raises(InputError, match="pdflatex"):
        call("waterfall", *POINT, "--out", str(tmp_path / "figure.pgf"))
    assert not list(tmp_path.iterdir()), "whole or not at all"


def test_a_style_sheet_overrules_ours(tmp_path):
    (tmp_path / "mine.mplstyle").write_text("axes.facecolor: ff0000\nfont.size: 14\n")
    call("memory", *POINT, "--style", str(tmp_path / "mine.mplstyle"), "--out", str(tmp_path / "figure.svg"))
    assert "#ff0000" in (tmp_path / "figure.svg").read_text()
    with pytest.raises(InputError, match="not a Matplotlib style sheet"):
        call("memory", *POINT, "--style", str(tmp_path / "none.mplstyle"), "--out", str(tmp_path / "other.svg"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["regimes"], "did you mean regime"),
        (["regime", "--venue", "nature"], "there is no venue"),
        (["regime", "--width", "wide"], "expected column, text"),
        (["regime", "--width", "400"], "1 to 40"),
        (["regime", "--out", "a.gif"], "expected the ending"),
        (["pareto", *POINT, "--x", "quality"], "there is no quantity 'quality'"),
        (["pareto", *POINT, "--x", "cost_per_million"], "needs --price"),
        (
            ["pareto", *POINT, "--x", "quality_loss", "--benchmark", "longbnch"],
            "no benchmark 'longbnch'; did you mean longb",
        ),
        (["pareto", *POINT, "--x", "quality_loss"], "no published score on longbench of none, fp8"),
        (["sensitivity", *POINT, "--of", "beauty"], "there is no result"),
        (["sensitivity", *POINT[:4], "--of", "break-even", "--scheme", "none"], "no break-even"),
    ],
)
def test_a_mistake_is_said(arguments, message):
    with pytest.raises(CostModelError, match=message):
        call(*arguments)


def test_parity_without_measurements_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **selection: [])
    with pytest.raises(InputError, match=r"costmodel\[measured\]"):
        call("parity", "--gpu", "h100-sxm")


def test_parity_rows_are_those_outside_the_fits():
    pytest.importorskip("aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'")
    from calibration.validation.parity import rows
    from costmodel.facts import store

    frame = rows("a100-sxm", "vllm", max_rows=None)
    fits = store.read_fact_file("profiles", "a100-sxm--vllm")["attention"]
    attention = frame[frame["what"].str.startswith("decode")]
    assert len(attention) == sum(fit["held_out"][kind]["n"] for fit in fits for kind in fit["kv_dtypes"])
    thin = rows("a100-sxm", "vllm", max_rows=50)
    assert thin.groupby("what").size().max() == 50
    assert thin["measured_us"].max() == frame["measured_us"].max()


def test_widths_are_those_of_the_venues():
    assert venues.figure_width("column", "IEEE") == 3.5 and venues.figure_width("text", "neurips") == 5.5
    assert (
        venues.figure_width("text", "acm") == pytest.approx(7.0056, abs=1e-4)
        and venues.figure_width("2.5", "mlsys") == 2.5
    )


def test_latex_takes_a_caption_as_it_stands():
    assert latex.escape_latex("90 % of a_b at 2 × $x_1$") == r"90 \% of a\_b at 2 $\times$ $x_1$"
    assert latex.escape_latex("h100--vllm---x, 1–2, 10^9 ~ \\") == (
        r"h100-{}-vllm-{}-{}-x, 1--2, 10\textasciicircum{}9 \textasciitilde{} \textbackslash{}"
    ), "hyphens in a row are no dash"
    assert files.format_caption("It shows.") == "It shows.\n"


def test_a_break_even_is_drawn_of_a_scheme_file(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'name = "Mine"\nsource = "a notebook"\n[[mechanism]]\nkind = "quantize"\ntarget = "key"\nbits = "3 bit"\n'
        'tile = [32, 1, 1]\nmetadata = "16 bit"\n'
    )
    arguments = ["--scheme", str(tmp_path / "mine.toml"), "--batch", "1,8", "--out", str(tmp_path / "figure.svg")]
    call("breakeven", "--model", "llama-8b", "--tp", "1", *arguments)
    assert pd.read_csv(tmp_path / "figure.csv")["scheme"].tolist() == ["mine", "mine"]
    call("sensitivity", *POINT[:4], "--scheme", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "other.pdf"))
    assert "Mine at batch 8" in (tmp_path / "other.tex").read_text(), "by the name that its file gives"


def test_a_scheme_given_twice_is_drawn_once(tmp_path):
    call("waterfall", *POINT, "--scheme", "fp8-e4m3", "--out", str(tmp_path / "figure.svg"))
    assert pd.read_csv(tmp_path / "figure.csv")["scheme"].unique().tolist() == ["none", "fp8"]


def test_a_title_is_printed_for_who_asks(tmp_path):
    from costmodel.plots import load_figure
    from costmodel.plots.style import paper

    definition = load_figure("memory")
    frame = pd.DataFrame({"scheme": ["fp8"], "part": ["weights"], "amount": [16.0], "fits": [True], "most": [8]})
    with paper.paper_style():
        bare, titled = (definition.draw_matplotlib(frame, title, 3.3) for title in ("", "Llama 3.1 8B"))
    assert bare.get_suptitle() == "" and titled.get_suptitle() == "Llama 3.1 8B"
    for name, arguments in (("bare", []), ("titled", ["--title"])):
        call("memory", *POINT, *arguments, "--out", str(tmp_path / f"{name}.svg"))
    heights = [
        float(re.search(r'height="([\d.]+)pt"', (tmp_path / f"{name}.svg").read_text())[1])
        for name in ("bare", "titled")
    ]
    assert heights[1] > heights[0], "the figure grows by its title"
