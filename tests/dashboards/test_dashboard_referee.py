"""The page of the referee: nothing is written before it is asked for, and what is shown is the report that is downloaded."""

import json
from base64 import b64encode
from dataclasses import replace

import pytest
from page_helpers import PAGES, content_of, text

from costmodel.errors import CostModelError
from dashboards import layout, uploads
from dashboards.pages import referee
from dashboards.selection import Selection, format_query

KIVI = Selection(scheme="kivi-2bit[group=64]")
MINE = """name = "Mine <script>alert(1)</script>"
source = "a notebook"
[[mechanism]]
kind = "rest"
ratio = 4
decode_flop = "1000 flop"
[[mechanism]]
kind = "quantize"
bits = "8 bit"
tile = [32, 1, 1]
"""


def test_a_visit_computes_no_report():
    before = referee.report_of.info()
    content = content_of("referee", KIVI)
    assert "costmodel referee 'kivi-2bit[group=64]' --out report --model llama-3.1-8b" in text(content.above)
    assert referee.report_of.info() == before
    assert "No report yet" in text(layout.build_layout(PAGES["referee"]))


def test_the_page_shows_the_findings_first_and_the_files_are_the_same_report():
    link = format_query(KIVI)
    shown = referee.write(link)
    files, contents, first, *rest = shown
    assert [button.children for button in files.children[1:]] == ["HTML", "Markdown", "JSON"]
    assert "identical to kivi-2bit[group=64]" in text(first) and first.children[0].children == "Findings"
    assert [part.children[0].children for part in rest] == [a.children for a in contents.children[1:]]
    written = {suffix: referee.build_file(link, suffix) for suffix in referee.WRITERS}
    assert {file["filename"] for file in written.values()} == {"report.html", "report.md", "report.json"}
    assert json.loads(written["json"]["content"])["scheme"] == "kivi-2bit[group=64]"
    assert written["html"]["content"].startswith("<!doctype html>")
    assert referee.report_of.info()[1] >= 1 and referee.write(link)[2].children[0].children == "Findings"


def test_an_uploaded_proposal_is_data_and_its_place_on_the_server_is_told_nobody():
    name = uploads.store_upload("scheme", "mine.toml", "data:;base64," + b64encode(MINE.encode()).decode())
    selection = replace(KIVI, scheme=name)
    assert "costmodel referee mine.toml" in text(content_of("referee", selection).above)
    shown = text(referee.write(format_query(selection)))
    assert "states no encode_instructions" in shown and "while its conversation pauses" in shown
    folder = str(uploads.scheme_path_of(name)).rpartition("/")[0]
    for suffix in referee.WRITERS:
        content = referee.build_file(format_query(selection), suffix)["content"]
        assert folder not in content and (suffix != "html" or "<script>" not in content)
    assert folder not in shown


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?scheme=/etc/passwd.toml", "takes schemes by name"),
        ("?scheme=upload:nobody", "no longer on the server"),
        ("?scheme=kvii", "no scheme 'kvii'"),
        ("?model=hf:org/name", "no model 'hf:org/name'"),
    ],
)
def test_what_cannot_be_read_is_said(query, words):
    assert words in text(referee.write(query)) and "message" in referee.write(query)[0].className
    with pytest.raises(CostModelError):
        referee.build_file(query, "html")
