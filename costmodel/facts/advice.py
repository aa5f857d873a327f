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


def advise(kind: str, folder: Path) -> str:
    """How one's own file of that kind is added, ``folder`` being the user's for it; "" for kinds that need no advice."""
    return f"({ADVICE[kind].format(folder=folder)})" if kind in ADVICE else ""


def out_of_scope(kind: str, name: str) -> str:
    """Which accelerators, no GPU that costmodel models, a normal name means; "" where it may be a GPU."""
    if kind != "gpus":
        return ""
    return next((words for start, words in OUT_OF_SCOPE.items() if re.match(start, name)), "")
