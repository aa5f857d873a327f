"""From the texts of a selection to a deployment, schemes, axes and points; every CostModelError is for the user to correct.

Names are looked up in fact files and among uploads: a link must not make this machine read a file or fetch a model.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile import compiled
from costmodel.facts import models, store
from costmodel.facts.deployment import Deployment
from costmodel.text import parse
from dashboards import uploads
from dashboards.cache import single_flight_lru_cache
from dashboards.selection import DEPLOYMENT_FIELDS, UPLOAD_PREFIX, Selection

MAX_CELLS = 20_000  # of one map: more would be smaller than a pixel, and slow
MAX_SCHEMES = 24
DEFAULT_POINTS = 100  # along an axis of contexts
MIN_CONTEXT, MAX_CONTEXT = 1024.0, 131072.0  # of a map by default


def deployment_of(selection: Selection) -> Deployment:
    """The deployment of a selection."""
    return _resolve_deployment(*(getattr(selection, name) for name in DEPLOYMENT_FIELDS))


@single_flight_lru_cache(128)
def _resolve_deployment(model, gpu, engine, tp, weight_dtype, memory_fraction) -> Deployment:
    return resolve_deployment(
        uploads.model_of(model) if model.startswith(UPLOAD_PREFIX) else store.resolve("models", model),
        gpu or None,
        ranks=_parse_ranks(tp) if tp else None,
        engine=engine or None,
        weight_dtype=weight_dtype or None,
        memory_fraction=parse.parse_fraction(memory_fraction, "memory fraction") if memory_fraction else None,
    )


def model_of(name: str) -> models.Model:
    """The model of that name, or of an uploaded config.json."""
    return uploads.model_of(name) if name.startswith(UPLOAD_PREFIX) else models.load(store.resolve("models", name))


def check_largest(numbers: Sequence[float], largest: float, name: str) -> None:
    """Raise InputError where a number is larger than a page computes."""
    if max(numbers) > largest:
        raise InputError(f"{name}: expected at most {largest:,}, got {max(numbers):,}; the command line takes more")


def _parse_ranks(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InputError(f"tensor parallel: expected a whole number of GPUs, or nothing, got {text!r}") from error


def scheme_of(text: str) -> str:
    """The id of a scheme, or the path of an uploaded one; raises InputError for any other path."""
    if text.startswith(UPLOAD_PREFIX):
        return uploads.scheme_path_of(text)
    if ".toml" in text.lower():
        raise InputError(f"scheme {text!r}: a page takes schemes by name; upload the file, or use the command line")
    return compiled.load_scheme(text).id


def schemes_of(selection: Selection, baseline: bool = False) -> list[str]:
    """The schemes under Schemes, without duplicates, after the uncompressed cache where ``baseline`` is set.

    Raises InputError for none or too many.
    """
    names = selection.scheme_names
    if not names:
        raise InputError("no scheme is selected: select one under Schemes")
    if len(names) > MAX_SCHEMES:
        raise InputError(f"expected at most {MAX_SCHEMES} schemes, got {len(names)}")
    return list(dict.fromkeys([*(["none"] if baseline else []), *map(scheme_of, names)]))


def validate_names(frame: pd.DataFrame, location: str) -> None:
    """Check that models and schemes of an uploaded table are names; raises InputError for others or too many schemes."""
    _validate_column(frame, "scheme", scheme_of, location)
    _validate_column(frame, "model", lambda text: store.resolve("models", text), location)


def _validate_column(frame: pd.DataFrame, column: str, resolve: Callable[[str], str], location: str) -> None:
    if column not in frame:
        return
    names = frame[column].dropna().astype(str).drop_duplicates()
    if column == "scheme" and len(names) > MAX_SCHEMES:
        raise InputError(
            f"{location}: expected at most {MAX_SCHEMES} schemes, got {len(names)}; the command line takes more"
        )
    for index, name in names.items():
        try:
            resolve(name)
        except CostModelError as error:
            raise InputError(f"{location}: row {index + 1}: {column}: {error}") from error


def axes_of(selection: Selection, deployment: Deployment) -> tuple[list[float], list[float]]:
    """Batches and contexts of a map."""
    batch = parse.parse_axis(selection.batch or Selection().batch, "batch")
    context = parse.parse_axis(selection.context or default_contexts(deployment), "context")
    if len(batch) * len(context) > MAX_CELLS:
        raise InputError(
            f"expected at most {MAX_CELLS:,} cells, got {len(batch)} × {len(context)}; the command line takes more"
        )
    return batch, context


def default_contexts(deployment: Deployment) -> str:
    """The contexts of a map by default, as the command line takes them: 1K to the model's longest."""
    longest = int(min(deployment.model.max_context, MAX_CONTEXT))
    end = f"{longest // 1024}K" if longest % 1024 == 0 else str(longest)
    return f"1K:{end}:{DEFAULT_POINTS}" if longest > MIN_CONTEXT else end


def point_of(selection: Selection) -> tuple[float, float]:
    """Batch and context of one operating point."""
    return batch_of(selection), parse.parse_count(selection.at_context or Selection().at_context, "context")


def batch_of(selection: Selection) -> float:
    """The batch of one operating point."""
    return parse.parse_count(selection.at_batch or Selection().at_batch, "batch")


def price_of(selection: Selection) -> float | None:
    """The price of one GPU for an hour, where there is one."""
    return parse.parse_count(selection.price, "price") if selection.price else None


def parse_milliseconds(text: str, name: str) -> float | None:
    """Seconds of a number of milliseconds; None of an empty text."""
    return parse.parse_duration(f"{text} ms" if text else None, name)
