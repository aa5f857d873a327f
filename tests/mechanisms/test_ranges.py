"""Every shipped scheme is a cache over the whole designed range, at every end of its knobs, and on every shipped model."""

import numpy as np
import pytest

from costmodel.errors import FactError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.inputs import inputs
from costmodel.evaluation.assemble.slot_check import check_on_model
from costmodel.evaluation.compile import compiled, modules, range_check
from costmodel.facts import models, store
from costmodel.facts.schemes import parse_scheme
from costmodel.language.bounds import Bounds

SHIPPED = sorted(path.stem for path in (store.PACKAGE / "schemes").glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scheme_is_within_bounds_at_every_end_of_its_knobs(name):
    module: dict = {}
    exec(modules.scheme_module(parse_scheme(name)), module)
    bounds = {key: Bounds(*entry) for key, entry in module["BOUNDS"].items()}
    formulas = compiled.load_formulas().formulas
    range_check.check_ranges(parse_scheme(name), module["SLOTS"], module["FIELDS"], bounds, formulas)


def test_the_design_holds_the_heads_of_every_model_without_a_latent():
    groups = [g for m in store.files("models") for g in models.load(m).groups if g["attends"] and g["value_width"]]
    assert {g["key_width"] for g in groups} <= set(range_check.WIDTHS)
    assert {g["kv_heads"] for g in groups} <= set(range_check.KV_HEADS)


@pytest.mark.parametrize("model", ["llama-3.1-8b", "deepseek-v3", "gpt-oss-20b", "qwen3-32b"])
def test_shipped_schemes_suit_models(model):
    deployment = resolve_deployment(model, "b300-sxm", ranks=8)
    for name in SHIPPED:
        scheme = compiled.load_scheme(name)
        check_on_model(scheme, deployment.model, inputs(deployment, scheme))


def test_a_tile_wider_than_the_head_of_the_model_is_refused():
    """A head of gpt-oss has 64 numbers; 128 that share a scale would count half of the scales."""
    scheme = compiled.load_scheme("nvfp4[group=128]")
    build_evaluator(resolve_deployment("llama-3.1-8b", "b200-sxm"), scheme, 1.0, 100.0)
    with pytest.raises(FactError, match=r"tile: expected at most 64 channels, .* of gpt-oss-20b, got 128 from 'group'"):
        build_evaluator(resolve_deployment("gpt-oss-20b", "b200-sxm"), scheme, 1.0, 100.0)


@pytest.mark.parametrize("heads", [1, 2, 3, 4, 5, 8, 10, 16, 24, 32, 40, 56, 64, 72, 96, 112, 128])
def test_what_is_wrong_at_one_number_of_heads_alone_is_found(heads, write_scheme):
    """Between half a head below and half a head above the product of both distances is negative: -1/4 of a bit at it."""
    wrong = f"bit * (kv_heads / head - {heads - 0.5}) * (kv_heads / head - {heads + 0.5})"
    path = write_scheme(f'[[mechanism]]\nkind = "redefine"\nvalue_metadata = "{wrong}"\n')
    with pytest.raises(FactError, match=rf"mechanism\[0\]\.value_metadata: expected .*kv_heads = {heads}\b"):
        compiled.load_scheme(path)


@pytest.mark.parametrize(("power", "kinds"), [(11, 32), (12, 32), (13, 4)])
def test_layers_are_alike_where_their_slots_agree_at_12_digits(power, kinds, write_scheme):
    """A byte and 32 layers 1e-12 of it apart are 32 kinds; 1e-13 apart they round to 0, 1, 2 and 3 times 1e-12 more."""
    path = write_scheme(
        f'[[mechanism]]\nkind = "redefine"\nvalue_metadata = "8 * bit * (1 + layer_index / layer / 1e{power})"\n'
    )
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm")
    numbers = inputs(deployment, compiled.load_scheme(path))
    assert numbers["layer_groups"] == kinds and numbers["layer_count"].sum() == 32


def test_what_only_a_model_shows_is_refused_there(write_scheme):
    """A value of a latent has no numbers of its own: a record for each of them is a division by zero."""
    path = write_scheme('[[mechanism]]\nkind = "redefine"\nvalue_metadata = "32 * bit / value_width"\n')
    scheme = compiled.load_scheme(path)
    build_evaluator(resolve_deployment("llama-3.1-8b", "b200-sxm"), scheme, 1.0, 100.0)
    with pytest.raises(FactError, match=r"mechanism\[0\]\.value_metadata: .* on deepseek-v3"):
        build_evaluator(resolve_deployment("deepseek-v3", "b200-sxm", ranks=8), scheme, 1.0, 100.0)


def test_the_design_by_hand():
    """24 powers of two, 8 of ten (1 is both), six halves: 37 contexts, each with 10 widths, 3 depths and 2 prompts."""
    design = range_check._design()
    contexts, counts = np.unique(design["context"], return_counts=True)
    assert (
        len(contexts) == 37 and set(counts) == {60} and contexts[[0, 1, 4, -2, -1]].tolist() == [1, 2, 10, 2**23, 10**7]
    )
    assert {50, 500, 5_000_000} < set(contexts.tolist()) and 5 not in contexts
    whole = design["prompt"] == design["context"]
    assert (design["prompt"] == np.where(whole, design["context"], np.ceil(design["context"] / 4))).all()
    assert whole[design["context"] > 1].mean() == 0.5 and design["batch"] == 8
    depth = design["layer_index"] / (design["layers"] - 1)
    assert {0, 1} < set(depth) and (np.abs(depth - 0.5) < 0.04)[(depth > 0) & (depth < 1)].all()
    assert [np.mean(depth == end) for end in (0, 1)] == pytest.approx([1 / 3, 1 / 3])
    ratios = set(design["query_heads"] / design["kv_heads"])
    assert {1, 4, 8, 16} < ratios and all(ratio == int(ratio) for ratio in ratios)
    pairs = {(context, width) for context, width in zip(design["context"], design["key_width"], strict=True)}
    assert len(pairs) == 37 * len(range_check.WIDTHS)
    assert design["layers"].tolist()[:5] == [16, 32, 61, 80, 126] and np.isinf(design["window"])


def test_numbers_at_their_bounds():
    def check(value, low, high=4.0, positive=False):
        range_check._check(np.array(value), Bounds("", low, high, positive), "here", lambda bad: f"at {bad.tolist()}")

    for value, low, positive in (([0.0, 4.0], 0.0, False), ([1e-9], 0.0, True), ([4.0 * (1 + 1e-10)], 0.0, False)):
        check(value, low, positive=positive)
    for value, low, positive in (
        ([-1e-9], 0.0, False),
        ([0.0], 0.0, True),
        ([4.01], 0.0, False),
        ([np.nan], 0.0, False),
    ):
        with pytest.raises(FactError, match=r"^here: expected .*, got .* at \[True\]"):
            check(value, low, positive=positive)
    with pytest.raises(FactError, match="got inf"):
        check([1.0, np.inf], 0.0, np.inf)
    context = np.array([10.0, 20.0])
    range_check.check_slot("kept_tokens", np.array([10.0, 20.0]), context, "here", str)
    with pytest.raises(FactError, match="expected at most the context, got 21"):
        range_check.check_slot("kept_tokens", np.array([10.0, 21.0]), context, "here", str)
    range_check.check_slot("flush_tokens", np.array([10.0, 21.0]), context, "here", str)


def test_the_place_of_a_number_is_said():
    numbers = {"context": np.array([1.0, 2048.0]), "kv_heads": np.array([8.0]), "layers": np.array([16.0, 32.0])}
    place = range_check._Place(numbers, ("kv_heads", "key_bits"), {"knob0__group": 64.0})
    assert place(np.array([False, True])) == "at context = 2,048, kv_heads = 8, group = 64"
