"""The life cycle of a scheme: what mechanisms imply is what compiled slots do, and what a file declares may not contradict it."""

import itertools
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from costmodel.errors import CostModelError, CostModelWarning, FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import lifecycle, store
from costmodel.facts.schemes import parse_scheme

MECHANISMS = {
    "": "",
    "quantize": '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\n',
    "unfused": '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\ndecode = "unfused"\n',
    "residual window": '[[mechanism]]\nkind = "precise_zone"\nrecent_keys = "64 token/sequence"\nflush = "128 token/sequence"\n',
    "sinks": '[[mechanism]]\nkind = "precise_zone"\nsinks = "4 token/sequence"\n',
    "evict": '[[mechanism]]\nkind = "evict"\nbudget = "512 token/sequence"\n',
    "prune": '[[mechanism]]\nkind = "evict"\nbudget = "512 token/sequence"\ntrigger = "prefill_end"\n',
    "window": '[[mechanism]]\nkind = "window"\nrecent = "512 token/sequence"\n',
    "select": '[[mechanism]]\nkind = "select"\nbudget = "512 token/sequence"\n',
    "retrieval heads": '[[mechanism]]\nkind = "retrieval_heads"\nfull = 0.5\nrecent = "512 token/sequence"\n',
    "merge": '[[mechanism]]\nkind = "merge"\ninto = 2\n',
    "variable rate": '[[mechanism]]\nkind = "variable_rate"\nmean_bits = "4 bit"\nworst_bits = "8 bit"\nrecoded = 1\n',
    "similar blocks": '[[mechanism]]\nkind = "dedup"\nmatch = "similar"\nduplicates = 0.3\n',
    "low-rank keys": '[[mechanism]]\nkind = "project"\ntarget = "key"\nrank = 64\nreconstruct = "materialised"\n',
    "basis of a request": '[[mechanism]]\nkind = "project"\ntarget = "key"\nrank = 64\nbasis = "request"\n',
    "rest": '[[mechanism]]\nkind = "rest"\nratio = 16\n',
    "no prefix": '[[mechanism]]\nkind = "redefine"\nprefix_cacheable = "0"\n',
    "no next turn": '[[mechanism]]\nkind = "redefine"\nreusable_next_turn = 0\n',
}
DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
LONG = 100_000.0  # tokens: every budget is full


def slots_at_a_full_budget(scheme):
    evaluator = build_evaluator(DEPLOYMENT, scheme, 1.0, LONG, prompt=LONG / 2)
    names = ("prefix_cacheable", "full_blocks_immutable", "reusable_next_turn", "residual_window_tokens", "unfused")
    return {name: float(np.max(evaluator[name])) for name in names}


def assert_properties_are_those_of_the_slots(properties, slots):
    assert (properties["prefix_shareable"] == "yes") == (slots["prefix_cacheable"] == 1)
    assert properties["request_specific"] == (slots["prefix_cacheable"] == 0)
    assert (properties["next_turn"] == "yes") == (slots["reusable_next_turn"] == 1)
    assert (properties["fork"] == "copy_all") == (slots["full_blocks_immutable"] == 0)
    if properties["fork"] != "copy_all":
        assert (properties["fork"] == "copy_window") == (slots["residual_window_tokens"] > 0)
    assert (properties["decode_when"] == "unfused") == (slots["unfused"] == 1)


@pytest.mark.parametrize("scheme", [name for name in store.files("schemes") if name not in ("mha", "gqa")])
def test_properties_of_shipped_schemes_are_those_of_their_slots(scheme):
    assert_properties_are_those_of_the_slots(
        parse_scheme(scheme).lifecycle, slots_at_a_full_budget(load_scheme(scheme))
    )


CODES = {"quantize", "unfused", "variable rate"}  # of which a number has one
PAIRS = [pair for pair in itertools.combinations_with_replacement(MECHANISMS, 2) if len(set(pair) & CODES) < 2]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_properties_of_any_two_mechanisms_are_those_of_their_slots(write_scheme, first, second):
    path = write_scheme(MECHANISMS[first] + MECHANISMS[second] * (first != second) or 'baseline = "none"\n')
    assert_properties_are_those_of_the_slots(parse_scheme(path).lifecycle, slots_at_a_full_budget(load_scheme(path)))


def test_a_composition_has_the_properties_of_both():
    properties = parse_scheme("kivi-2bit + streaming-llm").lifecycle
    assert properties["decode_when"] == "fused" and properties["encode_when"] == "step"
    assert properties["fork"] == "copy_all" and properties["requantised"] == "once"


