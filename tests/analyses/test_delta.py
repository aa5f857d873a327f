"""What a scheme is, told from what it does: renamed and re-parameterised schemes are recognised, strangers are not."""

import itertools
import re

import numpy as np
import pytest

from costmodel.analyses.novelty import coordinates_of, delta
from costmodel.analyses.novelty.settings import numbers_of
from costmodel.errors import UnknownName
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import store

KNOWN = sorted(store.files("schemes"))
# Schemes as others would bring them: another name, other defaults of knobs → what they are.
DISGUISED = {
    "kivi-2bit": [{"group": 64}, {"group": 16, "residual": 256}, {"residual": 32}],
    "kivi-4bit": [{"group": 64}],
    "h2o": [{"budget": 2048}, {"budget": 256}],
    "streaming-llm": [{"recent": 508}, {"recent": 2044, "sinks": 8}],
    "snapkv": [{"budget": 1024}, {"budget": 4096}],
    "quest": [{"budget": 4096}],
    "int4": [{}],
    "scissorhands": [{"budget": 512}],
    "pyramidkv": [{"budget": 512}],
    "turboquant-3bit": [{}],
    "kvquant-3bit": [{}],
    "fp8": [{}],
    "nvfp4": [{"group": 32}],
    "hf-quantized": [{"group": 32}],
    "mla": [{}],
    "palu": [{"rank": 128, "group": 2}],
    "duoattention": [{"full": 0.3}],
    "kvtc": [{"ratio": 20}],
    "dedup-similar": [{"duplicates": 0.1, "compared": 16}],
    "gear-4bit": [{"rank": 4}],
    "minicache": [{"from_depth": 0.25}],
    "infinigen": [{"budget": 1024, "partial": 0.2}],
    "adakv": [{"budget": 512}],
}


def disguise(name: str, numbers: dict[str, float], path) -> str:
    """A file with another name and these defaults."""
    text = store.files("schemes")[name].read_text(encoding="utf-8")
    text = re.sub(
        r"^(name|idea) = .*$", r'\1 = "My idea"', re.sub(r"^(aliases|paper) = .*$\n", "", text, flags=re.M), flags=re.M
    )
    for knob, number in numbers.items():
        head, table, rest = text.partition(f"[knobs.{knob}]\n")
        assert table, f"{name} has no knob {knob}"
        unit = re.search(r'^unit = "(.*)"', rest.partition("\n\n")[0], flags=re.M)
        value = f'"{number} {unit[1]}"' if unit else str(number)
        text = head + table + re.sub(r"^default = .*$", f"default = {value}", rest, count=1, flags=re.M)
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "numbers"), [(name, numbers) for name, cases in DISGUISED.items() for numbers in cases], ids=str
)
def test_a_renamed_and_reparameterised_scheme_is_recognised(name, numbers, tmp_path):
    result = delta(disguise(name, numbers, tmp_path / "my-idea.toml"))
    nearest = result.neighbours[0]
    assert nearest.is_identical and result.verdict.startswith("identical to")
    identical = {neighbour.scheme.partition("[")[0] for neighbour in result.neighbours if neighbour.is_identical}
    assert name in identical
    own = next(n for n in result.neighbours if n.is_identical and n.scheme.partition("[")[0] == name)
    for knob, number in numbers.items():
        assert load_scheme(own.scheme).spec.parts[0].knobs[knob] == number


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_scheme_is_nearest_to_itself(name):
    result = delta(name, KNOWN)
    assert result.neighbours[0].distance == 0
    assert next(n for n in result.neighbours if n.scheme == name).is_identical


@pytest.mark.parametrize(
    ("own", "relative", "strangers"),
    [
        ("kivi-2bit", "kivi-4bit", ("h2o", "streaming-llm", "mla", "quest", "fp8")),
        ("h2o", "scissorhands", ("kivi-2bit", "fp8", "mla", "streaming-llm", "snapkv")),
        ("snapkv", "pyramidkv", ("kivi-2bit", "fp8", "mla", "quest")),
        ("turboquant-3bit", "turboquant-4bit", ("h2o", "kivi-2bit", "mla", "snapkv")),
        ("kvquant-3bit", "kvquant-4bit", ("h2o", "mla", "streaming-llm")),
        ("kvtc", "cachegen", ("kivi-2bit", "h2o", "palu", "fp8")),
        ("duoattention", "razorattention", ("h2o", "kivi-2bit", "fp8", "kvtc")),
        ("keyformer", "h2o", ("kivi-2bit", "snapkv", "fp8", "offload")),
        ("shadowkv", "infinigen", ("h2o", "kivi-2bit", "fp8", "streaming-llm")),
        ("gear-4bit", "kivi-4bit", ("h2o", "fp8", "mla", "kvtc")),
        ("adakv", "snapkv", ("kivi-2bit", "fp8", "streaming-llm", "palu")),
        ("dedup-exact", "dedup-similar", ("kivi-2bit", "h2o", "kvtc")),
        ("int4", "int8", ("h2o", "mla", "kivi-2bit", "snapkv")),
    ],
)
def test_relatives_are_nearer_than_strangers(own, relative, strangers):
    result = {n.scheme.partition("[")[0]: n.distance for n in delta(own, [relative, *strangers]).neighbours}
    assert result.pop(relative) < min(result.values())


