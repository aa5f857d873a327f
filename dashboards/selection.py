"""What a view shows, as texts, so that a link, the controls and a command line can each express all of it.

Texts, since a link may carry anything: they are parsed where they are used, and a mistake is reported there. All pages share
one selection, so that a model chosen on one page is that of the next.
"""

from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from costmodel.errors import CostModelError, InputError, shown
from costmodel.evaluation.ask.sweep_axes import MAIN_SCHEMES
from costmodel.facts import quality, store

FACT_FOLDERS = {"model": "models", "gpu": "gpus", "engine": "engines", "benchmark": "benchmarks"}
DEPLOYMENT_FIELDS = ("model", "gpu", "engine", "tp", "weight_dtype", "memory_fraction")
POINT_FIELDS = ("at_batch", "at_context")
OBJECTIVE_FIELDS = ("tpot", "ttft")  # milliseconds
SEPARATOR = "|"  # between schemes; none of their names contains it
UPLOAD_PREFIX = "upload:"  # begins the name of an uploaded file
DEFAULT_SCHEMES = tuple(scheme for scheme in MAIN_SCHEMES if scheme != "none")  # as a sweep takes them
OPTION_NAMES = {"at_batch": "batch", "at_context": "context", "conditions": "with", "schemes": "scheme"}


@dataclass(frozen=True)
class Selection:
    """One field per control; an empty text stands for the default. Field names are the keys of saved links."""

    model: str = "llama-3.1-8b"
    gpu: str = "h100-sxm"
    engine: str = "vllm"
    tp: str = ""
    weight_dtype: str = ""
    memory_fraction: str = ""
    scheme: str = "fp8"
    schemes: str = SEPARATOR.join(DEFAULT_SCHEMES)
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
    users: str = "50"
    gpus: str = "1,2,4,8"
    prompt: str = "1K"
    output: str = "512"

    @property
    def scheme_names(self) -> list[str]:
        """The schemes under Schemes, without duplicates, in their order."""
        return list(dict.fromkeys(text.strip() for text in self.schemes.split(SEPARATOR) if text.strip()))


FIELD_NAMES = tuple(field.name for field in fields(Selection))


def parse_query(query: str) -> Selection:
    """The selection of a link's query; other keys are ignored, aliases become ids, unknown names stay as they are.

    Raises InputError for what is no text, as no page sends it.
    """
    if not isinstance(query, str):
        raise InputError(f"link: expected text, got {shown(query)}")
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    values = {key: value.strip() for key, value in pairs if key in FIELD_NAMES}
    for key in FACT_FOLDERS.keys() & values.keys():
        values[key] = _resolve_alias(key, values[key])
    return Selection(**values)


def _resolve_alias(key: str, name: str) -> str:
    try:
        return store.resolve(FACT_FOLDERS[key], name)
    except CostModelError:
        return name


def format_query(selection: Selection) -> str:
    """The query of a link to a selection: what differs from the defaults, and always model, GPU and engine."""
    always, defaults = ("model", "gpu", "engine"), Selection()
    values = {
        name: getattr(selection, name)
        for name in FIELD_NAMES
        if name in always or getattr(selection, name) != getattr(defaults, name)
    }
    return "?" + urlencode(values, safe="[]:,=|")


def restrict_to(selection: Selection, names: tuple[str, ...]) -> Selection:
    """The selection with every field but those named at its default."""
    return replace(Selection(), **{name: getattr(selection, name) for name in names})
