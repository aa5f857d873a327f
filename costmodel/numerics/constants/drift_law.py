"""Fit the law of drift: spreads of tiles on stored errors, gains on attention's output, powers on attention itself.

Schemes without a precise window fit, others say how wide an interval must be, the rest judges; stored errors are judged only
by schemes that round otherwise than any that was fitted. Stages are fitted one after the
other, each to its own error, so that a misfit of answers cannot bend what is stored.
"""

import math

import numpy as np
from scipy.optimize import least_squares

from costmodel.evaluation.ask.intervals import Z90
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.decoders import DRIFT, FACTORS
from costmodel.numerics import drift
from costmodel.numerics.constants.recency import measure_recency
from costmodel.numerics.experiment import run_experiment
from costmodel.numerics.read_recipe import read_recipe
from costmodel.numerics.texts import cut_conversation, read_prose
from costmodel.numerics.weights import load_decoder
from costmodel.text.progress import progress

FITTED = ("int8", "int4", "fp8", "turboquant-k8v4")
CHANNELS = "kivi-4bit"  # its stored keys alone tell how wide a channel's range is
WIDENING = ("ggml-q4-0", "kivi-4bit", "hf-quantized")
JUDGED = (
    "ggml-q8-0", "int8-tensor", "kivi-4bit[residual=32]", "kivi-4bit[residual=64]", "kivi-2bit", "kivi-2bit[residual=32]",
    "kivi-2bit[group=64]",
)  # fmt: skip
LATE = ("fp8", "int4", "kivi-4bit[residual=32]", "kivi-2bit[residual=32]")  # of conversations of a hundred turns
TURNS, CONVERSATIONS, SKIPPED = 20, 3, 6  # the first turns have windows that are not full yet
RECENCY_TOKENS = 800
START = dict(zip(DRIFT, (1.5, 0.5, 1.1, 1.5, 1.9, 0.5, 0.3, 0.15, 2.0), strict=True))
STAGES = (  # constants, and the errors that they are fitted to with the earlier ones held
    (("key_token_spread", "key_channel_spread", "value_spread"), ("stored_key_error", "stored_value_error")),
    (("key_even_gain", "key_scaled_gain", "value_error_gain"), ("attention_output_error",)),
    (("divergence_gain",), ("answer_divergence",)),
)
CLEAR = 2.5  # times the divergence of arithmetic alone, from which that of a cache can be told
Errors = dict[str, dict[str, np.ndarray]]  # by scheme and name: the mean of every conversation


def measure_errors() -> tuple[Errors, dict[str, int]]:
    """Errors of every scheme over the later turns; and the conditions."""
    schemes = [*FITTED, *WIDENING, *JUDGED]
    setting = drift.EXPERIMENT.setting({"turns": TURNS, "conversations": CONVERSATIONS})
    with progress("conversations") as on_progress:
        data = run_experiment(drift.EXPERIMENT, setting, schemes, on_progress).data
    late = data.isel(turn=slice(SKIPPED, None))
    means = {name: np.sqrt((late[name] ** 2).mean("turn")) for name in FACTORS}
    means["answer_divergence"] = late["answer_divergence"].mean("turn")
    ids = {text: load_scheme(text).id for text in schemes}
    return {text: {n: means[n].sel(scheme=one).values for n in FACTORS} for text, one in ids.items()}, setting.numbers


def read_powers() -> dict[str, float]:
    """The powers of keys and values on two pieces of the text."""
    decoder = load_decoder()
    tokens = decoder.encode(read_prose().text)
    keys, values = measure_recency(
        decoder, [cut_conversation(tokens, RECENCY_TOKENS, number, 2) for number in range(2)]
    )
    return {"key_recency": keys, "value_recency": values}


def predict(scheme: str, constants: dict[str, float], numbers: dict[str, int]) -> dict[str, float]:
    """The errors that the formulas give for a scheme at the middle of the later turns."""
    deployment = resolve_deployment("smollm2-135m", "h100-sxm", ranks=1, engine="vllm")
    end = (numbers["user"] + numbers["output"]) * (TURNS + SKIPPED) / 2
    evaluator = build_evaluator(deployment, load_scheme(scheme), 1.0, end, prompt=end, **constants)
    return {name: float(drop_model_axes(evaluator[name])) for name in FACTORS}


