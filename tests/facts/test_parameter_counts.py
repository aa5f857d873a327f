"""Shapes count up to the published number of parameters: a wrong width or layer would show here."""

import pytest

from costmodel.facts import models, store

# Off by more than 1 % for a reason that is known; the value is the deviation of our count.
KNOWN = {
    "llama-4-scout": -0.0113,  # 109B include the vision tower; the text tower is 107.8B
    "qwen3-1.7b": +0.0121,  # the label has two digits: 1.72B rounds to it
    "opt-13b": -0.0113,  # the name rounds: the checkpoint has 12.85B
    "mimo-7b": -0.0265,  # 7.83B include one layer that predicts a further token; the model proper has 7.62B
}
PUBLISHED = sorted(i for i in store.files("models") if "parameters_published" in store.read_fact_file("models", i))


def deviation(identifier):
    return models.load(identifier).parameters / store.read_fact_file("models", identifier)["parameters_published"] - 1


def test_most_models_state_what_was_published():
    assert len(PUBLISHED) > 0.9 * len(store.files("models"))


@pytest.mark.parametrize("identifier", PUBLISHED)
def test_parameters_as_published(identifier):
    if identifier in KNOWN:
        assert deviation(identifier) == pytest.approx(KNOWN[identifier], abs=0.002)
    else:
        assert abs(deviation(identifier)) <= 0.01


def test_known_deviations_are_still_deviations():
    assert set(KNOWN) <= set(PUBLISHED)
    assert all(abs(deviation(identifier)) > 0.01 for identifier in KNOWN)


@pytest.mark.parametrize(
    "identifier", [i for i in store.files("models") if "parameters" in store.read_fact_file("models", i)]
)
def test_our_own_count_is_the_one_in_the_file(identifier):
    assert models.load(identifier).parameters == pytest.approx(
        store.read_fact_file("models", identifier)["parameters"], rel=0.002
    )
