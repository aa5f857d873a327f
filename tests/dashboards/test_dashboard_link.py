"""A link, the controls and a command line each say all of a view."""

import pytest

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards import controls
from dashboards.selection import NAMES, TWELVE, Selection, command, only, read, write

ASKED = Selection(
    model="llama-3.1-70b", gpu="mi300x", tp="8", scheme="h2o[budget=1024]+fp8", schemes="fp8|kivi-2bit[group=64,residual=32]",
    comparison="objective", tpot="20", ttft="900", batch="4:64", context="4K,8K", at_batch="3", at_context="8192", binding="yes",
    memory_fraction="80%", chain="", weight_dtype="fp8", price="2.5", kernel="gemm",
)  # fmt: skip


def test_the_link_says_all_of_it():
    assert read(write(ASKED)) == ASKED and read("") == Selection() == read(write(Selection()))
    assert read("?model=llama-8b&colour=blue").model == "llama-3.1-8b"
    assert read(write(Selection(tpot=""))).tpot == ""
    assert read("?model=../../etc/passwd").model == "../../etc/passwd", "what nobody knows stays to be told"


def test_the_controls_hold_all_of_it():
    for name in NAMES:
        shown = controls.shown(name, getattr(ASKED, name))
        assert controls.text(shown) == getattr(ASKED, name), name
    assert Selection().listed == list(TWELVE)


def test_a_page_sees_only_its_fields():
    seen = only(ASKED, ("model", "tp"))
    assert (seen.model, seen.tp) == ("llama-3.1-70b", "8") and seen.scheme == Selection().scheme


def test_the_command_line_is_the_view():
    said = command(ASKED, ("plot", "regime"), ("model", "tp", "schemes", "tpot", "at_batch"), schemes=ASKED.listed)
    assert said == ("costmodel plot regime --model llama-3.1-70b --tp 8 --scheme fp8 "
                    "--scheme 'kivi-2bit[group=64,residual=32]' --tpot 20ms --batch 3")  # fmt: skip
    assert "--tp" not in command(Selection(), ("regime",), ("model", "tp"))
