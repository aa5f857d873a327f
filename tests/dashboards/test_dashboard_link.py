"""A link, the controls and a command line can each express all of a view."""

import pytest

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards import controls
from dashboards.commands import format_command
from dashboards.selection import (
    DEFAULT_SCHEMES,
    FIELD_NAMES,
    Selection,
    format_query,
    parse_query,
    restrict_to,
)

SELECTION = Selection(
    model="llama-3.1-70b", gpu="mi300x", tp="8", scheme="h2o[budget=1024]+fp8", schemes="fp8|kivi-2bit[group=64,residual=32]",
    comparison="objective", tpot="20", ttft="900", batch="4:64", context="4K,8K", at_batch="3", at_context="8192", binding="yes",
    memory_fraction="80%", chain="", weight_dtype="fp8", price="2.5", kernel="gemm",
)  # fmt: skip


def test_the_link_says_all_of_it():
    assert parse_query(format_query(SELECTION)) == SELECTION and parse_query("") == Selection() == parse_query(
        format_query(Selection())
    )
    assert parse_query("?model=llama-8b&colour=blue").model == "llama-3.1-8b"
    assert parse_query(format_query(Selection(tpot=""))).tpot == ""
    assert parse_query("?model=../../etc/passwd").model == "../../etc/passwd", "an unknown name stays as it is"


def test_the_controls_hold_all_of_it():
    for name in FIELD_NAMES:
        value = controls.to_value(name, getattr(SELECTION, name))
        assert controls.to_text(value) == getattr(SELECTION, name), name
    assert Selection().scheme_names == list(DEFAULT_SCHEMES)


def test_a_page_sees_only_its_fields():
    restricted = restrict_to(SELECTION, ("model", "tp"))
    assert (restricted.model, restricted.tp) == ("llama-3.1-70b", "8") and restricted.scheme == Selection().scheme


def test_the_command_line_is_the_view():
    command = format_command(
        SELECTION, ("plot", "regime"), ("model", "tp", "schemes", "tpot", "at_batch"), schemes=SELECTION.scheme_names
    )
    assert command == ("costmodel plot regime --model llama-3.1-70b --tp 8 --scheme fp8 "
                    "--scheme 'kivi-2bit[group=64,residual=32]' --tpot 20ms --batch 3")  # fmt: skip
    assert "--tp" not in format_command(Selection(), ("regime",), ("model", "tp"))
