"""What a view shows, as texts; so that a link, the controls and a command line can each say all of it.

Texts, since a link may carry anything: what they mean is decided where they are used, and a mistake is said there. All
pages share one selection, so that a model chosen on one is that of the next.
"""

import shlex
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from costmodel.errors import CostModelError
from costmodel.facts import quality, store

KINDS = {"model": "models", "gpu": "gpus", "engine": "engines", "benchmark": "benchmarks"}
POINT = ("at_batch", "at_context")
OBJECTIVE = ("tpot", "ttft")  # milliseconds
BETWEEN = "|"  # stands between schemes; none of their sentences has it
UPLOADED = "upload:"  # begins the name of what was uploaded
PLACE = ("model", "gpu", "engine", "tp", "weight_dtype", "memory_fraction")
TWELVE = (
    "fp8", "int8", "int4", "nvfp4", "kivi-4bit", "kivi-2bit", "kvquant-3bit", "turboquant-4bit", "h2o", "snapkv",
    "streaming-llm", "quest",
)  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """One field a control; an empty text stands for what nobody asked for."""

    model: str = "llama-3.1-8b"
    gpu: str = "h100-sxm"
    engine: str = "vllm"
    tp: str = ""
    weight_dtype: str = ""
    memory_fraction: str = ""
    scheme: str = "fp8"
    schemes: str = BETWEEN.join(TWELVE)
    comparison: str = "same-batch"
    tpot: str = "50"
    ttft: str = ""
    batch: str = "1:256:100"
    context: str = ""
    beside: str = "schemes"
    binding: str = ""
    at_batch: str = "8"
    at_context: str = "16K"
    x: str = "tpot_ms"
    y: str = "throughput_at_max_batch_tok_s"
    benchmark: str = quality.DEFAULT
    price: str = ""
    target: str = "attention_time"
    chain: str = "yes"
    measured: str = "tables"
    test: str = "fork"
    conditions: str = ""
    over: str = ""
    kernel: str = ""

    @property
    def listed(self) -> list[str]:
        """The schemes, each once, in their order."""
        return list(dict.fromkeys(text.strip() for text in self.schemes.split(BETWEEN) if text.strip()))


NAMES = tuple(field.name for field in fields(Selection))


def read(search: str) -> Selection:
    """The selection of a link's query; other keys are none of ours. Aliases become ids, unknown names stay to be told."""
    found = {key: value.strip() for key, value in parse_qsl(search.lstrip("?"), keep_blank_values=True) if key in NAMES}
    for key in KINDS.keys() & found.keys():
        found[key] = canonical(key, found[key])
    return Selection(**found)


def canonical(key: str, name: str) -> str:
    """The id behind a name, or the name itself where no file has it."""
    try:
        return store.resolve(KINDS[key], name)
    except CostModelError:
        return name


def write(chosen: Selection) -> str:
    """The query of a link to it: what differs from the defaults, and always what it is about."""
    always = ("model", "gpu", "engine")
    plain = Selection()
    said = {n: getattr(chosen, n) for n in NAMES if n in always or getattr(chosen, n) != getattr(plain, n)}
    return "?" + urlencode(said, safe="[]:,=|")


def only(chosen: Selection, names) -> Selection:
    """The selection as a page sees it: what it does not look at as if nobody had touched it."""
    plain = Selection()
    return replace(plain, **{name: getattr(chosen, name) for name in names})


def command(chosen: Selection, words: tuple[str, ...], names: tuple[str, ...], **more) -> str:
    """The command line that prints the same: ``words``, then options out of fields; ``more`` stands for other values."""
    flags = {"at_batch": "batch", "at_context": "context", "conditions": "with"}
    given: list[str] = []
    for name in names:
        value = more.get(name, getattr(chosen, name))
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each:
                flag = "scheme" if name == "schemes" else flags.get(name, name)
                given += [f"--{flag.replace('_', '-')}", f"{each}ms" if name in OBJECTIVE else each]
    return shlex.join(["costmodel", *words, *given])
