"""Published quality: every table reads, names what it measured by files that exist, and says where a mistake is."""

import copy
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import CostModelError, FactError, UnknownName
from costmodel.facts import models, quality, schemes, store

TABLES = sorted((store.PACKAGE / "quality").glob("*.toml"))
BENCHMARKS = sorted((store.PACKAGE / "benchmarks").glob("*.toml"))
ROW = {"scheme": "fp8", "benchmark": "mmlu", "model": "Some-7B", "baseline": 50.0, "value": 49.0}
TABLE = {"name": "x", "source": "this test", "read": "2026-11-26", "rows": [ROW]}


@pytest.mark.parametrize("path", TABLES, ids=[path.stem for path in TABLES])
def test_a_table_reads_and_says_what_it_left_out(path):
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    scores = quality.build(path.stem, facts, str(path))
    assert scores and facts["notes"] and len(str(facts["read"])) == 10
    for row in scores:
        assert quality.key(schemes.parse_scheme(row.scheme)) == row.scheme != "none"
        assert row.source == facts["source"] and quality.benchmark(row.benchmark).id == row.benchmark
        assert not row.model_id or models.load(row.model_id).id == row.model_id


@pytest.mark.parametrize("path", BENCHMARKS, ids=[path.stem for path in BENCHMARKS])
def test_a_benchmark_is_declared_and_measured(path):
    declared = quality.benchmark(path.stem)
    assert declared.better in quality.BETTER and declared.name and declared.unit and declared.asks and declared.source
    assert any(row.benchmark == path.stem for row in quality.rows())


def test_no_figure_stands_twice():
    keys = [(row.scheme, row.benchmark, row.variant, row.model, row.note) for row in quality.rows()]
    assert len(keys) == len(set(keys))


def test_sentences_are_canonical():
    texts = "h2o[budget=2048 token/sequence]", "streaming-llm[recent=2044]", "KIVI2", "h2o[budget=128 token/sequence]"
    canonical = [quality.build("x", TABLE | {"rows": [ROW | {"scheme": text}]}, "x")[0].scheme for text in texts]
    assert canonical == ["h2o", "streaming-llm", "kivi-2bit", "h2o[budget=128]"]


def test_a_file_of_ones_own_is_nobodys_measured_scheme(tmp_path):
    path = tmp_path / "fp8.toml"
    path.write_text((store.PACKAGE / "schemes" / "fp8.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert schemes.parse_scheme(str(path)).id == "fp8" and quality.key(schemes.parse_scheme(str(path))) is None
    with pytest.raises(FactError, match="expected scheme files by their names"):
        quality.build("x", TABLE | {"rows": [ROW | {"scheme": str(path)}]}, "x")


def test_the_default_has_figures_of_most_schemes():
    counts = {name: len({row.scheme.partition("[")[0] for row in quality.rows() if row.benchmark == name})
              for name in store.files("benchmarks")}  # fmt: skip
    assert max(counts, key=counts.get) == quality.DEFAULT


MISTAKES = [
    ({"scheme": "kvi-2bit"}, ["mine.toml: rows[0]: scheme", "there is no scheme 'kvi-2bit'", "kivi-2bit"]),
    ({"scheme": "h2o[budget=5]"}, ["mine.toml: rows[0]: scheme", "knob budget", "expected 64"]),
    ({"benchmark": "mlu"}, ["mine.toml: rows[0]: benchmark", "there is no benchmark 'mlu'", "mmlu"]),
    ({"model_id": "llama-3-8"}, ["mine.toml: rows[0]: model_id", "there is no model 'llama-3-8'", "llama-3-8b"]),
    ({"valeu": 3}, ["mine.toml: rows[0]", "there is no key 'valeu'", "value"]),
    ({"baseline": 0}, ["mine.toml: rows[0]: baseline", "got 0", "positive"]),
    ({"value": "49"}, ["mine.toml: rows[0]: value", "'49'"]),
    ({"value": -1}, ["mine.toml: rows[0]: value", "-1"]),
    ({"value": True}, ["mine.toml: rows[0]: value", "True"]),
    ({"model": None}, ["mine.toml: rows[0]", "model is missing"]),
]


@pytest.mark.parametrize(("changes", "words"), MISTAKES, ids=[str(changes) for changes, _ in MISTAKES])
def test_a_mistake_in_a_row_is_told(changes, words):
    row = {key: value for key, value in (ROW | changes).items() if value is not None}
    with pytest.raises(FactError) as error:
        quality.build("mine", TABLE | {"rows": [row]}, "mine.toml")
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("source", None, "source is missing"), ("sorce", "x", "did you mean source"), ("rows", {}, "expected a list")],
)
def test_a_mistake_in_a_table_is_told(key, value, message):
    facts = {k: v for k, v in (TABLE | {key: value}).items() if v is not None}
    with pytest.raises(FactError, match=f"mine.toml.*{message}"):
        quality.build("mine", facts, "mine.toml")


def test_a_mistake_in_a_benchmark_is_told():
    facts = store.read_fact_file("benchmarks", "mmlu")
    with pytest.raises(FactError, match="mine.toml: better: expected higher or lower, got 'more'"):
        quality.build_benchmark("mine", facts | {"better": "more"}, "mine.toml")
    with pytest.raises(FactError, match="mine.toml.*asks is missing"):
        quality.build_benchmark("mine", {k: v for k, v in facts.items() if k != "asks"}, "mine.toml")
    with pytest.raises(UnknownName, match="did you mean longbench"):
        quality.benchmark("longbnch")


ODD = st.sampled_from([True, 0, -1, 10**400, float("nan"), float("inf"), "", "x", "3", [], [1], {}, {"a": 1}])


@given(st.sampled_from(sorted(TABLE)), st.sampled_from([None, *ROW]), ODD)
def test_any_damage_is_a_fact_error_or_harmless(key, inner, odd):
    facts = copy.deepcopy(TABLE)
    if inner is None:
        facts[key] = odd
    else:
        facts["rows"][0][inner] = odd
    try:
        quality.build("mine", facts, "mine.toml")
    except CostModelError as error:
        assert "mine.toml" in str(error)
