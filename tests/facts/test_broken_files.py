"""A damaged fact file gives an error that says where, never a traceback and never a silent number."""

import copy
import dataclasses
import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import CostModelError, CostModelWarning, FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.facts import engines, gpus, models, profiles, provenance, schemes, store, vocabulary
from costmodel.language.renamed import RENAMED

H100 = gpus.load("h100-sxm")
ENTRIES = vocabulary.vocabulary()


def shipped(kind, name):
    return tomllib.loads((store.PACKAGE / kind / f"{name}.toml").read_text(encoding="utf-8"))


BUILD = {
    "models": (shipped("models", "llama-3.1-8b"), lambda facts: models.build("mine", facts, "mine.toml")),
    "gpus": (shipped("gpus", "h100-sxm"), lambda facts: gpus.build("mine", facts, "mine.toml")),
    "engines": (shipped("engines", "vllm"), lambda facts: engines.build("mine", facts, "mine.toml", H100)),
    "schemes": (shipped("schemes", "kivi-2bit"), lambda facts: schemes.check(facts, "mine.toml")),
}


def damaged(kind, **changes):
    facts = copy.deepcopy(BUILD[kind][0])
    for key, value in changes.items():
        if value is None:
            del facts[key]
        else:
            facts[key] = value
    return facts


CASES = [
    ("gpus", {"memory": None}, ["mine.toml", "memory is missing"]),
    ("gpus", {"memory": "80 s"}, ["mine.toml: memory", "'80 s' (s)", "byte"]),
    ("gpus", {"memory": 80}, ["mine.toml: memory", "bare number 80", "80 GB"]),
    ("gpus", {"memory": "80"}, ["mine.toml: memory", "'80'"]),
    ("gpus", {"memory": "-80 GB"}, ["mine.toml: memory", "'-80 GB'", "positive"]),
    ("gpus", {"memory": "0 GB"}, ["mine.toml: memory", "positive"]),
    ("gpus", {"memory": True}, ["mine.toml: memory", "True"]),
    ("gpus", {"memory": []}, ["mine.toml: memory", "[]"]),
    ("gpus", {"sms": "many"}, ["mine.toml: sms", "'many'"]),
    ("gpus", {"sms": True}, ["mine.toml: sms", "True"]),
    ("gpus", {"sms": math.nan}, ["mine.toml: sms"]),
    ("gpus", {"hbm_bandwith": "3 TB/s"}, ["mine.toml", "'hbm_bandwith'", "hbm_bandwidth"]),
    ("gpus", {"hbm_bandwidth": "3350 TB/s"}, ["mine.toml: hbm_bandwidth", "at most 100 TB/s", "'3350 TB/s'"]),
    ("gpus", {"clock": "1980 GHz"}, ["mine.toml: clock", "at most 10 GHz", "'1980 GHz'"]),
    ("gpus", {"memory": "80 TB"}, ["mine.toml: memory", "at most 10 TB", "'80 TB'"]),
    ("gpus", {"sms": 132_000}, ["mine.toml: sms", "at most 10,000", "132000"]),
    ("gpus", {"sources": {}}, ["mine.toml", "every number names its source"]),
    ("gpus", {"sources": "datasheet"}, ["mine.toml", "sources"]),
    ("gpus", {"status": {"memory": math.nan}}, ["mine.toml: status.memory", "expected text, got nan"]),
    ("gpus", {"links": ["nvswitch", 3]}, ["mine.toml: links[1]", "expected text, got 3"]),
    ("engines", {"sources": {"block_size": [16]}}, ["mine.toml: sources.block_size", "expected text, got [16]"]),
    (
        "engines",
        {"admission": [{"name": [1], "source": "x"}]},
        ["mine.toml: admission[0]: name", "expected text, got [1]"],
    ),
    (
        "engines",
        {"command": {"serve": "x", "source": "y", "weights": "z"}},
        ["mine.toml: command.weights", "a table, got 'z'"],
    ),
    ("models", {"notes": [math.nan]}, ["mine.toml: notes[0]", "expected text, got nan"]),
    ("models", {"vocabulary_size": 1e29}, ["mine.toml", "parameters; expected at most 1e+15"]),
    ("schemes", {"aliases": [{}]}, ["mine.toml: aliases[0]", "expected text, got {}"]),
    ("engines", {"source": None}, ["mine.toml", "source is missing"]),
    ("engines", {"memory_fraction": 1.5}, ["mine.toml: memory_fraction", "1.5", r"(0, 1]"]),
    ("engines", {"memory_fraction": 0}, ["mine.toml: memory_fraction", r"(0, 1]"]),
    ("engines", {"block_size": -16}, ["mine.toml: block_size", "-16"]),
    ("engines", {"block_size": "16 byte"}, ["mine.toml: block_size", "'16 byte'", "token"]),
    ("engines", {"block_size": None}, ["mine.toml", "block_size is missing"]),
    ("engines", {"override": [{"max_sequencs": 1}]}, ["mine.toml: override[0]", "'max_sequencs'", "max_sequences"]),
    ("models", {"source": None}, ["mine.toml", "source is missing"]),
    ("models", {"layers": []}, ["mine.toml: layers", "at least one"]),
    ("models", {"layers": {}}, ["mine.toml: layers", "at least one"]),
    ("models", {"hidden_size": "wide"}, ["mine.toml: hidden_size", "'wide'"]),
    ("models", {"hidden_size": -1}, ["mine.toml: hidden_size", "-1"]),
    ("models", {"hidden_size": True}, ["mine.toml: hidden_size", "True"]),
    ("models", {"tied_embeddings": "no"}, ["mine.toml: tied_embeddings", "'no'"]),
    ("models", {"hiden_size": 1}, ["mine.toml", "'hiden_size'", "hidden_size"]),
    ("schemes", {"status": "raed"}, ["mine.toml: status", "read, recalled, assumed", "'raed'"]),
    ("schemes", {"status": 1}, ["mine.toml: status", "got 1"]),
    ("schemes", {"read": "yesterday"}, ["mine.toml: read", "a date", "'yesterday'"]),
    ("schemes", {"read": 2026}, ["mine.toml: read", "a date", "2026"]),
    ("schemes", {"source": None}, ["mine.toml", "source is missing"]),
]


