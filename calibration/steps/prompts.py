"""How much slower an implementation's prompt attention is, from a few times to first token.

One number is learnt: the share of the tensor peak that its prefill kernel reaches. The other constants are those of the
engine's own prefill kernel, and the rest of the prompt pass is that of the profile.
"""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from calibration.steps.law import StepLaw
from costmodel.errors import InputError
from costmodel.evaluation.ask.number_columns import parse_numbers
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_prefill_evaluator
from costmodel.facts.deployment import COMPILED
from costmodel.facts.profiles import PrefillFit

SLOWEST, FASTEST = 1e-3, 1.2  # shares of the tensor peak
MIN_SPREAD = 0.05
MAX_NUMBER = 1e9
MAX_ERROR = 1.0  # log error of a time to first token that is none


def prompt_rows(frame: pd.DataFrame, location: str) -> pd.DataFrame:
    """Columns prompt_len (tokens) and ttft_ms as numbers above 0; InputError naming row and column otherwise."""
    rows = pd.DataFrame()
    for name in ("prompt_len", "ttft_ms"):
        if name not in frame:
            raise InputError(f"{location}: expected columns prompt_len and ttft_ms; {name} is missing")
        rows[name] = parse_numbers(pd.Series(frame[name]), name, location, high=MAX_NUMBER)
    return rows


def fit_prompts(law: StepLaw, rows: pd.DataFrame, kernel: str) -> PrefillFit:
    """Prefill attention of the implementation whose decode steps ``law`` describes.

    ``rows`` are those of ``prompt_rows``. Returns a fit under the scheme's id, with the spread of its residuals.
    """
    deployment = law.deployment.with_options(implementation=COMPILED)
    evaluator = build_prefill_evaluator(deployment, law.scheme, rows["prompt_len"].to_numpy(float))
    constants = dict(assemble(deployment, law.scheme).prefill[0].main)
    seconds = 1e-3 * rows["ttft_ms"].to_numpy(float)

    def log_errors(log_share: float) -> np.ndarray:
        share = np.where(law.own, np.exp(log_share), evaluator["prefill_peak_share"])
        time = drop_model_axes(evaluator.with_inputs(prefill_peak_share=share)["prefill_time"])
        return np.log(time / seconds)

    solution = minimize_scalar(
        lambda x: float((log_errors(x) ** 2).sum()), bounds=(np.log(SLOWEST), np.log(FASTEST)), method="bounded"
    )
    wrong = np.abs(log_errors(solution.x))
    if wrong.max() > MAX_ERROR:
        row = rows.iloc[int(wrong.argmax())]
        raise InputError(
            f"first tokens: {row['prompt_len']:g} tokens in {row['ttft_ms']:g} ms, {np.exp(wrong.max()):,.1f} times off what a "
            "prefill kernel that suits the others would take; expected milliseconds of one prompt at a time"
        )
    constants["prefill_peak_share"] = float(np.exp(solution.x))
    constants.pop("prefill_spread", None)
    spread = max(float(np.abs(log_errors(solution.x)).max()), MIN_SPREAD)
    name = law.scheme.spec.parts[0].id
    return PrefillFit(kernel, law.head_dim, {name: constants}, points=len(rows), spread={name: {"all": spread}})