def _ratios(measured: Errors, scheme: str, name: str, predicted: dict[str, float]) -> np.ndarray:
    """Logarithms of measured over predicted, a conversation each; none where arithmetic hides the divergence."""
    if name == "answer_divergence" and measured[scheme][name].mean() < CLEAR * drift.FLOOR:
        return np.empty(0)
    return np.log(measured[scheme][name] / predicted[name])


def _says_something(scheme: str, name: str) -> bool:
    """Whether a scheme outside the fit can judge an error: what is stored in the form of a fitted scheme was fitted."""
    if name not in ("stored_key_error", "stored_value_error"):
        return True
    side = "key" if name == "stored_key_error" else "value"
    fitted = (*FITTED, CHANNELS) if side == "key" else FITTED
    shape = load_decoder().shape
    return all(
        getattr(read_recipe(load_scheme(scheme).spec, shape), side)
        != getattr(read_recipe(load_scheme(s).spec, shape), side)
        for s in fitted
    )


def fit_law(measured: Errors, numbers: dict[str, int], powers: dict[str, float]) -> tuple[dict, dict]:
    """Constants of the law, and by error the factor of its 90 % interval: how it misses schemes that it was not fitted to."""
    constants = START | powers
    for names, errors in STAGES:
        constants |= _fit_stage(measured, numbers, constants, names, errors)
    predictions = {scheme: predict(scheme, constants, numbers) for scheme in WIDENING}
    factors = {}
    for name in FACTORS:
        schemes = [scheme for scheme in WIDENING if _says_something(scheme, name)]
        misses = np.concatenate([_ratios(measured, scheme, name, predictions[scheme]) for scheme in schemes])
        factors[name] = math.exp(Z90 * math.sqrt(np.mean(np.square(misses))))
    return constants, factors


def measure_late() -> tuple[dict[str, float], dict[str, float]]:
    """Nats by scheme in the first and in the last group of turns of the experiment's own setting."""
    setting = drift.EXPERIMENT.setting({})
    with progress("long conversations") as on_progress:
        data = run_experiment(drift.EXPERIMENT, setting, list(LATE), on_progress).data["answer_divergence"]
    parts = drift.groups(setting["turns"])
    first, last = (data.isel(turn=part).mean(("conversation", "turn")) for part in (parts[0], parts[-1]))
    return tuple({str(one): float(means.sel(scheme=one)) for one in means["scheme"].values} for means in (first, last))


def late_factor(last: dict[str, float], constants: dict[str, float], numbers: dict[str, int]) -> float:
    """The factor of the 90 % interval beyond the fitted turns: how the law misses long conversations that fitted nothing."""
    misses = [
        math.log(nats / predict(scheme, constants, numbers)["answer_divergence"]) for scheme, nats in last.items()
    ]
    return math.exp(Z90 * math.sqrt(np.mean(np.square(misses))))


def _fit_stage(measured: Errors, numbers, fixed: dict[str, float], names, errors) -> dict[str, float]:
    pairs = [(scheme, error) for scheme in FITTED for error in errors]
    if "key_channel_spread" in names:
        pairs.append((CHANNELS, "stored_key_error"))

    def residuals(logarithms):
        trial = fixed | dict(zip(names, np.exp(logarithms), strict=True))
        predictions = {scheme: predict(scheme, trial, numbers) for scheme, _ in pairs}
        return np.concatenate([_ratios(measured, scheme, error, predictions[scheme]) for scheme, error in pairs])

    start = np.log([fixed[name] for name in names])
    solution = least_squares(residuals, start, bounds=(start - 1.5, start + 1.5))
    return dict(zip(names, np.exp(solution.x), strict=True))


def judge_law(measured: Errors, constants: dict, factors: dict, numbers: dict[str, int]) -> list[str]:
    """By error, over the schemes that judge: n, median and 90th percentile of the error, bias, share inside the interval."""
    lines = []
    for name in FACTORS:
        schemes = [scheme for scheme in JUDGED if _says_something(scheme, name)]
        ratios = np.exp([-one for s in schemes for one in _ratios(measured, s, name, predict(s, constants, numbers))])
        off = np.abs(ratios - 1)
        inside = (np.abs(np.log(ratios)) <= math.log(factors[name])).mean()
        lines.append(
            f"{name}: n = {len(ratios)}, median {np.median(off):.0%}, p90 {np.quantile(off, 0.9):.0%}, "
            f"bias {ratios.mean() - 1:+.0%}, inside {inside:.0%}"
        )
    return lines
