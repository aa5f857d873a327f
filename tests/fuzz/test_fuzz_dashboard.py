"""What a browser may send: links with any query, uploads of any content, callbacks with any body."""

import base64
import functools

import pytest
from damage import JSON, NOISE, WORDS, answer_of, damaged_json, damaged_lines, damaged_table
from hypothesis import given, settings
from hypothesis import strategies as st
from seeds import CONFIGURATIONS, MEASURED, texts

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dashboards import resolve, uploads
from dashboards.app import all_pages, build
from dashboards.callbacks import draw
from dashboards.controls import to_value
from dashboards.selection import FIELD_NAMES, Selection, format_query, parse_query

PAGES = {page.id: page for page in all_pages()}
SLOW = settings(max_examples=max(10, settings().max_examples // 40))  # of what draws figures
SMALL = {"batch": "1:64:4", "context": "1K:32K:4", "schemes": "fp8|h2o"}
VALUES = st.sampled_from(
    [*WORDS, "llama-3.1-70b", "deepseek-v3", "mixtral-8x7b", "a100-sxm", "sglang", "2", "16", "upload:abc", "fp8|int4",
     "|", "yes",
     "own-batch", "objective", "fork", "beams", "step_time", "tables", "tpot_ms", "batch", "schemes", "models"]
) | NOISE  # fmt: skip
FIELDS = st.dictionaries(st.sampled_from(FIELD_NAMES), VALUES, max_size=4)


def resolved(query: str):
    """What a link asks for, resolved without drawing."""
    selection = parse_query(query)
    assert parse_query(format_query(selection)) == selection
    [to_value(name, getattr(selection, name)) for name in FIELD_NAMES]
    deployment = resolve.deployment_of(selection)
    schemes = resolve.schemes_of(selection, baseline=True)
    return schemes, resolve.axes_of(selection, deployment), resolve.point_of(selection), resolve.price_of(selection)


@given(fields=FIELDS, noise=st.text(max_size=8) | st.just(""))
def test_any_link_is_resolved(fields, noise):
    answer_of(resolved, format_query(Selection(**fields)) + noise)


@functools.cache
def loaded(page: str) -> None:
    """What a page's first view loads, packages and tables, is no work of an input."""
    draw(PAGES[page], format_query(Selection(**SMALL)), None)


@pytest.mark.parametrize("page", PAGES)
@SLOW
@given(fields=FIELDS)
def test_any_link_is_drawn_or_said(page, fields):
    loaded(page)
    answer_of(lambda: draw(PAGES[page], format_query(Selection(**SMALL | fields)), None)[5] and None)


@given(text=damaged_lines(texts("schemes")))
@SLOW
def test_any_uploaded_scheme(text):
    answer_of(uploads.READERS["scheme"], _token(), "mine.toml", text.encode(errors="replace"), location="mine.toml")


@given(text=damaged_json(CONFIGURATIONS))
def test_any_uploaded_configuration(text):
    answer_of(uploads.READERS["config"], _token(), "config.json", text.encode(errors="replace"), location="config.json")


@given(text=damaged_table(MEASURED))
def test_any_uploaded_table(text):
    content = text.encode(errors="replace")
    answer_of(lambda: uploads.READERS["measurements"](_token(), "mine.csv", content)[1], location="mine.csv")


_number = iter(range(10**9))


def _token() -> str:
    return f"fuzz-{next(_number)}"


OUTPUT = next(output for output in build().callback_map if output.startswith("..regimes-above.children"))
BODY = {
    "output": OUTPUT,
    "outputs": [
        dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in OUTPUT.strip(".").split("...")
    ],
    "changedPropIds": ["regimes-asked.data"],
    "inputs": [{"id": "regimes-asked", "property": "data", "value": "?model=llama-3.1-8b&batch=1:8:3&context=1K:8K:3"}],
    "state": [{"id": "regimes-good", "property": "data", "value": None}],
}


@SLOW
@given(
    text=damaged_json([BODY])
    | st.sampled_from(JSON)
    | st.binary(max_size=20).map(lambda raw: base64.b64encode(raw).decode())
)
def test_any_body_of_a_callback_gets_an_answer(text):
    def post():
        answer = (
            build().server.test_client().post("/_dash-update-component", data=text, content_type="application/json")
        )
        assert answer.status_code < 500, f"{answer.status_code}: {answer.text[:200]}"
        return None

    answer_of(post)


def test_what_is_damaged_was_right():
    answer = build().server.test_client().post("/_dash-update-component", json=BODY)
    assert answer.status_code == 200 and '"regimes-message":{"children":null,"hidden":true}' in answer.text