@pytest.mark.parametrize(("kind", "changes", "words"), CASES, ids=[f"{k}-{next(iter(c.items()))}" for k, c, _ in CASES])
def test_damage_is_told(kind, changes, words):
    with pytest.raises(FactError) as error:
        BUILD[kind][1](damaged(kind, **changes))
    for word in words:
        assert word in str(error.value)


ENGINES = [path.stem for path in sorted((store.PACKAGE / "engines").glob("*.toml"))]


@pytest.mark.parametrize("shipped_as", ENGINES)
def test_missing_keys_are_listed_as_the_files_state_them(shipped_as):
    order = [key for key in shipped("engines", shipped_as) if key in vocabulary.required("engine")]
    assert order == list(vocabulary.required("engine"))
    missing = ", ".join(order)
    with pytest.raises(FactError, match=rf"^mine.toml: {missing} are missing; required are name, source, {missing}$"):
        BUILD["engines"][1](damaged("engines", **dict.fromkeys(order)))


OLDER = [(kind, name) for kind in ("engine", "gpu") for name in vocabulary.schema(kind) if "default" in ENTRIES[name]]


@pytest.mark.parametrize(("kind", "name"), OLDER)
def test_a_file_older_than_an_input_keeps_loading(kind, name):
    facts, build = BUILD[f"{kind}s"]
    older = {key: value for key, value in facts.items() if key != name}
    if "override" in older:  # what a file does not state it does not override
        older["override"] = [{k: v for k, v in row.items() if k != name} for row in facts["override"]]
    loaded = build(older)
    candidates = [loaded.numbers.get(default, default) for default in ENTRIES[name]["default"]]
    assert loaded.numbers[name] == candidates[0] and name in loaded.defaults
    deployment = resolve_deployment("llama-3.1-8b", H100)
    origin = provenance.origin(dataclasses.replace(deployment, **{kind: loaded}), name)
    assert origin.kind == "assumed" and origin.text.startswith("mine: default of costmodel")


def test_an_engine_without_sources_has_those_of_its_file():
    engine = BUILD["engines"][1](damaged("engines", sources=None))
    deployment = dataclasses.replace(resolve_deployment("llama-3.1-8b", H100), engine=engine)
    origin = provenance.origin(deployment, "block_size")
    assert origin.text == f"mine: no source of its own; the file's: {engine.source}"


def test_a_stated_input_has_no_default():
    stated = BUILD["gpus"][1](damaged("gpus"))
    assert not stated.defaults and stated.numbers["link_bandwidth"] == 450e9
    bare = BUILD["gpus"][1](damaged("gpus", link_bandwidth=None, host_bandwidth=None))
    assert bare.numbers["link_bandwidth"] == 32e9
    assert bare.defaults == dict.fromkeys(("host_bandwidth", "link_bandwidth"), "default of costmodel")


LAYERS = [
    ({"count": None}, ["layers[0]", "count is missing"]),
    ({"count": -32}, ["layers[0]", "count", "-32"]),
    ({"mixer": "ful"}, ["layers[0]", "mixer", "'ful'", "full, sliding"]),
    ({"feed_forward": 3}, ["layers[0]", "feed_forward", "3"]),
    ({"kv_heads": 7}, ["layers[0]", "32 query heads do not divide into 7"]),
    ({"kv_heads": None}, ["layers[0]", "kv_heads is missing"]),
    ({"kv_head": 8}, ["layers[0]", "'kv_head'", "kv_heads"]),
    ({"head_dim": "128 byte"}, ["layers[0]", "head_dim", "'128 byte'"]),
    ({"mixer": "sliding"}, ["layers[0]", "window is missing"]),
]