@pytest.mark.parametrize("scheme", store.files("schemes"))
def test_shipped_files_declare_allowed_values_alone(scheme):
    declared = store.read_fact_file("schemes", scheme).get("lifecycle", {})
    assert all(lifecycle.PROPERTIES[name].allows(value) for name, value in declared.items())


def test_every_value_is_described():
    for name, lifecycle_property in lifecycle.PROPERTIES.items():
        assert lifecycle_property.meaning and all(
            lifecycle.describe(name, value) for value in lifecycle_property.values
        )
    assert lifecycle.describe("fork", None) == "not stated"


CONTRADICTIONS = {
    "prefix": ("quantize", 'prefix_shareable = "no"', 'prefix_shareable = "yes"'),
    "prefix of a budget": ("evict", 'prefix_shareable = "yes"', 'prefix_shareable = "no"'),
    "decoding": ("unfused", 'decode_when = "fused"', 'decode_when = "unfused"'),
    "reversible": ("quantize", "reversible = true", "reversible = false"),
    "fork": ("residual window", 'fork = "copy_on_write"', 'fork = "copy_window"'),
    "next turn": ("prune", 'next_turn = "yes"', 'next_turn = "no"'),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_refused_with_both_lines(write_scheme, case):
    mechanism, declared, computed = CONTRADICTIONS[case]
    path = write_scheme(f"{MECHANISMS[mechanism]}\n[lifecycle]  # as read\n{declared}\n")
    line = 1 + Path(path).read_text(encoding="utf-8").splitlines().index(declared)
    with pytest.raises(FactError) as error:
        parse_scheme(path)
    for part in (f"{path}: line {line}: lifecycle.{declared}", computed):
        assert part in str(error.value)
    cause = "no mechanism changes it, which implies" if case == "prefix" else "mechanism[0]: kind = "
    assert f"{path}: {cause}" in str(error.value)


def test_what_no_mechanism_decides_is_taken_from_the_file(write_scheme):
    body = '[[mechanism]]\nkind = "redefine"\nkey_bits = "4 bit"\n'
    assert parse_scheme(write_scheme(body)).lifecycle["requantised"] is None
    path = write_scheme(f'{body}[lifecycle]\nrequantised = "repeatedly"\n')
    assert parse_scheme(path).lifecycle["requantised"] == "repeatedly"
    assert parse_scheme(path).lifecycle_reasons["requantised"].endswith("declares it")


def test_free_text_of_an_earlier_version_loads_with_a_warning(write_scheme):
    path = write_scheme(
        f'{MECHANISMS["quantize"]}[lifecycle]\nfork = "copy everything"\nworkspace = "64 MB"\nreversible = false\n'
    )
    with pytest.warns(CostModelWarning) as caught:
        properties = parse_scheme(path).lifecycle
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 2
    assert (
        "line 7: lifecycle.fork: 'copy everything' is free text" in messages[0] and '"copy_on_write" or' in messages[0]
    )
    assert "line 8: lifecycle.workspace" in messages[1] and "no longer used" in messages[1]
    assert properties["fork"] == "copy_on_write"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse_scheme(path)  # each declaration warns once


def test_a_value_of_another_type_is_refused(write_scheme):
    with pytest.raises(FactError, match=r"line 4: lifecycle.fork: expected \"copy_on_write\" or .*, got 3"):
        parse_scheme(write_scheme("[lifecycle]\nfork = 3\n"))


def test_the_command_line_prints_a_warning_as_one_line(write_scheme):
    path = write_scheme(f'{MECHANISMS["quantize"]}[lifecycle]\nfork = "copy everything"\n')
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", "schemes", path], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("\n") == 1 and done.stderr.startswith(f"Warning: {path}: line 7: lifecycle.fork")
    assert "at most one partial block" in done.stdout


def test_the_documentation_lists_every_property_and_value():
    text = (Path(__file__).parents[2] / "docs" / "adding.md").read_text(encoding="utf-8")
    for name, lifecycle_property in lifecycle.PROPERTIES.items():
        values = (f"`{str(v).lower()}`" if isinstance(v, bool) else f'`"{v}"`' for v in lifecycle_property.values)
        documented = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        assert all(value in documented for value in values), name


def test_a_misspelt_mechanism_is_named_and_not_what_it_would_imply(tmp_path):
    """What the file declares is right; a check of it against mechanisms that are not there would say to remove it."""
    text = (store.files("schemes")["kivi-2bit"]).read_text(encoding="utf-8").replace('"quantize"', '"quantise"')
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        CostModelError, match=r"mechanism\[0\]: kind: there is no mechanism 'quantise'; did you mean quantize"
    ):
        load_scheme(str(path))
