"""Published passkeys: of how many keys in a long text a setting gave back, beside the 16-bit cache in the same run.

What a cache still holds follows from its format; whether the answer is right, only a run tells. Where somebody published one, it
stands beside the closed form, and where the two disagree neither has the last word on another model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.facts.quality import key, rows
from costmodel.facts.schemes import SchemeSpec

SIZES = {"passkey-2k": 2048, "passkey-4k": 4096, "passkey-8k": 8192, "passkey-16k": 16384, "passkey-32k": 32768}
ENOUGH = 0.8  # of the keys that the full cache gives back, from which a setting counts as one that still finds them


@dataclass(frozen=True)
class PublishedKeys:
    """Keys that came back in one published run: tokens of the text, the model, shares of the setting and of 16 bit."""

    tokens: int
    model: str
    model_id: str
    share: float
    whole: float

    @property
    def finds(self) -> bool:
        """Whether the setting gave back enough of what the full cache did."""
        return self.share >= ENOUGH * self.whole


def published_keys(spec: SchemeSpec, context: float, model_id: str = "") -> tuple[PublishedKeys, ...]:
    """What was published of exactly that setting, by tokens: of the deployed model alone where it was run.

    Texts up to ``context`` tokens; longer ones where no shorter was run. Nothing for a file of one's own.
    """
    setting = key(spec)
    runs = [
        PublishedKeys(SIZES[row.benchmark], row.model, row.model_id, row.value, row.baseline)
        for row in rows()
        if setting is not None and row.scheme == setting and row.benchmark in SIZES
    ]
    runs = [run for run in runs if model_id and run.model_id == model_id] or runs
    return tuple(sorted([run for run in runs if run.tokens <= context] or runs, key=lambda run: run.tokens))


def worst_of(runs: Sequence[PublishedKeys]) -> PublishedKeys | None:
    """The run that gave back the least of what 16 bit did; None where there is none in which 16 bit gave back any."""
    return min((run for run in runs if run.whole), key=lambda run: run.share / run.whole, default=None)


def describe(run: PublishedKeys) -> str:
    """``68% of passkeys at 16K, 16 bit 100% (LLaMA-2-7B-32K)``."""
    return f"{run.share:.0%} of passkeys at {run.tokens // 1024}K, 16 bit {run.whole:.0%} ({run.model})"
