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


@pytest.fixture(autouse=True)
def _counted(record_property):
    COUNTS.clear()
    yield
    record_property("inputs", dict(COUNTS))


def pytest_terminal_summary(terminalreporter):
    if settings().max_examples < SHORT:
        return
    rows = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            if counts := dict(report.user_properties).get("inputs"):
                rows[report.nodeid.rpartition("/")[2]] = counts
    for name, counts in sorted(rows.items()):
        terminalreporter.write_line(f"{counts['inputs']:9,} inputs, {counts.get('refused', 0):9,} refused  {name}")
    terminalreporter.write_line(f"{sum(counts['inputs'] for counts in rows.values()):9,} inputs in all")
