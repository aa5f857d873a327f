"""Figures and their captions speak of schemes, models and GPUs by name."""

import re

import pandas as pd
import pytest

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")

import figure_cases
from matplotlib.text import Text

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import store
from costmodel.plots.style import names, venues


def test_a_scheme_has_its_name_with_the_knobs_that_were_changed():
    assert names.scheme_name("kivi-2bit") == "KIVI 2-bit" and names.scheme_name("bf16") == "16-bit cache"
    assert names.scheme_name("h2o[budget=8192]+fp8") == "H2O (budget 8,192) + FP8 cache"
    assert names.scheme_name("hypothetical[saving=0.4,overhead=12us]") == (
        "Hypothetical codec (overhead 12 µs, saving 0.4)"
    )
    assert names.scheme_name("of a table from elsewhere") == "of a table from elsewhere"


def test_names_that_files_give_stand_first_and_equal_ones_are_told_apart():
    frame = pd.DataFrame({"scheme": ["fp8", "mine", "int4"]})
    frame.attrs[names.NAMES] = {"mine": "FP8 cache"}
    assert list(names.scheme_names(frame).items()) == [
        ("fp8", "FP8 cache (fp8)"), ("mine", "FP8 cache (mine)"), ("int4", "INT4 per token and head"),
    ]  # fmt: skip


def test_a_deployment_is_described_by_names_and_its_assumptions_without_options():
    deployment = resolve_deployment("llama-70b", "h100-sxm")
    assert names.describe(deployment) == (
        "Llama 3.1 70B on 4\u00a0×\u00a0NVIDIA H100 SXM5 80GB, vLLM, bfloat16 weights"
    )
    assumed = names.describe_assumed(resolve_deployment("llama-70b"))
    assert "GPU NVIDIA H100 SXM5 80GB" in assumed and "link NVLink through NVSwitch" in assumed
    assert not any("--" in text or "h100-sxm" in text for text in assumed)


IDS = [
    identifier
    for kind in ("schemes", "gpus", "engines", "implementations", "models")
    for identifier in store.files(kind)
]  # fmt: skip


def ids_in(texts) -> set[str]:
    """Texts that are an id, or the words of one thing with an id before or behind them (``fp8: budget``)."""
    found = set()
    for text in texts:
        for part in re.split(r": |, |<br>|\n| \(never\)", text):
            if part.split("[")[0] in IDS:
                found.add(text)
    return found


@pytest.mark.parametrize("case", [case for case in figure_cases.CASES if case != "parity"])
def test_no_legend_or_hover_of_a_figure_speaks_of_ids(case):
    figure, frame, title, options = figure_cases.table(case)
    drawn = figure.draw_plotly(frame, title, **options).to_plotly_json()
    legend = [trace["name"] for trace in drawn["data"] if trace.get("name") and trace.get("showlegend", True)]
    hovers = [trace["hovertemplate"] for trace in drawn["data"] if trace.get("hovertemplate")]
    assert not ids_in(legend) and not ids_in(hovers)
    paper = figure_cases.draw(case, venues.figure_width("column", "acm"))
    assert not ids_in(text.get_text() for text in paper.findobj(Text))


def test_an_implementation_has_the_name_of_its_file():
    assert names.kernel_name("vllm--fp8") == "vLLM fp8 cache, FlashAttention 3"
    assert names.kernel_name("ideal") == "ideal"


def test_a_waterfall_says_what_its_terms_are():
    figure, frame, _, _ = figure_cases.table("waterfall")
    caption = figure.format_caption(frame)
    assert "hbm: attention waiting for memory, and the state of recurrent layers." in caption
    assert "experts:" not in caption, "which no step of it has"
