"""Parts of a quantised checkpoint that stay at 16 bit: which kinds of products its list of exceptions names.

Lists name modules, with their place in the model, wildcards, or as regular expressions after ``re:``. A kind counts where the
list names it in most layers; single layers (the first, the last) are too few to matter and are left out.
"""

import re
from collections.abc import Mapping
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
MOST = 0.5  # of the layers


def unquantised(quantization: Mapping[str, Any], layers: int) -> tuple[str, ...]:
    """The parts (``attention``, ``mixer``, ``feed-forward``, ``shared-experts``, ``experts``) that stay at 16 bit.

    ``quantization`` is the quantisation object of a configuration, ``layers`` the number of the model's layers. Names that are
    no text are left out: no list of exceptions changes what is stored otherwise.
    """
    named: dict[str, set[int]] = {}
    for key in KEYS:
        entries = quantization.get(key)
        for entry in entries if isinstance(entries, list | tuple) else ():
            if isinstance(entry, str) and (part := part_of(entry)):
                place = PLACE.search(entry.replace("\\.", "."))
                named.setdefault(part, set()).update(range(layers) if place is None else (int(place[1]),))
    return tuple(part for part in PARTS if len(named.get(part, ())) > MOST * layers)


def part_of(name: str) -> str | None:
    """The part to which a module of that name, or pattern of names, belongs; None for what is small or outside the layers."""
    plain = name.removeprefix("re:").replace("\\.", ".").lower()
    if any(word in plain for word in SMALL) or (ROUTER.search(plain) and "gate_" not in plain):
        return None
    return next((part for part, words in PARTS.items() if any(word in plain for word in words)), None)
