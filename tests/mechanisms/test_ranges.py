"""Every shipped scheme is a cache over the whole designed range, at every end of its knobs, and on every shipped model."""

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


def test_what_only_a_model_shows_is_refused_there(write_scheme):
    """A value of a latent has no numbers of its own: a record for each of them is a division by zero."""
    path = write_scheme('[[mechanism]]\nkind = "redefine"\nvalue_metadata = "32 * bit / value_width"\n')
    scheme = compiled.load_scheme(path)
    build_evaluator(resolve_deployment("llama-3.1-8b", "b200-sxm"), scheme, 1.0, 100.0)
    with pytest.raises(FactError, match=r"mechanism\[0\]\.value_metadata: .* on deepseek-v3"):
        build_evaluator(resolve_deployment("deepseek-v3", "b200-sxm", ranks=8), scheme, 1.0, 100.0)
