"""The properties of a life cycle: name, meaning and allowed values, each value with the phrase that describes it.

Values are ordered from the uncompressed cache's to the one least like it: where several mechanisms imply one, the last decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """One property: its meaning, and its values (booleans or words) in order; the first is the uncompressed cache's."""

    meaning: str
    values: Mapping[object, str]

    @property
    def order(self) -> tuple:
        """The values, from the uncompressed cache's to the one least like it."""
        return tuple(self.values)

    def allows(self, value: object) -> bool:
        """Whether a declared value is one of the property's, of the same type."""
        return any(type(value) is type(allowed) and value == allowed for allowed in self.values)


PROPERTIES = {
    "encode_when": Property(
        "When stored entries are coded, indexed or selected",
        {
            "never": "never",
            "append": "when a token is appended",
            "flush": "when the residual window is full",
            "prompt_end": "at the end of the prompt",
            "step": "at every step",
            "rest": "when its conversation pauses",
        },
    ),
    "decode_when": Property(
        "When coded entries are decoded",
        {
            "never": "never",
            "resume": "whole, before its conversation goes on",
            "fused": "inside attention",
            "unfused": "in a pass of its own before attention",
        },
    ),
    "request_specific": Property(
        "Whether what is stored depends on later tokens of the request (once a budget is full)",
        {False: "no", True: "yes"},
    ),
    "prefix_shareable": Property(
        "Whether another request with the same prefix may use the cache (once a budget is full)",
        {"yes": "yes", "no": "no"},
    ),
    "next_turn": Property(
        "Whether the cache can serve another question (once a budget is full)", {"yes": "yes", "no": "no"}
    ),
    "block_table": Property(
        "How entries are laid out in the pool",
        {
            "native": "in blocks of the engine",
            "two_tables": "in two tables a layer: heads that keep all, heads that keep a window",
            "ring": "in a ring of blocks",
            "per_head": "in one table for each head",
            "slots": "in slots that are replaced in place",
            "size_classes": "in blocks of several sizes",
            "host": "on the host",
        },
    ),
    "contiguous": Property(
        "Whether attention needs a dense copy of the cache outside of blocks", {False: "no", True: "yes"}
    ),
    "in_place": Property(
        "Whether full blocks, which others may share, change (once a budget is full)", {False: "no", True: "yes"}
    ),
    "attention_weights": Property(
        "Whether attention weights are needed, which fused attention (FlashAttention) never writes",
        {"never": "no", "prompt_end": "for some queries, at the end of the prompt", "step": "at every step"},
    ),
    "cuda_graph": Property(
        "Whether a decode step replays as a CUDA graph",
        {"whole": "yes", "two": "yes, with a second graph for steps that flush", "no": "no"},
    ),
    "fork": Property(
        "What a branch copies (once a budget is full)",
        {
            "copy_on_write": "at most one partial block; full blocks are shared",
            "copy_window": "the residual window; full blocks are shared",
            "copy_all": "the whole cache",
        },
    ),
    "reversible": Property("Whether the 16-bit cache can be restored exactly", {True: "yes", False: "no"}),
    "requantised": Property(
        "How often an entry is coded",
        {"never": "never", "once": "once", "repeatedly": "again and again, each time from what is left"},
    ),
}


def describe(name: str, value: object) -> str:
    """The phrase that describes a property's value; "not stated" for None."""
    return "not stated" if value is None else PROPERTIES[name].values[value]
