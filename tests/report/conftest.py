"""Reports of the proposals, built once for all tests of this folder."""

import datetime
import functools
from pathlib import Path

import pytest

from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.report import build_report
from costmodel.report.subject import Subject

PROPOSALS = Path(__file__).parent / "proposals"
TODAY = datetime.date(2026, 11, 27)


@functools.cache
def subject_of(text: str) -> Subject:
    """A proposal of the folder, or a scheme by its name, for Llama 3.1 8B on one H100."""
    path = PROPOSALS / f"{text}.toml"
    name = str(path) if path.exists() else text
    return Subject(name, load_scheme(name), resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm"))


@functools.cache
def report_of(text: str):
    """The report of a proposal or scheme."""
    return build_report(subject_of(text), today=TODAY)


@pytest.fixture
def subject():
    return subject_of


@pytest.fixture
def report():
    return report_of
