"""The parameters that a call takes out of one fit: coefficients of both paths, spreads, and a label.

Spreads of an inherited profile are wider than its own; where a file states none, a typical one stands in.
"""

import functools
import math
from dataclasses import dataclass, field

from costmodel.facts.fit_covariance import load_fit_covariance
from costmodel.facts.profiles.schema import AttentionFit, PrefillFit

LATENT = " latent"  # ends the label of parameters that were measured over a latent
REGIMES = ("launch", "cold", "other")
MAX_TOKEN_COST_SPREAD = math.log(2)
# Spread of an inherited profile over its own, from H100 → H200 (8.4 % against 7.9 %), L40S → RTX PRO 6000.
INHERITED_SPREAD_FACTOR = 1.3
# Engines' tables hold many shapes of kernels that fill a multiprocessor alone and split as long as it helps.
UNLESS_STATED = {"units_to_fill": 1.0, "split_slowdown": 1.0, "split_limit": 1e9}
DEFAULT_SPREAD, DEFAULT_SECTION_SPREAD, DEFAULT_CORRELATION = 0.3, 0.4, 0.5


@dataclass(frozen=True, eq=False)
class Parameters:
    """One set of coefficients by name, for the main path and for the fallback path that a rule chooses."""

    label: str
    main: dict[str, float]
    fallback: dict[str, float]
    rule: str = "none"
    ignores_window: bool = False
    head_dim: float = 128.0
    kv_dtype: str = "bfloat16"
    origin: str = "measured"
    kernel: str = ""
    spread: dict[str, float] = field(default_factory=dict)


def widened(spread: float, origin: str) -> float:
    """The spread of a fit for a GPU that has (measured) or inherited its profile."""
    return float(spread) * (INHERITED_SPREAD_FACTOR if origin == "inherited" else 1.0)


@functools.cache
def attention_parameters(identifier: str, origin: str, fit: AttentionFit, kv_dtype: str) -> Parameters:
    """Parameters of decode attention for a KV type, or for the first of the fit where it lacks that; one object per key.

    ``identifier`` is the profile's id; ``origin`` (measured, inherited …) says how far its spreads are widened.
    """
    available = kv_dtype if kv_dtype in fit.main else next(iter(fit.main))
    spread = fit.spread.get(available, {})
    by_regime = {regime: widened(spread.get(regime, DEFAULT_SPREAD), origin) for regime in REGIMES}
    correlation = DEFAULT_CORRELATION if fit.pair_correlation is None else fit.pair_correlation
    main = {**UNLESS_STATED, **fit.shared, **fit.main[available]} | {
        "attention_spread_launch": by_regime["launch"],
        "attention_spread_cold": by_regime["cold"],
        "token_cost_spread": _token_cost_spread(identifier, fit, available),
        "pair_correlation": float(correlation),
    }
    fallback = fit.fallback.get(available, {})
    return Parameters(
        _label(fit, available) + (LATENT if fit.latent else ""),
        main,
        main | dict(fallback),
        fit.rule,
        fit.ignores_window,
        float(fit.head_dim),
        available,
        origin,
        fit.kernel,
        by_regime,
    )


def _token_cost_spread(identifier: str, fit: AttentionFit, kv_dtype: str) -> float:
    """Log standard error of the cost of a token: that of the fit, at most a factor of two, as for a compiled kernel."""
    law = "latent" if fit.latent else "attention"
    fit_covariance = load_fit_covariance(identifier, law, fit.kernel, float(fit.head_dim))
    index = None if fit_covariance is None else fit_covariance.index_of("token_cost", kv_dtype)
    if fit_covariance is None or index is None:
        return MAX_TOKEN_COST_SPREAD
    return min(float(fit_covariance.covariance[index, index]) ** 0.5, MAX_TOKEN_COST_SPREAD)


@functools.cache
def prefill_parameters(origin: str, fit: PrefillFit, kv_dtype: str) -> Parameters:
    """Parameters of prefill attention for a KV type, or for the fit's first where it lacks that.

    ``origin`` (measured, inherited …) says how far its spreads are widened.
    """
    available = kv_dtype if kv_dtype in fit.main else next(iter(fit.main))
    spread = widened(fit.spread.get(available, {}).get("all", DEFAULT_SPREAD), origin)
    numbers = {**fit.shared, **fit.main[available]} | {"prefill_spread": spread}
    return Parameters(
        _label(fit, available),
        numbers,
        numbers,
        head_dim=float(fit.head_dim),
        kv_dtype=available,
        origin=origin,
        kernel=fit.kernel,
        spread={"all": spread},
    )


def _label(fit: AttentionFit | PrefillFit, kv_dtype: str) -> str:
    return f"{fit.kernel} d={fit.head_dim:g} {kv_dtype}"
