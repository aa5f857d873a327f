"""Constants behind synthetic steps are found again, as far as rows identify them, and predict steps that no fit saw."""

import numpy as np
import pytest
from step_tables import GPU, MODEL, TIMED, TRUTH, UNSEEN, WHERE, law, table

from calibration.steps.fit import fit_steps
from calibration.steps.law import PER_QUERY_HEAD
from calibration.steps.learn import learn_steps, stated_constants
from costmodel.errors import InputError
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import implementations

SCHEMES = {"turboquant-4bit": PER_QUERY_HEAD, "int8": "none", "kivi-2bit": "none"}


def fitted(scheme, rule, frame, stated=None):
    return fit_steps(law(scheme, list(zip(frame["batch"], frame["context"], strict=True)), rule, stated),
                     1e-3 * frame["step_ms"].to_numpy())  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("scheme", "rule"), SCHEMES.items())
def test_unseen_steps_are_predicted_within_the_noise(scheme, rule, seed):
    fit = fitted(scheme, rule, table(scheme, rule=rule, seed=seed))
    errors = np.log(law(scheme, UNSEEN, rule).time(fit.constants) / law(scheme, UNSEEN, rule).time(TRUTH))
    assert np.median(np.abs(errors)) < 0.015 and np.abs(errors).max() < 0.04
    assert np.abs(fit.residuals).max() < 0.02 and np.isfinite(fit.left_out).all()


def test_what_rows_identify_is_found_within_its_error():
    fit = fitted("turboquant-4bit", PER_QUERY_HEAD, table("turboquant-4bit"))
    errors = dict(zip(fit.names, np.sqrt(np.diag(fit.covariance)), strict=True))
    assert "token_cost" not in fit.kept and errors["token_cost"] < 0.2
    for name in ("token_cost", "attention_launch", "units_to_fill"):
        assert abs(np.log(fit.constants[name] / TRUTH[name])) < 3 * errors[name] + 0.02, name


def test_a_constant_that_no_row_touches_stays_at_its_prior_and_is_said():
    short = [(1, 1024), (1, 2048), (1, 4096), (1, 8192), (1, 16384), (1, 32768)]
    fit = fitted("turboquant-4bit", PER_QUERY_HEAD, table("turboquant-4bit", short))
    assert "wave_cost" in fit.kept, "one sequence never fills a wave"
    prior = law("turboquant-4bit", short).prior["wave_cost"]
    assert fit.constants["wave_cost"] == pytest.approx(prior, rel=0.3)


def test_stated_constants_are_kept():
    int8 = implementations.load("vllm--int8")
    stated = stated_constants(int8)
    assert stated == {"max_extra_splits": 15, "min_split_tokens": 16.0, "split_limit": 128.5}
    frame = table("int8", constants=TRUTH | stated, rule="none", stated=stated)
    fit = fitted("int8", "none", frame, stated)
    assert stated.items() <= fit.constants.items() and not set(stated) & set(fit.names)
    assert stated_constants(None) == {}


def test_one_split_is_barely_a_split():
    one = implementations.build("vllm--int8", {
        "name": "x", "scheme": "int8", "engine": "vllm", "status": "shipped", "kernel": "k", "source": "s", "splits": 1,
        "read": implementations.load("vllm--int8").read,
    }, "x.toml")  # fmt: skip
    assert stated_constants(one)["max_extra_splits"] == 0.02


def test_what_stands_beside_attention_is_the_profiles():
    deployment = resolve_deployment(MODEL, GPU, ranks=1, engine="vllm", implementation="compiled")
    batch, context = np.array(TIMED, dtype=float).T
    step = build_evaluator(deployment, load_scheme("turboquant-4bit"), batch, context)
    rest = drop_model_axes(step["step_time"] - step["attention_step_time"])
    casts = 28 * drop_model_axes(step["kernel_floor"])  # of the query, which an estimate does not have
    np.testing.assert_allclose(law("turboquant-4bit", TIMED).rest, rest + casts, rtol=1e-12)


@pytest.mark.parametrize(("count", "words"), [(3, "at least 4 different steps for 3 constants"), (201, "at most 200")])
def test_too_few_and_too_many_rows_are_refused(count, words):
    points = [(1, 1024 + 100 * index) for index in range(count)]
    frame = table("kivi-2bit", points, rule="none")
    with pytest.raises(InputError, match=f"{words}.*got {count}"):
        fitted("kivi-2bit", "none", frame)


@pytest.mark.parametrize("rule", ["none", PER_QUERY_HEAD])
def test_the_dispatch_that_explains_the_rows_is_found(rule, data_folder):
    """KIVI has no implementation that states how its kernel walks the cache."""
    learnt = learn_steps(table("kivi-2bit", rule=rule, noise=0.002), scheme="kivi-2bit", **WHERE)
    assert learnt.fit.rule == rule and learnt.implementation is None
    assert learnt.path == data_folder / "profiles" / "implementations" / "h100-sxm--vllm--kivi-2bit.toml"


def test_layers_that_a_scheme_leaves_alone_keep_the_engines_kernel(data_folder):
    """TurboQuant skips two layers at either end of 32: of two kinds, the first of 4 layers runs as without a scheme."""
    learn_steps(table("turboquant-4bit"), scheme="turboquant-4bit", **WHERE)
    deployment = resolve_deployment(MODEL, GPU, ranks=1, engine="vllm")
    made, plain = assemble(deployment, load_scheme("turboquant-4bit")), assemble(deployment, load_scheme("none"))
    skipped, own = made.attention
    assert (made.choice.id, made.evidence) == ("vllm--turboquant-4bit", "measured")
    assert (skipped.kv_dtype, own.kv_dtype) == ("bfloat16", "turboquant-4bit")
    assert skipped.main == plain.attention[0].main and own.main["token_cost"] != skipped.main["token_cost"]
    assert own.rule == PER_QUERY_HEAD
