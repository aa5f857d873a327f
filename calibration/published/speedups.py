"""Whole predictions against published speed-ups: is the side right where a verdict is given, and does the interval hold?

Every published step is predicted as a user would have it, with the implementation that ran, and no measured 16-bit step.
Rows that a fit saw are left out.
"""

import numpy as np
import pandas as pd

from calibration.published.fit import architectures_of, fit_published
from calibration.published.table import published_steps, scheme_of
from costmodel.evaluation.ask.compare import step_ratio
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.ask.verdicts import VERDICTS
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import implementations

KEYS = ["implementation", "gpu", "model", "ranks", "weight_dtype"]
HEADS = ("speed-ups", "rows", "side right", "undecided", "within 90 %", "half-width")
DECIDED = ("wins", "loses")
NATIVE = "fp8"  # judged with the engines' own tables, not here


def rows_outside() -> pd.DataFrame:
    """Published steps of schemes other than fp8 that no fit saw."""
    parts = []
    for name in sorted(published_steps()["implementation"].unique()):
        if implementations.load(name).scheme == NATIVE:
            continue
        rows, seen = published_steps(name), set()
        for architecture in architectures_of(name):
            inside = fit_published(name, architecture).inside
            seen |= {tuple(row) for row in inside[["group", "batch", "context"]].itertuples(index=False)}
        keys = rows[["group", "batch", "context"]].itertuples(index=False)
        parts.append(rows[[tuple(key) not in seen for key in keys]])
    return pd.concat(parts, ignore_index=True)


def predicted_speedups(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with published and predicted speed-up, ``low`` and ``high`` of its 90 % interval, and the verdict."""
    results = []
    for values, part in rows.groupby(KEYS, sort=False):
        fields = dict(zip(KEYS, values, strict=True))
        implementation = implementations.load(fields["implementation"])
        deployment = resolve_deployment(
            fields["model"], fields["gpu"], ranks=int(fields["ranks"]), engine=implementation.engine,
            weight_dtype=fields["weight_dtype"], implementation=implementation.id,
        )  # fmt: skip
        scheme = load_scheme(scheme_of(implementation.id))
        points = part["batch"].to_numpy(float), part["context"].to_numpy(float)
        ratio = step_ratio(
            *(build_passes(deployment, side, *points) for side in (scheme, load_scheme(scheme.baseline)))
        )
        published = part["baseline_ms"] / part["step_ms"]
        results.append(
            part.assign(
                published=published,
                predicted=ratio.value,
                low=ratio.low,
                high=ratio.high,
                verdict=VERDICTS[ratio.codes()],
            )
        )
    return pd.concat(results, ignore_index=True)


def score(results: pd.DataFrame) -> dict[str, float]:
    """Counts and fractions: decided rows, sides right, intervals that hold, their median half-width, undecided rows."""
    decided = results[results["verdict"].isin(DECIDED)]
    right = (decided["verdict"] == "wins") == (decided["published"] > 1)
    holds = (results["low"] <= results["published"]) & (results["published"] <= results["high"])
    width = np.log(results["high"] / results["low"]) / 2
    return {
        "rows": len(results), "decided": len(decided), "right": int(right.sum()), "coverage": float(holds.mean()),
        "half_width": float(np.expm1(width.median())), "undecided": 1 - len(decided) / len(results),
    }  # fmt: skip


def score_lines(results: pd.DataFrame) -> list[tuple[str, ...]]:
    """Cells under ``HEADS``: one line for all rows, one for what engines ship, one for the rest."""
    shipped = results["implementation"].map(lambda name: implementations.load(name).status == "shipped")
    lines = []
    for name, part in (("all", results), ("shipped by an engine", results[shipped]), ("others", results[~shipped])):
        if part.empty:
            continue
        figures = score(part)
        lines.append(
            (
                name,
                str(figures["rows"]),
                f"{figures['right']}/{figures['decided']}",
                f"{100 * figures['undecided']:.0f} %",
                f"{100 * figures['coverage']:.0f} %",
                f"{100 * figures['half_width']:.0f} %",
            )
        )
    return lines
