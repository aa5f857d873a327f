"""From the texts of a selection to a deployment, schemes, axes and points; any CostModelError is the user's to mend.

Names are looked up in fact files and among what was uploaded: a link must not make this machine read a file or fetch a model.
"""

from costmodel.cli import options
from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile import compiled
from costmodel.facts import store
from costmodel.facts.deployment import Deployment
from dashboards import uploads
from dashboards.keep import kept
from dashboards.selection import UPLOADED, Selection

CELLS = 20_000  # of one map: more would be smaller than a pixel, and slow
MOST_SCHEMES = 24
POINTS = 100  # along an axis that nobody asked for
LONGEST, SHORTEST = 131072.0, 1024.0


def where(chosen: Selection) -> Deployment:
    """The deployment of a selection."""
    return _deployed(
        *(getattr(chosen, name) for name in ("model", "gpu", "engine", "tp", "weight_dtype", "memory_fraction"))
    )


@kept(128)
def _deployed(model, gpu, engine, tp, weight_dtype, memory_fraction) -> Deployment:
    ranks = _whole(tp, "tensor parallel", "a whole number of GPUs") if tp else None
    fraction = options.parse_fraction(memory_fraction, "memory fraction") if memory_fraction else None
    named = uploads.model(model) if model.startswith(UPLOADED) else store.resolve("models", model)
    return resolve_deployment(
        named,
        gpu or None,
        ranks=ranks,
        engine=engine or None,
        weight_dtype=weight_dtype or None,
        memory_fraction=fraction,
    )


def named(text: str) -> str:
    """A sentence that the library reads: of names, or the file of an upload; InputError for any other path."""
    if text.startswith(UPLOADED):
        return uploads.scheme(text)
    if ".toml" in text.lower():
        raise InputError(f"scheme {text!r}: a page takes schemes by name; upload the file, or use the command line")
    return compiled.load_scheme(text).id


def listed(chosen: Selection, baseline: bool = False) -> list[str]:
    """The schemes, each once, with the uncompressed cache first where it is asked for; InputError for none or too many."""
    if not chosen.listed:
        raise InputError("no scheme is chosen: choose one under Schemes")
    if len(chosen.listed) > MOST_SCHEMES:
        raise InputError(f"found {len(chosen.listed)} schemes, due at most {MOST_SCHEMES}")
    return list(dict.fromkeys([*(["none"] if baseline else []), *map(named, chosen.listed)]))


def names_only(table, where: str) -> None:
    """InputError naming the row of a table whose model or scheme is no name, or naming how many schemes are too many."""
    for column, read in (("scheme", named), ("model", lambda text: store.resolve("models", text))):
        given = table[column].dropna().astype(str).drop_duplicates() if column in table else ()
        if column == "scheme" and len(given) > MOST_SCHEMES:
            raise InputError(
                f"{where}: found {len(given)} schemes, due at most {MOST_SCHEMES}; the command line takes more"
            )
        for row in range(len(given)):
            try:
                read(given.iloc[row])
            except CostModelError as error:
                raise InputError(f"{where}: row {given.index[row] + 1}: {column}: {error}") from error


def axes(chosen: Selection, here: Deployment) -> tuple[list[float], list[float]]:
    """Batches and contexts of a map."""
    batch = options.parse_axis(chosen.batch or "1:256:100", "batch")
    context = options.parse_axis(chosen.context or spread(here), "context")
    if len(batch) * len(context) > CELLS:
        raise InputError(
            f"found {len(batch)} × {len(context)} cells, due at most {CELLS:,}; the command line takes more"
        )
    return batch, context


def spread(here: Deployment) -> str:
    """The contexts of a map where nobody asked: 1 K to the model's longest, as the command line takes them."""
    longest = int(min(here.model.max_context, LONGEST))
    end = f"{longest // 1024}K" if longest % 1024 == 0 else str(longest)
    return f"1K:{end}:{POINTS}" if longest > SHORTEST else end


def point(chosen: Selection) -> tuple[float, float]:
    """Batch and context of what is taken apart."""
    return options.parse_count(chosen.at_batch or "8", "batch"), options.parse_count(
        chosen.at_context or "16K", "context"
    )


def price(chosen: Selection) -> float | None:
    """The price of a GPU for an hour, where somebody gave one."""
    return options.parse_count(chosen.price, "price") if chosen.price else None


def time(text: str, name: str) -> float | None:
    """Seconds of a number of milliseconds."""
    return options.parse_duration(f"{text} ms" if text else None, name)


def _whole(text: str, name: str, due: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InputError(f"{name}: found {text!r}, due {due}, or nothing") from error
