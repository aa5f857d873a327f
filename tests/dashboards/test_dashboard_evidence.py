"""The badge of every scheme says the weakest evidence of what the page shows, by the words of the command line."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from dash import html
from page_helpers import SMALL, content_of

from costmodel.analyses import kernel_evidence as evidence_of_kernels
from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.evaluation.ask.predict import predict
from costmodel.evaluation.assemble.deployments import resolve_deployment


def badges(parts) -> dict[str, str]:
    """The word of the badge of every scheme, by its name."""
    lines = [part for part in html.Div(parts)._traverse() if getattr(part, "className", None) == "evidence"]
    spans = [span for span in lines[0].children if isinstance(span, html.Span)]
    return {name.removesuffix(": "): badge.children for name, badge in (span.children for span in spans)}


@pytest.mark.parametrize("page", ["explore", "pareto", "breakeven", "stress", "equations", "referee", "regimes"])
def test_no_page_says_measured_of_a_kernel_that_nobody_measured(page):
    content = content_of(page, replace(SMALL, scheme="kivi-2bit", schemes="fp8|kivi-2bit"))
    words = badges(content.above)
    assert words["KIVI 2-bit"] == "compiled"
    assert words.get("FP8 cache", "measured") == "measured"


def test_badges_say_what_the_command_line_says_at_the_same_points():
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm")
    schemes = ["none", "fp8", "int4", "kivi-2bit", "h2o"]
    points = pd.DataFrame({"model": "llama-3.1-8b", "gpu": "h100-sxm", "scheme": schemes, "batch": 8, "context": 16384})
    column = dict(zip(schemes, predict(points)[0]["evidence"], strict=True))
    assert kernel_evidence(deployment, schemes, 8, 16384) == column


def test_the_badge_of_a_map_is_that_of_its_weakest_point(monkeypatch):
    words = np.array([["measured", "compiled"], ["measured", "measured"]], dtype=object)
    monkeypatch.setattr(evidence_of_kernels, "compute_columns", lambda *sides, names: {"evidence": words})
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm")
    assert kernel_evidence(deployment, ["fp8"], [1, 8], [1024, 2048]) == {"fp8": "compiled"}