@pytest.mark.parametrize(("changes", "words"), LAYERS)
def test_damage_to_a_layer_is_told(changes, words):
    facts = copy.deepcopy(BUILD["models"][0])
    facts["layers"] = [{k: v for k, v in (facts["layers"][0] | changes).items() if v is not None}]
    with pytest.raises(FactError) as error:
        models.build("mine", facts, "mine.toml")
    for word in words:
        assert word in str(error.value)


odd = st.sampled_from([True, 0, -1, 10**400, math.nan, math.inf, "", "x", "3", "1e999 GB", [], [1], [[]], {}, {"a": 1}])


@pytest.mark.parametrize("kind", BUILD)
@given(st.data())
def test_any_damage_is_a_fact_error_or_harmless(kind, data):
    facts, build = copy.deepcopy(BUILD[kind][0]), BUILD[kind][1]
    table = facts
    while True:  # walk down to some place in the file
        key = data.draw(st.sampled_from(sorted(table)))
        inner = table[key][0] if isinstance(table[key], list) and table[key] else table[key]
        if isinstance(inner, dict) and inner and data.draw(st.booleans()):
            table = inner
        else:
            break
    if data.draw(st.booleans()):
        table[key] = data.draw(odd)
    else:
        del table[key]
    try:
        build(facts)
    except (CostModelError, CostModelWarning) as error:
        assert "mine.toml" in str(error)


@pytest.mark.parametrize(
    ("text", "words"), [("a = \nb = 1\n", ["not a TOML file", "line 1"]), ("\xff\xfe", ["not a TOML file"])]
)
def test_what_is_no_toml_says_the_line(tmp_path, text, words):
    path = tmp_path / "broken.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(FactError) as error:
        store.read_toml(path)
    for word in [str(path), *words]:
        assert word in str(error.value)


def test_folders_and_missing_files_are_told(tmp_path):
    with pytest.raises(FactError, match="got a folder"):
        store.read_toml(tmp_path)
    with pytest.raises(FactError, match="no such file"):
        store.read_toml(tmp_path / "none.toml")


PROFILE = """
gpu = "h100-sxm"
engine = "mine"
source = "this test"
[[gemm]]
dtype = "bfloat16"
[gemm.values]
gemm_launch = "5 us"
[gemm.spread]
all = 0.3
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('source = "this test"', "", ["source"]),
        ("gemm_launch", "gemm_lunch", ["gemm_lunch"]),
        ('"5 us"', '"5 GB"', ["gemm_launch", "'5 GB'", "second"]),
        ('"5 us"', "5", ["gemm_launch", "bare number 5"]),
        ('dtype = "bfloat16"', "", ["dtype"]),
        ("[gemm.spread]\nall = 0.3", "", ["spread"]),
        ("all = 0.3", "all = nan", ["gemm[0]: spread: all", "expected a finite number from 0, got nan"]),
        ("all = 0.3", "all = -0.3", ["gemm[0]: spread: all", "expected a finite number from 0, got -0.3"]),
        ("[gemm.spread]", "[gemm.held_out]\nbias = inf\n[gemm.spread]", ["held_out: bias", "a finite number, got inf"]),
        ('source = "this test"', 'source = "this test"\nfitted = nan', ["fitted", "expected a date, got nan"]),
    ],
)
def test_a_broken_profile_is_told(data_folder, old, new, words):
    assert old in PROFILE
    (data_folder / "profiles" / "h100-sxm--mine.toml").write_text(PROFILE.replace(old, new))
    with pytest.raises(FactError) as error:
        profiles.select_profile(H100, "mine").gemm("bfloat16")
    for word in ["h100-sxm--mine", *words]:
        assert word in str(error.value)


def test_names_of_version_0_1_are_accepted_in_a_profile(data_folder):
    text = PROFILE.replace('gemm_launch = "5 us"', 'gemm_launch = "5 us"\ngemm_ramp = 300\ngemm_ragged = 1.05')
    (data_folder / "profiles" / "h100-sxm--mine.toml").write_text(text)
    values, dtype = profiles.select_profile(H100, "mine").gemm("bfloat16")
    assert dtype == "bfloat16" and values["gemm_launch"] == pytest.approx(5e-6)
    assert values["gemm_fill_drain"] == 300 and values["gemm_unaligned_slowdown"] == 1.05
    assert not set(values) & set(RENAMED)


def test_every_old_name_stands_for_a_quantity_of_today():
    assert set(RENAMED.values()) <= set(ENTRIES) and not set(RENAMED) & set(ENTRIES)
