"""What a person may do about a name that no file has: add a file of one's own, or learn that the thing is out of scope."""

import re
from pathlib import Path

ADVICE = {  # kind of fact → how one's own is added, in one line
    "gpus": "to add one: {folder}/<id>.toml, its numbers with [sources] as `costmodel gpus l4` prints them",
    "models": "to add one: --hf-config PATH/config.json, --model hf:ORG/NAME, or {folder}/<id>.toml",
}
OUT_OF_SCOPE = {  # what a name begins with → what it is
    r"(google-|cloud-)*(tpu|trillium|ironwood|v[2-7][ep]$|v5lite)": "TPUs",
    r"(aws-)?(trainium|trn\d|inferentia|inf\d)": "AWS Trainium and Inferentia",
    r"(intel-|habana-)*(gaudi|hpu)": "Gaudi accelerators",
    r"(huawei-)?(ascend|910[abc])": "Ascend accelerators",
    r"(apple-)?m\d(-pro|-max|-ultra)?$": "Apple's GPUs",
}


NOT_MODELLED = {  # what the name of a model begins with → what a file could not state, and what can be done
    "deepseek-v3.2": (
        "the indexer of its sparse attention has a cache of its own; try --model deepseek-v3 with "
        "--scheme deepseek-sparse-attention, which has its shapes and its index"
    ),
    "deepseek-v4": "its compressed attention reads several caches a layer",
    "glm-5": "the indexer of its sparse attention has a cache of its own",
    "minimax-m3": "the indexer of its block-sparse attention has a cache of its own",
    "gemma-4": "its global layers have heads of another width, whose values share the weights of the keys",
}


def not_modelled(kind: str, name: str) -> str:
    """Why there is no file of a model by that normal name, in words; "" where nothing speaks against one."""
    bare = name.rsplit("/", 1)[-1]
    return next((why for start, why in NOT_MODELLED.items() if kind == "models" and bare.startswith(start)), "")


def advise(kind: str, folder: Path) -> str:
    """How one's own file of that kind is added, ``folder`` being the user's for it; "" for kinds that need no advice."""
    return f"({ADVICE[kind].format(folder=folder)})" if kind in ADVICE else ""


def out_of_scope(kind: str, name: str) -> str:
    """Which accelerators, no GPU that costmodel models, a normal name means; "" where it may be a GPU."""
    if kind != "gpus":
        return ""
    return next((words for start, words in OUT_OF_SCOPE.items() if re.match(start, name)), "")
