"""Names as people write them, for all text that a reader of a paper sees: of schemes, models, GPUs and engines, not their ids."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

import pandas as pd

from costmodel.errors import CostModelError
from costmodel.evaluation.compile.compiled import load_terms
from costmodel.facts import implementations, store
from costmodel.facts.deployment import Deployment
from costmodel.facts.schemes import SchemePart, parse_scheme
from costmodel.language.units import format_quantity

NAMES = "names"  # in the attributes of a table: names of schemes by id, where files of a user's own give them
FLAG = re.compile(r" \(--[a-z-]+\)")


def scheme_name(text: str) -> str:
    """The name of a scheme: ``H2O (budget 2,048) + FP8 cache`` of ``h2o[budget=2048]+fp8``; of an unknown one its own text."""
    try:
        return " + ".join(_part_name(part) for part in parse_scheme(text).parts)
    except CostModelError:
        return text


def _part_name(part: SchemePart) -> str:
    knobs = part.facts.get("knobs", {})
    numbers = [
        f"{key.replace('_', ' ')} {_format_knob(part.knobs[key], knobs[key].get('unit', ''))}"
        for key in sorted(part.changed)
    ]
    return part.facts["name"] + (f" ({', '.join(numbers)})" if numbers else "")


def _format_knob(value: float, unit: str) -> str:
    """A time with its unit; a count bare, whose name says what it counts."""
    return format_quantity(value, unit) if unit == "second" else f"{value:,.12g}"


def texts_by_id(texts: Iterable[str]) -> dict[str, str]:
    """The text of every scheme by its id: of several that name the same scheme, the first. Raises as ``parse_scheme``."""
    by_id: dict[str, str] = {}
    for text in texts:
        by_id.setdefault(parse_scheme(text).id, text)
    return by_id


def scheme_names(frame: pd.DataFrame) -> dict[str, str]:
    """The name of every scheme of a table by its id, in order; schemes of one name are told apart by their ids."""
    given = frame.attrs.get(NAMES, {})
    names = {scheme: given.get(scheme) or scheme_name(scheme) for scheme in dict.fromkeys(frame["scheme"]) if scheme}
    count = Counter(names.values())
    return {scheme: name if count[name] == 1 else f"{name} ({scheme})" for scheme, name in names.items()}


def describe(deployment: Deployment) -> str:
    """``Llama 3.1 70B on 4 × NVIDIA H100 SXM5 80GB, vLLM, bfloat16 weights``; no line ends between number and GPU."""
    spread = f" (experts over {deployment.expert_ranks})" if deployment.expert_ranks > 1 else ""
    gpus = f"{deployment.ranks}\u00a0×\u00a0{deployment.gpu.name}{spread}"
    return f"{deployment.model.name} on {gpus}, {deployment.engine.name}, {deployment.weight_dtype} weights"


def describe_assumed(deployment: Deployment) -> list[str]:
    """What nobody asked for, as prose: without the options of the command line, and with names for ids."""
    texts = [FLAG.sub("", text) for text in deployment.assumed]
    for thing in (deployment.gpu, deployment.link):
        texts = [re.sub(rf"(?<![\w-]){re.escape(thing.id)}(?![\w-])", thing.name, text) for text in texts]
    return texts


def kernel_name(kernel: str) -> str:
    """The name of an implementation's file by its id; the word itself for the ends of what nobody measured."""
    if kernel not in store.files(implementations.KIND):
        return kernel
    return implementations.load(kernel).name


def term_meanings(terms: Collection[str]) -> list[str]:
    """A sentence for what each of these binding terms stands for, in the order of the waterfall."""
    return [f"{term.name}: {term.meaning[0].lower()}{term.meaning[1:]}" for term in load_terms() if term.name in terms]
