"""A link, the controls and a command line each say all of a view."""

import pytest

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards import controls
from dashboards.selection import Selection, command, read, write


def test_the_link_says_all_of_it():
    asked = Selection("llama-3.1-70b", "mi300x", "8", "vllm", "h2o[budget=1024]+fp8", "objective", "20", "900", "4:64",
                      "4K,8K", "8", "8192")  # fmt: skip
    assert read(write(asked)) == asked and read("") == Selection() == read(write(Selection()))
    assert controls.chosen(controls.values(asked)) == asked
    assert read("?model=llama-8b&colour=blue").model == "llama-3.1-8b"
    assert read(write(Selection(comparison="objective", tpot=""))).tpot == ""


def test_the_command_line_is_the_view():
    said = command(Selection(scheme="h2o[budget=1024]+fp8", comparison="objective", tp="2"))
    assert said == ("costmodel regime --model llama-3.1-8b --gpu h100-sxm --tp 2 --engine vllm "
                    "--scheme 'h2o[budget=1024]+fp8' --comparison objective --tpot 50ms")  # fmt: skip
    assert "tpot" not in command(Selection()) and "--batch 1:256" in command(Selection())
