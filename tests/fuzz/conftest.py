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


class Tally:
    """Prints what each entry point read as soon as it has, for a run of hours may be cut short; the sum comes last."""

    def __init__(self, config):
        self.printer, self.total = config.pluginmanager.get_plugin("terminalreporter"), 0

    def pytest_runtest_logreport(self, report):
        counts = dict(report.user_properties).get("inputs") if report.when == "call" else None
        if counts:
            self.total += counts["inputs"]
            name = report.nodeid.rpartition("/")[2]
            self.printer.write_line(f" {counts['inputs']:9,} inputs, {counts.get('refused', 0):9,} refused  {name}")

    def pytest_terminal_summary(self):
        self.printer.write_line(f" {self.total:9,} inputs in all")


def pytest_collection_finish(session):
    if settings().max_examples >= SHORT and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Tally(session.config))
