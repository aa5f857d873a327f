"""Parts of a quantised checkpoint that differ from the rest: at 16 bit by its list of exceptions, or in formats of their own.

Lists name modules, with their place in the model, wildcards, or as regular expressions after ``re:``. A kind counts where the
list names it in most layers; single layers (the first, the last) are too few to matter and are left out.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

KEYS = ("ignore", "ignored_layers", "modules_to_not_convert", "exclude_modules", "not_convert")
PARTS = {  # part → what a name of one of its modules contains; the first that matches counts
    "shared-experts": ("shared_expert",),
    "experts": ("experts", "block_sparse_moe"),
    "mixer": ("linear_attn", "mamba", "ssm", "mixer", "conv"),
    "attention": ("self_attn", "self_attention", "attention", "attn", "q_proj", "qkv"),
    "feed-forward": ("mlp", "feed_forward", "ffn"),
}
ROUTER = re.compile(r"(router|gate)(\.weight)?[*$]*$")  # of experts, which stays at 16 bit everywhere
PLACE = re.compile(r"(?:layers?|blocks?|h)\.(\d+)\.")
SMALL = (
    "lm_head",
    "embed",
    "norm",
    "vision",
    "visual",
    "mtp",
    "patch",
    "projector",
    "in_proj_a",
    "in_proj_b",
    "conv1d",
    "indexer",
    "eh_proj",
    "score_correction",
)
MOST_WEIGHTS = ("experts", "feed-forward", "attention", "mixer", "shared-experts")
MOST = 0.5  # of the layers


def unquantised(quantization: Mapping[str, Any], layers: int) -> tuple[str, ...]:
    """The parts (``attention``, ``mixer``, ``feed-forward``, ``shared-experts``, ``experts``) that stay at 16 bit.

    ``quantization`` is the quantisation object of a configuration, ``layers`` the number of the model's layers. Names that are
    no text are left out: no list of exceptions changes what is stored otherwise.
    """
    lists = (quantization.get(key) for key in KEYS)
    entries = [entry for listed in lists if isinstance(listed, list | tuple) for entry in listed]
    named = layers_named(entries, layers)
    return tuple(part for part in PARTS if len(named.get(part, ())) > MOST * layers)


def layers_named(entries: Iterable[Any], layers: int) -> dict[str, set[int]]:
    """For every part that names of modules belong to, the layers named; all where a name has no place in the model."""
    named: dict[str, set[int]] = {}
    for entry in entries:
        if isinstance(entry, str) and (part := part_of(entry)):
            place = PLACE.search(entry.replace("\\.", "."))
            named.setdefault(part, set()).update(range(layers) if place is None else (int(place[1]),))
    return named


def formats_of_parts(modules: Mapping[str, Iterable[Any]], layers: int) -> dict[str, str]:
    """The format of every part, that in which most of its layers are listed; ``modules`` are names by the format they have."""
    counts: dict[str, dict[str, int]] = {}
    for name, entries in modules.items():
        for part, places in layers_named(entries, layers).items():
            counts.setdefault(part, {})[name] = len(places)
    return {part: max(counts[part], key=counts[part].__getitem__) for part in PARTS if part in counts}


def prevailing(formats: Mapping[str, str]) -> str | None:
    """The format of the part with most weights: experts, else feed-forward blocks, else any; None where there is none."""
    return next((formats[part] for part in MOST_WEIGHTS if part in formats), None)


def part_of(name: str) -> str | None:
    """The part to which a module of that name, or pattern of names, belongs; None for what is small or outside the layers."""
    plain = name.removeprefix("re:").replace("\\.", ".").lower()
    if any(word in plain for word in SMALL) or (ROUTER.search(plain) and "gate_" not in plain):
        return None
    return next((part for part, words in PARTS.items() if any(word in plain for word in words)), None)
