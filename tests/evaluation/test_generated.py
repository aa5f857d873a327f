"""What the package ships as generated is what its sources generate today."""

import json

import pytest

from costmodel.evaluation.compile import compiled, modules, sources
from costmodel.evaluation.compile import generate as build
from costmodel.facts import profiles, store
from costmodel.facts.vocabulary import vocabulary
from costmodel.language import units
from costmodel.language.renamed import current_names

OUTPUTS = build.outputs()


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.name)
def test_files_are_fresh(path):
    # A plain comparison of texts; pytest's explanation of how thousands of lines differ would take minutes.
    fresh = path.read_text(encoding="utf-8") == OUTPUTS[path]
    assert fresh, f"{path.name} is stale: python -m costmodel.evaluation.compile.generate"


def test_generated_code_is_used_while_its_sources_are_unchanged(monkeypatch):
    assert compiled.is_fresh()
    changed = {**sources.source_digests(), "formulas/attention.py": "0" * 16}
    monkeypatch.setattr(compiled, "source_digests", lambda: changed)
    assert not compiled.is_fresh.__wrapped__()


def test_a_change_of_one_formula_changes_its_lines_alone(monkeypatch):
    """The diff of generated code is that of the formula: no fingerprint of everything changes with it."""
    from costmodel.formulas.attention import work_units

    before = modules.formulas_module().splitlines()
    monkeypatch.setattr(work_units, "definition", 2 * work_units.definition)
    changed = [
        (old, new) for old, new in zip(before, modules.formulas_module().splitlines(), strict=True) if old != new
    ]
    assert len(changed) == 1 and "2*" in changed[0][1].replace(" ", "")


def test_building_leaves_reading_as_it_was():
    build.quantities_text()
    assert units.parse_quantity("3.35 TB/s", "byte/second") == 3.35e12 and units._memo()


@pytest.mark.parametrize("identifier", profiles.identifiers("implementation"))
def test_what_a_profile_of_an_implementation_states_is_recorded(identifier):
    """So that a run which uses it need not load pint."""
    facts, entries = store.read_fact_file("profiles/implementations", identifier), vocabulary()
    tables = [
        numbers
        for law in ("attention", "prefill")
        for fit in facts.get(law, [])
        for numbers in (fit.get("shared", {}), *fit["main"].values(), *fit.get("fallback", {}).values())
    ]
    stated = {
        f"{text} | {entries[name]['unit']}"
        for numbers in tables
        for name, text in current_names(numbers).items()
        if isinstance(text, str)
    }
    assert stated and stated <= set(json.loads(OUTPUTS[units.MEMO]))
