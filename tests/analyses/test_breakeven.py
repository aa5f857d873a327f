"""The root is a root, never is said, and the closed form is what SymPy solves it to be."""

import numpy as np
import pytest
import sympy as sp

from costmodel.analyses.breakeven import CONDITION, EQUATION, MIN_CONTEXT, break_even
from costmodel.analyses.model_sizes import break_even_by_model
from costmodel.errors import InputError
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.formulas import attention, cache
from costmodel.formulas import breakeven as formulas
from costmodel.language import symbols
from costmodel.language.expression import parse_expression

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)


def gain(name, batch, context):
    scheme_time, baseline_time = (
        drop_model_axes(build_passes(DEPLOYMENT, load_scheme(s), batch, context).step["step_time"])
        for s in (name, "none")
    )
    return float(np.log(baseline_time / scheme_time))


@pytest.mark.parametrize(("name", "batch"), [("fp8", 1.0), ("fp8", 8.0), ("kivi-4bit", 1.0), ("h2o", 4.0)])
def test_the_gain_changes_sign_at_the_root(name, batch):
    answer = break_even(DEPLOYMENT, name, batch)[0]
    assert MIN_CONTEXT < answer.context < 131072
    assert gain(name, batch, 0.97 * answer.context) < 0 < gain(name, batch, 1.03 * answer.context)
    assert answer.low <= answer.context <= answer.high


def test_fp8_at_batch_one_lies_between_4k_and_16k():
    # vLLM's own end-to-end fit is about 7,000 tokens, kernel tables put it between 4 K and 16 K
    assert 4096 < break_even(DEPLOYMENT, "fp8", 1.0)[0].context < 16384


def test_larger_batches_break_even_earlier():
    contexts = [row.context for row in break_even(DEPLOYMENT, "fp8", [1, 8, 64])]
    assert contexts == sorted(contexts, reverse=True)


def test_what_only_costs_never_pays():
    answer = break_even(DEPLOYMENT, "hypothetical[saving=0,overhead=10us]", 8.0)[0]
    assert np.isinf(answer.context) and answer.text.startswith("never")


def test_what_only_saves_pays_from_the_first_token():
    answer = break_even(DEPLOYMENT, "hypothetical[saving=0.5,overhead=0s]", 8.0)[0]
    assert answer.context == MIN_CONTEXT and answer.text == "from the first token (assumed)"


def test_a_dearer_codec_pays_later():
    rows = [break_even(DEPLOYMENT, f"hypothetical[saving=0.3,overhead={o}us]", 4.0)[0].context for o in (10, 50, 200)]
    assert rows == sorted(rows) and rows[0] < rows[2]


def test_the_closed_form_solves_the_two_lines():
    base_fixed, base_slope = formulas.baseline_fixed_time, formulas.baseline_slope
    root = formulas.break_even_context.definition
    context = sp.Symbol("context")
    lines = (formulas.fixed_time + formulas.slope * context) - (base_fixed + base_slope * context)
    assert sp.simplify(lines.subs(context, root)) == 0


def test_the_ladder_starts_small_and_skips_what_does_not_fit():
    rungs = break_even_by_model(resolve_deployment("llama-3.1-8b", "rtx-4090", ranks=1), "hypothetical", [1.0])
    assert rungs[0].model == "Llama 3.1 8B" and len(rungs) >= 2
    assert all(np.isinf(c) or c >= MIN_CONTEXT for rung in rungs for c in rung.contexts)


@pytest.mark.parametrize(("batch", "longest"), [(0, None), (-1, None), (1, 3)])
def test_absurd_questions_are_refused(batch, longest):
    with pytest.raises(InputError):
        break_even(DEPLOYMENT, "fp8", batch, longest)


PRINTED = {
    "t_fix": formulas.fixed_time, "t_fix_baseline": formulas.baseline_fixed_time,
    "κ": formulas.slope, "κ_baseline": formulas.baseline_slope,
    "B": symbols.batch, "H_loc": cache.local_cached_heads, "s": cache.coded_size, "η": attention.hbm_efficiency,
    "μ": attention.l2_reread_factor, "λ": attention.l2_speedup, "β": symbols.hbm_bandwidth, "τ": attention.token_time,
    "H_q": attention.local_query_heads, "u": symbols.heads_per_work_unit, "S": symbols.multiprocessors,
}  # fmt: skip


def test_the_printed_equations_are_the_formulas():
    slopes = CONDITION.split("κ = ")[1].split(" where ")[0], CONDITION.split("memory binds, ")[1].split(" where ")[0]
    for text, formula in (
        (EQUATION.split(" = ")[1], formulas.break_even_context),
        (slopes[0], formulas.memory_slope),
        (slopes[1], formulas.multiprocessor_slope),
    ):
        printed = parse_expression(text.replace("·", "*"), PRINTED, formula.unit, "printed")
        assert sp.simplify(printed - formula.definition) == 0
