"""Every shipped fact file loads, names its source, and is found by one name only."""

import datetime
import math
import tomllib

import pytest

from costmodel.evaluation.compile import compiled
from costmodel.facts import engines, gpus, models, profiles, quality, schemes, store, vocabulary

KINDS = ("models", "gpus", "engines", "schemes", "profiles", "benchmarks", "quality")
FILES = [(kind, path) for kind in KINDS for path in sorted((store.PACKAGE / kind).glob("*.toml"))]
each_file = pytest.mark.parametrize(("kind", "path"), FILES, ids=[f"{k}-{p.stem}" for k, p in FILES])


def test_there_are_files_of_every_kind():
    assert {kind for kind, _ in FILES} == set(KINDS)


@each_file
def test_loads(kind, path):
    name = path.stem
    if kind == "models":
        model = models.load(name)
        assert model.id == name and model.source and all(group["layer_count"] > 0 for group in model.groups)
        assert all(
            math.isfinite(value)
            for g in model.groups
            for key, value in g.items()
            if key not in ("window", "selected_tokens", "mixer")
        )
    elif kind == "gpus":
        gpu = gpus.load(name)
        assert set(gpu.numbers) >= {"memory", "hbm_bandwidth", "sms", "l2_size", "clock", "peak_16bit"}
        assert gpu.numbers["memory_visible"] <= gpu.numbers["memory"] * (1 + 1e-9)
    elif kind == "engines":
        for gpu in ("h100-sxm", "l4", "mi300x"):
            assert 0 < engines.load(name, gpus.load(gpu)).numbers["memory_fraction"] <= 1
    elif kind == "schemes":
        assert schemes.parse_scheme(name).id == name and compiled.load_scheme(name).name
    elif kind == "benchmarks":
        assert quality.benchmark(name).id == name
    elif kind == "quality":
        assert any(row.table == name for row in quality.rows())
    else:
        profile = profiles.load_profile(name)
        assert profile.attention("bfloat16", 128).main["hbm_efficiency"] > 0
        assert profile.gemm("bfloat16")[0]["gemm_launch"] > 0


@each_file
def test_names_its_source_and_its_id(kind, path):
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    assert facts.get("source") or facts.get("sources"), "every file says where its numbers come from"
    owner = path.stem.partition("--")[0]
    assert store.normal(owner) == owner, "ids are lower case with hyphens"
    if kind != "profiles":
        assert facts["name"] and len(str(facts.get("read", ""))) in (0, 10)


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_stands_for_two_things(kind):
    owners = {}
    for identifier in store.files(kind):
        facts = store.read_fact_file(kind, identifier)
        names = {identifier, *map(store.normal, facts.get("aliases", []))}
        if repository := facts.get("huggingface"):
            names |= {store.normal(repository), store.normal(repository.rsplit("/", 1)[-1])}
        for name in names:
            owners.setdefault(name, set()).add(identifier)
    assert not {name: ids for name, ids in owners.items() if len(ids) > 1}


@pytest.mark.parametrize("identifier", sorted(store.files("gpus")))
def test_every_number_of_a_gpu_names_its_source(identifier):
    gpu = gpus.load(identifier)
    assert set(gpu.numbers) - set(gpu.defaults) <= set(gpu.sources)


@pytest.mark.parametrize("path", sorted((store.PACKAGE / "engines").glob("*.toml")), ids=lambda path: path.stem)
def test_every_number_of_an_engine_names_its_source(path):
    """Except for what is as costmodel's default has it, and a limit on a reserve where nothing is reserved."""
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    engine, inputs = engines.load(path.stem, gpus.load("h100-sxm")), vocabulary.vocabulary()
    stated = {key for table in [facts, *facts.get("override", [])] for key in table} & set(vocabulary.schema("engine"))
    usual = {key for key in stated if [engine.numbers[key]] == list(inputs[key].get("default", ()))}
    if not engine.numbers["reserved_generation"]:
        usual.add("reserve_limit")
    assert stated, "expected a file with numbers"
    missing = sorted(stated - usual - set(facts.get("sources", {})))
    assert not missing, f"{path.name}: expected a source of {', '.join(missing)} in [sources], got none"


@pytest.mark.parametrize(("kind", "path"), [case for case in FILES if case[0] != "profiles"])
def test_nothing_was_read_in_the_future(kind, path):
    """A day later than here it may be elsewhere."""
    read = tomllib.loads(path.read_text(encoding="utf-8")).get("read")
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    assert read is None or read <= tomorrow, f"{path.name}: read: expected a date that has passed, got {read}"


@pytest.mark.parametrize("identifier", sorted(store.files("schemes")))
def test_every_knob_has_a_default_within_its_bounds_and_a_sweep(identifier):
    for knob, table in store.read_fact_file("schemes", identifier).get("knobs", {}).items():
        location = f"{identifier}.{knob}"
        schemes._knob({"knobs": {knob: table}}, knob, table["default"], location)
        for value in table.get("sweep", []):
            schemes._knob({"knobs": {knob: table}}, knob, value, location)


@pytest.mark.parametrize("identifier", sorted(store.files("schemes")))
def test_baselines_exist(identifier):
    assert schemes.parse_scheme(identifier).baseline in store.files("schemes")
