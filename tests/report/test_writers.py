"""Three forms of one report: a hash that only content moves, an HTML file that asks nothing of any host, whole tables."""

import datetime
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from costmodel.report.blocks import Table
from costmodel.report.contents import CHAPTERS, SUMMARY
from costmodel.report.writers import content_hash, to_html, to_json, to_markdown


def test_the_hash_is_of_the_content_without_date_and_path(report):
    one = report("c-kivi")
    content = json.loads(to_json(one, "here"))
    stated = content.pop("hash")
    for name in ("date", "path"):
        assert content.pop(name)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == stated == content_hash(one)
    later = replace(one, date=datetime.date(2030, 1, 1))
    assert content_hash(later) == stated and content_hash(replace(one, deployment="elsewhere")) != stated
    assert content_hash(report("d-h2o-4bit")) != stated


def test_json_has_every_section_and_no_number_that_is_none(report):
    content = json.loads(to_json(report("d-h2o-4bit")))
    assert set(content["sections"]) == {chapter.key for chapter in (*CHAPTERS, SUMMARY)}
    assert content["stamp"]["profiles"] and content["stamp"]["costmodel"]
    assert "NaN" not in to_json(report("d-h2o-4bit")) and "Infinity" not in to_json(report("d-h2o-4bit"))


class Tags(HTMLParser):
    VOID = {"meta", "rect", "path"}

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.names = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("scheme", ["c-kivi", "d-h2o-4bit", "fp8", "mla"])
def test_html_is_one_file_that_asks_nothing_of_any_host(report, scheme):
    text = to_html(report(scheme))
    tags = Tags()
    tags.feed(text)
    assert tags.open == [] and not tags.names & {"script", "link", "img", "iframe", "object"}
    names = {name for name, _ in tags.attributes}
    assert not names & {"src", "onclick", "onload", "srcset"}
    assert all(value.startswith("#") for name, value in tags.attributes if name == "href")
    assert all("w3.org" in url for url in re.findall(r"https?://[^\s\"'<]+", text)) and "@import" not in text
    assert "width=device-width" in text and "size:A4" in text


def test_text_of_a_proposal_cannot_become_markup(report):
    evil = replace(report("c-kivi"), name="<script>alert(1)</script>", source="a & b")
    assert "<script>" not in to_html(evil) and "a &amp; b" in to_html(evil)


def test_findings_stand_first_in_every_form(report):
    one = report("c-kivi")
    for text in (to_html(one), to_markdown(one)):
        places = [
            text.index(f"\n## {page.title}" if text.startswith("#") else f"<h2>{page.title}") for page in one.pages
        ]
        assert places == sorted(places) and one.pages[0].key == "summary"


def test_every_table_has_as_many_cells_as_heads(report):
    for scheme in ("a-variable-rate", "b-dedup", "c-kivi", "d-h2o-4bit", "f-kvtc", "fp8"):
        for page in report(scheme).pages:
            for block in page.blocks:
                if isinstance(block, Table):
                    assert all(len(row) == len(block.heads) for row in block.rows), block.title
                    assert not block.tones or len(block.tones) == len(block.rows)


def test_markdown_tables_are_whole(report):
    rows = [line for line in to_markdown(report("c-kivi")).splitlines() if line.startswith("|")]
    assert rows and all(line.endswith("|") for line in rows)
