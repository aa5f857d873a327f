"""A conversation under way, kept between its turns, so that a killed run loses seconds of it and not the conversation.

One slot an experiment and kind of state, written over as the run goes on and removed when the conversation is done: what is left
behind by a run that nobody resumes is one file. A state is read only under the very key it was written under, and holds numbers,
tensors and the records of caches, nothing else that a file could name.
"""

import io
import pickle
import time
from pathlib import Path
from typing import Any

from costmodel.evaluation.compile.user_cache import write_cached_file
from costmodel.numerics.coded_tokens import CodedTokens, TokenRows
from costmodel.numerics.layer_cache import LayerCache
from costmodel.numerics.recipe import Eviction, Recipe, Rounding, Zone

RECORDS = (LayerCache, CodedTokens, TokenRows, Recipe, Rounding, Zone, Eviction)
KEEP_SECONDS = 30.0  # between two writes; a late state of SmolLM2 has a few hundred megabytes


class Unfinished:
    """The state of one conversation in a slot; ``key`` says all that decides it."""

    def __init__(self, path: Path, key: str):
        self.path, self.key, self.written = path, key, time.monotonic()

    def read(self) -> dict[str, Any] | None:
        """The state that was kept under this key; None where there is none, or none that is whole."""
        import torch

        try:
            with torch.serialization.safe_globals(list(RECORDS)):
                state = torch.load(self.path, weights_only=True)
            return state["state"] if state["key"] == self.key else None
        except (
            OSError,
            EOFError,
            RuntimeError,
            pickle.UnpicklingError,
            KeyError,
            TypeError,
            AttributeError,
            ImportError,
        ):
            return None

    def keep(self, state: dict[str, Any], at_once: bool = False) -> None:
        """Write a state, where the last one is old enough, or ``at_once``."""
        import torch

        if not at_once and time.monotonic() - self.written < KEEP_SECONDS:
            return
        content = io.BytesIO()
        torch.save({"key": self.key, "state": state}, content)
        write_cached_file(self.path, content.getvalue())
        self.written = time.monotonic()

    def remove(self) -> None:
        """Empty the slot: its conversation is done."""
        self.path.unlink(missing_ok=True)
