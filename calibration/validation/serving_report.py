"""Times under load against published runs, as tables: by concurrency, class, engine and GPU, transfer, and a rival's."""

from collections.abc import Callable, Iterator

import pandas as pd

from calibration.data.published_runs import published_count
from calibration.validation import serving_runs as runs
from calibration.validation.serving_constants import TERMS, left_out, with_terms
from costmodel.text.counted import counted

KINDS = ("dense models", "mixtures of experts")
LABELS = {
    ("serving_ms", "tpot_ms"): "time per output token: continuous batching, prompts of others included",
    ("static_ms", "tpot_ms"): "time per output token: decode alone",
    ("first_ms", "ttft_ms"): "time to first token: a benchmark of ten requests a slot, all slots at once",
}
GROUPS = {
    "class and engine": ["class", "engine"],
    "GPU": ["kind", "gpu"],
    "model": ["model", "engine"],
    "month in which it was measured": ["kind", "month"],
}
NO_MONTH = "not stated"
TRANSFERS = {"model": "model", "gpu": "system"}


def compared() -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """All runs that are compared, and those of each kind left out, by reason.

    With ``kind``, ``class``, ``is_fitted`` and ``month`` (year and month of the measurement).
    """
    tables = dict(zip(KINDS, (runs.compare_runs(), runs.compare_expert_runs()), strict=True))
    together = pd.concat([rows for rows, _ in tables.values()], keys=tables, names=["kind"]).reset_index(level=0)
    together = together.reset_index(drop=True)
    month = together["measured"].fillna("").str.slice(0, len("2026-04")).replace("", NO_MONTH)
    own = {"class": together["model"].map(runs.class_of), "month": month}
    together = together.assign(is_fitted=runs.is_fitted(together), **own)
    return together, {kind: reasons for kind, (_, reasons) in tables.items()}


def sections(together: pd.DataFrame, reasons: dict[str, dict[str, int]]) -> Iterator[tuple[str, pd.DataFrame | None]]:
    """Headings with their tables in the order in which they are printed; a heading alone says what no table does."""
    for kind in KINDS:
        rows = together[together["kind"] == kind]
        judged, fitted = rows[~rows["is_fitted"]], rows[rows["is_fitted"]]
        yield (
            f"Published serving runs of {kind}: {len(judged)} outside the fit of the engines' constants, percent",
            None,
        )
        for columns, label in LABELS.items():
            yield label, runs.by_concurrency(judged, *columns)
        yield "90 % intervals under load", runs.coverage(judged)
        yield "the same of those that were fitted to", runs.coverage(fitted)
        counts = {"that constants were fitted to": len(fitted)} | reasons[kind]
        yield (
            "left out: " + "; ".join(f"{counted(count, 'run')} {reason}" for reason, count in counts.items() if count),
            None,
        )
    yield (
        f"{counted(published_count('disagg'), 'run')} with prompts and decoding on different GPUs are not modelled",
        None,
    )
    judged = together[~together["is_fitted"]]
    for name, columns in GROUPS.items():
        for measured, label in (("tpot_ms", "time per output token"), ("ttft_ms", "time to first token")):
            yield f"{label} by {name}", runs.by_group(judged, columns, runs.MEASURED[measured], measured)
    terms = together if set(TERMS) <= set(together) else with_terms(together)
    for column, word in TRANSFERS.items():
        yield f"constants of the engines fitted without each {word}, on its runs", left_out(terms, column)


def rival_sections(
    together: pd.DataFrame, on_progress: Callable[[int, int], None]
) -> Iterator[tuple[str, pd.DataFrame | None]]:
    """AIConfigurator's errors beside ours on the runs that it answers."""
    from calibration.validation.rival import TIMES, with_rival

    rows, refused = with_rival(together, on_progress)
    rows = rows[rows[list(TIMES.values())].notna().all(axis=1)]
    for measured, rival in zip(runs.MEASURED, TIMES.values(), strict=True):
        tables = {
            name: runs.by_group(rows, ["kind"], predicted, measured)
            for name, predicted in (("costmodel", runs.MEASURED[measured]), ("AIConfigurator", rival))
        }
        yield f"{measured} on the runs that both answer, fitted ones included", pd.concat(tables, names=["by"])
    said = "; ".join(f"{count} of {reason}" for reason, count in sorted(refused.items())) or "none"
    yield f"runs that AIConfigurator does not answer: {said}", None
