"""Other ways in which one thing is written: with its vendor, its organisation, its tuning, the format of its weights.

A spelling is tried only against names that files have; nothing here guesses at what is near.
"""

import re
from collections.abc import Iterator

VENDOR_WORDS = ("nvidia", "amd", "intel", "tesla", "geforce", "instinct", "generation", "graphics")
MARKS = re.compile(r"\((r|tm|c)\)")  # of a registered name, as drivers print it
TUNINGS = ("instruct", "chat", "hf", "it", "base")
REPOSITORY = re.compile(r"([a-z0-9.-]+/)?[a-z0-9.-]+")
WEIGHT_FORMATS = {  # how a repository of quantised weights ends → the weight types it may mean
    "fp8-block": "fp8-block", "fp8-dynamic": "fp8", "fp8": "fp8 (fp8-block where scaled in blocks)", "awq": "int4",
    "awq-int4": "int4", "gptq-int4": "int4", "gptq-int8": "int8", "gptq": "int4", "int4": "int4", "int8": "int8",
    "quantized.w4a16": "int4", "quantized.w8a8": "int8", "w4a16": "int4", "w8a8": "int8", "nvfp4": "nvfp4", "fp4": "nvfp4",
    "bnb-4bit": "int4",
}  # fmt: skip


def spellings(kind: str, name: str) -> list[str]:
    """Normal names that may stand for this one, the likeliest first."""
    written = [name, name.replace(".", "-")]
    if kind == "gpus":
        written.insert(0, "-".join(word for word in MARKS.sub("", name).split("-") if word not in VENDOR_WORDS))
    if not REPOSITORY.fullmatch(name) or ".." in name:
        return written
    bare = name.rsplit("/", 1)[-1]
    words = bare.split("-")
    while True:
        stem = "-".join(words)
        written += [stem, stem.removeprefix("meta-"), f"meta-{stem}"]
        place = next((place for place in reversed(range(1, len(words))) if words[place] in TUNINGS), None)
        if place is None:
            return written
        words = words[:place] + words[place + 1 :]


def without_weight_format(name: str) -> Iterator[tuple[str, str]]:
    """The normal name of a repository without the format of its weights at the end, and the type that the format means."""
    for ending, weights in WEIGHT_FORMATS.items():
        if name.endswith(f"-{ending}"):
            yield name.removesuffix(f"-{ending}"), weights
