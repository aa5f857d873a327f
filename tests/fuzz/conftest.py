"""A folder for damaged files, and how many inputs each entry point read or refused, printed after a long run."""

from pathlib import Path

import pytest
from damage import COUNTS
from hypothesis import settings

SHORT = 1_000  # examples of a test below which nobody wants to read counts


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Where damaged files are written, anew for every input."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    COUNTS.clear()
    try:
        return (yield)
    finally:
        item.user_properties.append(("inputs", dict(COUNTS)))


def pytest_terminal_summary(terminalreporter):
    if settings().max_examples < SHORT:
        return
    total = 0
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        if counts := dict(report.user_properties).get("inputs"):
            total += counts["inputs"]
            name = report.nodeid.rpartition("/")[2]
            terminalreporter.write_line(f"{counts['inputs']:9,} inputs, {counts.get('refused', 0):9,} refused  {name}")
    terminalreporter.write_line(f"{total:9,} inputs in all")
