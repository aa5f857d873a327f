"""What a setting loses on one benchmark, from published figures: relative to the 16-bit cache, over the models measured.

Benchmarks do not compare with one another, so one is chosen. Nothing is interpolated between budgets: a setting that nobody
measured has no loss, which is not a loss of 0.
"""

from dataclasses import dataclass
from statistics import median

from costmodel.errors import UnknownName
from costmodel.facts import store
from costmodel.facts.quality import Benchmark, PublishedScore, benchmark, key, rows
from costmodel.facts.schemes import SchemeSpec, parse_scheme

DEFINED = "0 by definition: what the others are held against"


@dataclass(frozen=True)
class Loss:
    """Relative loss of a setting on a benchmark: a share, negative where the scheme did better than 16 bit.

    ``low`` and ``high`` are the least and the greatest over ``models``: a range of models, no interval of 90 %. ``told``
    says what stands behind the value, ``sources`` who measured it.
    """

    setting: str
    benchmark: Benchmark
    value: float
    low: float
    high: float
    models: tuple[str, ...]
    told: str
    sources: tuple[str, ...]


def loss(row: PublishedScore) -> float:
    """Relative loss of one row: 1 - value / baseline where more is better, value / baseline - 1 where less is."""
    ratio = row.value / row.baseline
    return ratio - 1.0 if benchmark(row.benchmark).better == "lower" else 1.0 - ratio


def published(setting: str | SchemeSpec, name: str, model: str = "") -> Loss | None:
    """The published loss of that very setting, None where nobody measured it.

    The median over the models measured; where the model with the file ``model`` is among them, that model alone. A model
    measured more than once counts once, with the median of its rows.
    """
    sentence = parse_scheme(setting) if isinstance(setting, str) else setting
    wanted, where = key(sentence), benchmark(name)
    if wanted is not None and wanted == sentence.baseline:
        return Loss(wanted, where, 0.0, 0.0, 0.0, (), DEFINED, ())
    found = [row for row in rows() if (row.scheme, row.benchmark) == (wanted, where.id)]
    own = [row for row in found if model and row.model_id == model]
    return _over_models(wanted, where, own or found, bool(own)) if found else None


def _over_models(setting: str, where: Benchmark, found: list[PublishedScore], own: bool) -> Loss:
    by_model: dict[str, list[float]] = {}
    for row in found:
        by_model.setdefault(row.model, []).append(loss(row))
    losses, models = [median(each) for each in by_model.values()], tuple(by_model)
    variants = list(dict.fromkeys(row.variant for row in found if row.variant))
    measured = ", ".join(models) + (f" ({', '.join(variants)})" if variants else "")
    words = (
        "the deployed model alone" if own else "one model" if len(models) == 1 else f"median of {len(models)} models"
    )
    sources = tuple(dict.fromkeys(row.source for row in found))
    return Loss(setting, where, median(losses), min(losses), max(losses), models, f"{words}: {measured}", sources)


def settings(scheme: str, name: str) -> list[str]:
    """Every setting of one scheme file that has a figure on the benchmark, canonical, in the order of the files."""
    where = benchmark(name).id
    found = (row.scheme for row in rows() if row.benchmark == where)
    return list(dict.fromkeys(text for text in found if text.partition("[")[0] == scheme))


def schemes(name: str) -> list[str]:
    """The scheme files that have a figure on the benchmark."""
    where = benchmark(name).id
    return sorted({row.scheme.partition("[")[0] for row in rows() if row.benchmark == where})


def larger_losses_on_other_benchmarks(names: list[str], name: str, most: int = 2) -> list[tuple[Loss, Loss]]:
    """Settings that lose more on another benchmark than on this one: both losses, over all models, the widest gaps first."""
    told = []
    for setting in names:
        here = published(setting, name)
        others = [published(setting, each) for each in sorted({row.benchmark for row in rows()})]
        worst = max((other for other in others if other is not None), key=lambda other: other.value, default=None)
        if here is not None and worst is not None and worst.value > here.value:
            told.append((here, worst))
    return sorted(told, key=lambda pair: pair[0].value - pair[1].value)[:most]


def figures(scheme: str | None = None, name: str | None = None, model: str | None = None) -> list[PublishedScore]:
    """The published figures of a scheme, a benchmark, a model; a scheme without brackets stands for all of its settings.

    Raises UnknownName for a name that nothing has.
    """
    found = list(rows())
    if scheme is not None:
        sentence = parse_scheme(scheme)
        exact = sentence.parts[0].changed or len(sentence.parts) > 1
        found = [r for r in found if (r.scheme if exact else r.scheme.partition("[")[0]) == sentence.id]
    if name is not None:
        where = benchmark(name).id
        found = [row for row in found if row.benchmark == where]
    if model is not None:
        known = _models(model)
        found = [row for row in found if known & {store.normal(row.model), row.model_id}]
    return found


def _models(name: str) -> set[str]:
    """How rows may name a model: by its file, or as its source does."""
    said, measured = store.normal(name), {store.normal(row.model) for row in rows()}
    if said in measured or said in store.files("models"):
        return {said}
    try:
        return {store.resolve("models", name)}
    except UnknownName as error:
        raise UnknownName("model", name, [*store.files("models"), *measured]) from error
