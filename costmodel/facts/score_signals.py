"""What ranks the tokens of a scheme, read from its mechanisms: a score that is stated, or what an eviction implies.

An eviction at the end of the prompt without a score ranks by what the last queries attend to, one at every step by the sum of
attention so far; a selection of pages ranks by bounds of their keys. None: position alone, or nobody said.
"""

from collections.abc import Iterable


def score_signal(parts: Iterable) -> str | None:
    """The signal by which a scheme keeps or reads tokens; None where position decides or no file says."""
    tables = [table for part in parts for table in part.facts.get("mechanism", [])]
    stated = [str(table.get("signal")) for table in tables if table.get("kind") == "score"]
    for table in tables:
        if table.get("kind") == "evict":
            implied = "attention_window" if table.get("trigger", "step") == "prefill_end" else "attention_sum"
            return stated[0] if stated else implied
        if table.get("kind") == "select" and not str(table.get("unit", "1 token")).startswith("1 "):
            return stated[0] if stated else "page_bounds"
    return None
