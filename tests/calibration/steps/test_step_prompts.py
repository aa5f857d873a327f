"""First tokens teach the share of the tensor peak that a slow prefill kernel reaches; which steps to time next is named."""

import numpy as np
import pandas as pd
import pytest
from step_tables import GPU, MODEL, TIMED, WHERE, law, table

from calibration.steps.fit import fit_steps
from calibration.steps.learn import learn_steps
from calibration.steps.prompts import fit_prompts, prompt_rows
from calibration.steps.propose import propose_steps
from costmodel.errors import InputError
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_prefill_evaluator
from costmodel.evaluation.compile.compiled import load_scheme

PROMPTS = np.array([2048.0, 8192, 32768])


def first_tokens(scheme, share, implementation="compiled") -> pd.DataFrame:
    """Milliseconds to first token with a prefill kernel at a share of the tensor peak."""
    deployment = resolve_deployment(MODEL, GPU, ranks=1, engine="vllm", implementation=implementation)
    evaluator = build_prefill_evaluator(deployment, load_scheme(scheme), PROMPTS)
    share = evaluator["prefill_peak_share"] if share is None else share
    seconds = drop_model_axes(evaluator.with_inputs(prefill_peak_share=share)["prefill_time"])
    return pd.DataFrame({"prompt_len": PROMPTS, "ttft_ms": 1e3 * seconds})


@pytest.mark.parametrize("share", [0.03, 0.3])
def test_the_share_of_the_peak_is_found(share):
    fit = fit_prompts(law("int8", TIMED), first_tokens("int8", np.full((1, 1), share)), "a kernel")
    assert fit.main["int8"]["prefill_peak_share"] == pytest.approx(share, rel=1e-3)
    assert fit.kernel == "a kernel" and fit.points == 3 and fit.spread["int8"]["all"] == 0.05


def test_a_learnt_prompt_is_predicted(data_folder):
    prompts = first_tokens("kivi-2bit", np.full((1, 1), 0.05))
    learn_steps(table("kivi-2bit", rule="none"), scheme="kivi-2bit", prompts=prompts, **WHERE)
    again = first_tokens("kivi-2bit", None, implementation="shipped")
    np.testing.assert_allclose(again["ttft_ms"], prompts["ttft_ms"], rtol=0.01)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"prompt_len": [1024]}), "ttft_ms is missing"),
        (pd.DataFrame({"prompt_len": [1024], "ttft_ms": [-1]}), "ttft_ms"),
        (pd.DataFrame({"prompt_len": ["long"], "ttft_ms": [30]}), "prompt_len"),
    ],
)
def test_first_tokens_are_checked(frame, words):
    with pytest.raises(InputError, match=f"mine.csv.*{words}"):
        prompt_rows(frame, "mine.csv")


def proposed(points, count=3):
    frame = table("kivi-2bit", points, rule="none")
    fit = fit_steps(law("kivi-2bit", points, "none"), 1e-3 * frame["step_ms"].to_numpy(), with_left_out=False)
    return propose_steps(lambda b, c: law("kivi-2bit", list(zip(b, c, strict=True)), "none"), fit, frame, count)


def test_what_to_time_next_is_new_fits_and_is_least_certain_first():
    following = proposed(TIMED)
    assert len(following) == 3 and (following["error"].diff().dropna() <= 1e-12).all()
    assert not set(zip(following["batch"], following["context"], strict=True)) & set(TIMED)
    assert len(set(zip(following["batch"], following["context"], strict=True))) == 3


def test_rows_of_one_sequence_ask_for_a_full_batch():
    """Nothing at batch 1 tells what whole waves cost."""
    alone = proposed([(1, 1024), (1, 4096), (1, 16384), (1, 65536), (1, 131072)])
    assert alone["batch"][0] > 1 and alone["error"][0] > proposed(TIMED)["error"][0]
