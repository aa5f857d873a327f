"""What a setting loses on one benchmark, from published figures: relative to the 16-bit cache, over the models measured.

Scores on two benchmarks do not compare, so a loss refers to one. Nothing is interpolated between budgets: a setting that nobody
measured has no loss, which is not a loss of 0.
"""

from dataclasses import dataclass
from statistics import median

from costmodel.errors import UnknownName
from costmodel.facts import store
from costmodel.facts.quality import DEFAULT, Benchmark, PublishedScore, benchmark, key, rows
from costmodel.facts.schemes import SchemeSpec, parse_scheme
from costmodel.text.counted import counted

DEFINED = "0 by definition: the baseline of the others"


@dataclass(frozen=True)
class Loss:
    """Relative loss of a setting on a benchmark: a fraction, negative where the scheme did better than 16 bit.

    ``low`` and ``high`` are the least and the greatest over ``models``: a range of models, no interval of 90 %. ``basis``
    names the models behind the value, ``sources`` who measured it.
    """

    setting: str
    benchmark: Benchmark
    value: float
    low: float
    high: float
    models: tuple[str, ...]
    basis: str
    sources: tuple[str, ...]


def loss(row: PublishedScore) -> float:
    """Relative loss of one row: 1 - value / baseline where more is better, value / baseline - 1 where less is."""
    ratio = row.value / row.baseline
    return ratio - 1.0 if benchmark(row.benchmark).better == "lower" else 1.0 - ratio


def published(setting: str | SchemeSpec, name: str, model: str = "") -> Loss | None:
    """The published loss of exactly that setting; None where nobody measured it.

    The median over the models measured; where the model with the file ``model`` is among them, that model alone. A model
    measured more than once counts once, with the median of its rows.
    """
    sentence = parse_scheme(setting) if isinstance(setting, str) else setting
    setting_key, benchmark_facts = key(sentence), benchmark(name)
    if setting_key is None:
        return None
    if setting_key == sentence.baseline:
        return Loss(setting_key, benchmark_facts, 0.0, 0.0, 0.0, (), DEFINED, ())
    scores = [row for row in rows() if (row.scheme, row.benchmark) == (setting_key, benchmark_facts.id)]
    model_scores = [row for row in scores if model and row.model_id == model]
    return _over_models(setting_key, benchmark_facts, model_scores or scores, bool(model_scores)) if scores else None


def first_published(setting: SchemeSpec, model: str = "") -> Loss | None:
    """The published loss of exactly that setting on the first benchmark that has one; None where nobody measured it."""
    measured = dict.fromkeys([DEFAULT, *(row.benchmark for row in rows() if row.scheme == setting.id)])
    return next((loss for name in measured if (loss := published(setting, name, model)) is not None), None)


def _over_models(
    setting: str, benchmark_facts: Benchmark, scores: list[PublishedScore], is_deployed_model: bool
) -> Loss:
    by_model: dict[str, list[float]] = {}
    for row in scores:
        by_model.setdefault(row.model, []).append(loss(row))
    losses, models = [median(values) for values in by_model.values()], tuple(by_model)
    variants = list(dict.fromkeys(row.variant for row in scores if row.variant))
    measured = ", ".join(models) + (f" ({', '.join(variants)})" if variants else "")
    basis = (
        "the deployed model alone"
        if is_deployed_model
        else "one model"
        if len(models) == 1
        else f"median of {counted(len(models), 'model')}"
    )
    sources = tuple(dict.fromkeys(row.source for row in scores))
    return Loss(
        setting, benchmark_facts, median(losses), min(losses), max(losses), models, f"{basis}: {measured}", sources
    )


def settings(scheme: str, name: str) -> list[str]:
    """The settings of one scheme file that have a score on the benchmark ``name``, canonical, in the order of the files.

    Raises UnknownName for no such benchmark.
    """
    benchmark_id = benchmark(name).id
    measured = (row.scheme for row in rows() if row.benchmark == benchmark_id)
    return list(dict.fromkeys(text for text in measured if text.partition("[")[0] == scheme))


def schemes(name: str) -> list[str]:
    """Ids of the scheme files that have a score on the benchmark ``name``; raises UnknownName for no such benchmark."""
    benchmark_id = benchmark(name).id
    return sorted({row.scheme.partition("[")[0] for row in rows() if row.benchmark == benchmark_id})


def larger_losses_on_other_benchmarks(names: list[str], name: str, limit: int = 2) -> list[tuple[Loss, Loss]]:
    """Of the settings ``names``, those that lose more on another benchmark than on ``name``: pairs (loss on it, worst loss).

    Losses are over all models; at most ``limit`` pairs are returned, the widest gaps first.
    """
    pairs = []
    for setting in names:
        benchmark_loss = published(setting, name)
        others = [published(setting, other_benchmark) for other_benchmark in sorted({row.benchmark for row in rows()})]
        worst = max((other for other in others if other is not None), key=lambda other: other.value, default=None)
        if benchmark_loss is not None and worst is not None and worst.value > benchmark_loss.value:
            pairs.append((benchmark_loss, worst))
    return sorted(pairs, key=lambda pair: pair[0].value - pair[1].value)[:limit]


def figures(scheme: str | None = None, name: str | None = None, model: str | None = None) -> list[PublishedScore]:
    """The published figures of a scheme, a benchmark, a model; a scheme without brackets includes all of its settings.

    Raises UnknownName for a name that nothing has.
    """
    scores = list(rows())
    if scheme is not None:
        sentence = parse_scheme(scheme)
        exact = sentence.parts[0].changed or len(sentence.parts) > 1
        scores = [r for r in scores if (r.scheme if exact else r.scheme.partition("[")[0]) == sentence.id]
    if name is not None:
        benchmark_id = benchmark(name).id
        scores = [row for row in scores if row.benchmark == benchmark_id]
    if model is not None:
        model_names = _models(model)
        scores = [row for row in scores if model_names & {store.normal(row.model), row.model_id}]
    return scores


def _models(name: str) -> set[str]:
    """How rows may name a model: by its file, or as its source does."""
    normal_name, measured = store.normal(name), {store.normal(row.model) for row in rows()}
    if normal_name in measured or normal_name in store.files("models"):
        return {normal_name}
    try:
        return {store.resolve("models", name)}
    except UnknownName as error:
        raise UnknownName("model", name, [*store.files("models"), *measured]) from error