def test_the_distance_is_a_metric():
    points = {name: coordinates_of(load_scheme(name)) for name in KNOWN}
    apart = {(a, b): sum(points[a].distances(points[b]).values()) for a, b in itertools.product(KNOWN, repeat=2)}
    for a, b in itertools.product(KNOWN, repeat=2):
        assert apart[a, a] == 0 and apart[a, b] == pytest.approx(apart[b, a])
    for a, b, c in itertools.product(KNOWN, repeat=3):
        assert apart[a, c] <= apart[a, b] + apart[b, c] + 1e-9, (a, b, c)


def test_the_order_of_mechanisms_that_commute_does_not_matter(write_scheme):
    """Keys before values or values before keys."""
    key, value = (
        f'[[mechanism]]\nkind = "quantize"\ntarget = "{target}"\nbits = "4 bit"\ntile = [1, 32, 1]\nmetadata = "32 bit"\n'
        "decode_instructions = 2\nencode_instructions = 7\n"
        for target in ("key", "value")
    )
    one = coordinates_of(load_scheme(write_scheme(key + value)))
    other = coordinates_of(load_scheme(write_scheme(value + key)))
    assert set(one.distances(other).values()) == {0.0}


def test_a_mechanism_that_nobody_has_is_named(write_scheme):
    result = delta(
        write_scheme('[[mechanism]]\nkind = "redefine"\nconstant_size = "12345 byte/sequence"\n'),
        ["none", "fp8", "kivi-2bit"],
    )
    assert result.unknown == ("constant_size",)
    assert result.verdict == "no known scheme has its constant size; nearest is none"


def test_another_number_is_no_mechanism():
    result = delta("kivi-4bit", ["kivi-2bit"])
    (nearest,) = result.neighbours
    assert nearest.in_class == () and {"key_bits", "value_bits"} <= set(nearest.in_parameter)
    assert result.verdict.startswith("kivi-2bit with another number:")


def test_what_leaves_out_something_of_a_known_scheme_is_a_part_of_it(write_scheme):
    path = write_scheme(
        '[[mechanism]]\nkind = "dedup"\nmatch = "similar"\nduplicates = 0.3\nsignature = "1 byte/token/head"\n'
    )
    result = delta(path)
    assert result.verdict.startswith("a part of dedup-similar, which has its duplicate share")
    assert "and beside it compared blocks, fingerprint kernels" in result.verdict


def test_who_else_has_most_of_an_origin_is_named():
    origin = next(one for one in delta("kivi-2bit+streaming-llm").origins if one.scheme == "kivi-2bit")
    assert "kivi-4bit" in origin.others and "h2o" not in origin.others and "kivi-2bit" not in origin.others


def test_a_composition_is_a_combination():
    result = delta("kivi-2bit+streaming-llm")
    assert result.verdict.startswith("a new combination of known mechanisms: kivi-2bit (also kivi-4bit, ")
    assert "has its conversion work" in result.verdict
    assert "sink_tokens" in result.neighbours[0].in_class
    origins = {origin.scheme.partition("[")[0]: origin.coordinates for origin in result.origins}
    assert set(origins) == {"kivi-2bit", "streaming-llm"}
    assert "key_bits" in origins["kivi-2bit"] and "kept_tokens" in origins["streaming-llm"]
    assert not set(origins["kivi-2bit"]) & set(origins["streaming-llm"])


def test_a_predicate_that_is_left_open_is_neither_equal_nor_different():
    stated, left_open = (coordinates_of(load_scheme("kivi-2bit")) for _ in range(2))
    left_open.predicates["fork"] = None
    distances = stated.distances(left_open)
    assert distances.pop("fork") == 0.5 and set(distances.values()) == {0.0}
    assert left_open.is_unstated(stated, "fork") and not stated.is_unstated(stated, "fork")


def test_numbers_are_found_wherever_a_file_states_them(write_scheme):
    scheme = load_scheme(
        write_scheme('[[mechanism]]\nkind = "quantize"\nbits = "3 bit"\ntile = [1, 48, 1]\nmetadata = "32 bit"\n')
    )
    assert {3.0, 48.0, 32.0, 1.0} <= numbers_of(scheme)


def test_what_is_no_scheme_is_named():
    with pytest.raises(UnknownName, match="there is no scheme 'nope'"):
        delta("h2o", ["nope"])


def test_points_cover_short_and_long_contexts():
    kept = coordinates_of(load_scheme("streaming-llm")).slots["kept_tokens"]
    assert np.unique(kept).size > 5, "both sides of the window are among the points"


def test_a_scheme_that_stands_for_any_idea_is_nothing_known():
    known = {neighbour.scheme.partition("[")[0] for neighbour in delta("int4").neighbours}
    assert "kivi-4bit" in known and not known & {"hypothetical", "mixed-bit"}
