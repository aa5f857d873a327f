"""What every kind of mechanism implies of a life cycle, and why, in one sentence each: no SymPy.

A rule takes the ``[[mechanism]]`` table as the file states it and returns property → (value, reason).
"""

from collections.abc import Callable

Implications = dict[str, tuple[object, str]]

CODED = "what was rounded cannot be restored"
DROPPED = "what is dropped cannot be restored"
SIGNALS = {  # of a score: when it needs attention weights, and why
    "attention_sum": ("step", "its scores sum attention weights, which fused attention never writes"),
    "attention_last": ("step", "its scores are the last query's attention weights, which fused attention never writes"),
    "attention_window": ("prompt_end", "the last queries of the prompt are multiplied with its keys once more"),
    "reconstruction": ("prompt_end", "the prompt is read a second time to see what reconstructs it"),
}
OF_ITS_REQUEST = ("learned", *SIGNALS)  # scores that depend on queries, which come later than what they score


def _quantize(table: dict) -> Implications:
    decode = table.get("decode", "fused")
    where = (
        "attention decodes what it reads" if decode == "fused" else "a pass before attention decodes the whole cache"
    )
    implied: Implications = {
        "encode_when": ("append", "a number is rounded when its token is appended"),
        "decode_when": (decode, where),
        "reversible": (False, CODED),
        "requantised": ("once", "a number is rounded when it is stored, and not again"),
    }
    return implied | (_dense_copy() if decode == "unfused" else {})


def _dense_copy() -> Implications:
    return {"contiguous": (True, "the pass before attention writes one dense 16-bit copy")}


def _precise_zone(table: dict) -> Implications:
    implied: Implications = {}
    if _number(table.get("flush", 1)) != "1":
        implied |= {
            "encode_when": ("flush", "a window of 16-bit tokens is coded whole when it is full"),
            "cuda_graph": ("two", "the step that flushes the window runs kernels that the others do not"),
        }
    if any(_number(table.get(key, 0)) != "0" for key in ("recent_keys", "recent_values")):
        implied["fork"] = ("copy_window", "the 16-bit window lies outside of blocks, so every branch has its own")
    if table.get("recode") == "all":
        implied["requantised"] = ("repeatedly", "every flush decodes the whole cache and rounds it again")
    return implied


def _evict(table: dict) -> Implications:
    implied: Implications = {
        "request_specific": (True, "later tokens of the request choose what is kept"),
        "prefix_shareable": ("no", "what is kept of a prefix was chosen by what followed it"),
        "reversible": (False, DROPPED),
    }
    if _number(table.get("score_passes", 0)) != "0":
        implied["attention_weights"] = SIGNALS["attention_sum"]
    elif _number(table.get("scored_queries", 0)) != "0":
        implied["attention_weights"] = SIGNALS["attention_window"]
    if table.get("trigger", "step") == "step":
        return implied | {
            "encode_when": ("step", "every step drops what scores least"),
            "block_table": ("slots", "a new token takes the slot of the one that is dropped"),
            "fork": ("copy_all", "entries are replaced in place, so branches cannot share their blocks"),
            "in_place": (True, "entries of full blocks are replaced"),
        }
    return implied | {
        "encode_when": ("prompt_end", "the prompt is cut to its budget when it has been computed"),
        "block_table": ("per_head", "every head keeps tokens of its own"),
        "next_turn": ("no", "the next question would need what the first one dropped"),
    }


def _window(table: dict) -> Implications:
    return {
        "encode_when": ("step", "every step drops the oldest token of the window"),
        "block_table": ("ring", "the newest tokens overwrite the oldest in a ring of blocks"),
        "fork": ("copy_all", "blocks of the ring are overwritten, so branches cannot share them"),
        "in_place": (True, "blocks of the ring are overwritten"),
        "reversible": (False, DROPPED),
    }


def _retrieval_heads(table: dict) -> Implications:
    return {
        "encode_when": ("step", "every step drops the oldest token of the heads that keep a window"),
        "block_table": ("two_tables", "full heads have a table that grows, the others a ring"),
        "fork": ("copy_window", "the ring is every branch's own; blocks of the full heads are shared"),
        "reversible": (False, DROPPED),
    }


def _score(table: dict) -> Implications:
    signal = str(table.get("signal"))
    implied: Implications = {"attention_weights": SIGNALS[signal]} if signal in SIGNALS else {}
    if signal in OF_ITS_REQUEST:
        reason = f"its score ({signal.replace('_', ' ')}) depends on queries that come after what it ranks"
        implied["request_specific"] = (True, reason)
    return implied


def _merge(table: dict) -> Implications:
    mixed = (False, "merged entries cannot be told apart again")
    if table.get("axis") == "layers":
        return {
            "encode_when": ("append", "entries of neighbouring layers are merged as they are stored"),
            "reversible": mixed,
        }
    return {
        "encode_when": ("step", "every step merges tokens into older ones"),
        "request_specific": (True, "later tokens change entries that stand before them"),
        "prefix_shareable": ("no", "entries of a prefix hold tokens that followed it"),
        "block_table": ("slots", "a merged token is written over an older one"),
        "fork": ("copy_all", "merging rewrites entries of full blocks, so branches cannot share them"),
        "in_place": (True, "merging rewrites entries of full blocks"),
        "reversible": mixed,
    }  # fmt: skip


def _variable_rate(table: dict) -> Implications:
    classes = table.get("allocator") == "size_classes"
    implied: Implications = {
        "encode_when": ("append", "a block is coded when it is full"),
        "decode_when": ("fused", "attention decodes what it reads"),
        "reversible": (False, CODED),
        "requantised": ("once", "a block is coded when it is full, and not again"),
    }
    if classes:
        implied |= {
            "block_table": ("size_classes", "blocks of several sizes need a table and free lists for every size"),
            "cuda_graph": ("no", "the host moves blocks between sizes, which changes addresses inside a step's graph"),
        }
    if _number(table.get("recoded", 0)) != "0":
        implied |= {
            "requantised": ("repeatedly", "a block whose rate changes is coded again from its coded form"),
            "in_place": (True, "a block whose rate changes is written again"),
            "fork": ("copy_all", "blocks whose rate may change cannot be shared between branches"),
            "request_specific": (True, "the request's own scores choose the rate of a block"),
            "prefix_shareable": ("no", "another request would choose other rates for the same prefix"),
        }
    return implied


def _project(table: dict) -> Implications:
    where = table.get("reconstruct", "absorbed")
    implied: Implications = {
        "encode_when": ("append", "the projection computes the code in place of key and value"),
        "decode_when": {
            "fused": ("fused", "attention multiplies the code back to its width"),
            "materialised": ("unfused", "a pass before attention multiplies the code back"),
        }.get(where, ("never", "the basis is part of other projections, and attention reads the code itself")),
        "reversible": (False, "the code has fewer numbers than what it stands for"),
    }
    if where == "materialised":
        implied |= _dense_copy()
    if table.get("basis") == "request":
        implied |= {
            "encode_when": ("prompt_end", "the basis is computed from the whole prompt"),
            "request_specific": (True, "the basis is computed from the request's own prompt"),
            "prefix_shareable": ("no", "another request has another basis"),
        }
    return implied


def _dedup(table: dict) -> Implications:
    implied: Implications = {"encode_when": ("append", "a block is fingerprinted when it is full")}
    if table.get("match") == "similar":
        implied |= {
            "reversible": (False, "a block may stand for another that differs from it"),
            "request_specific": (True, "which block stands in depends on what was stored before"),
            "prefix_shareable": (
                "no",
                "a block that stands for a similar one is not that of the prefix whose hash names it",
            ),
        }
    return implied


def _rest(table: dict) -> Implications:
    implied: Implications = {
        "encode_when": ("rest", "the cache is coded when its conversation pauses"),
        "decode_when": ("resume", "the cache is decoded whole before its conversation goes on"),
    }
    if table.get("lossy", "yes") == "yes":
        implied |= {
            "reversible": (False, "the code of the resting cache loses precision"),
            "requantised": ("repeatedly", "what was decoded is coded again at the next pause"),
        }
    return implied


def _tier(table: dict) -> Implications:
    return {
        "block_table": ("host", "entries live on the host; a table on the GPU maps what was fetched"),
        "cuda_graph": ("no", "copies over the link are issued by the host between kernels"),
    }


def _entropy(table: dict) -> Implications:
    return {
        "encode_when": ("append", "a block is coded when it is full"),
        "decode_when": ("fused", "attention decodes what it reads"),
    }


def _redefine(table: dict) -> Implications:
    """A slot that is stated as 0; any other expression leaves its properties open."""
    zero = [slot for slot in SLOTS if _number(table.get(slot, "")) in ("0", "0.0")]
    return {name: (value, f"the file states {slot} as 0") for slot in zero for name, value in SLOTS[slot].items()}


def _number(value: object) -> str:
    """The number with which a quantity begins, as text."""
    return str(value).strip().partition(" ")[0]


SLOTS = {
    "prefix_cacheable": {"prefix_shareable": "no", "request_specific": True},
    "full_blocks_immutable": {"fork": "copy_all", "in_place": True},
    "reusable_next_turn": {"next_turn": "no"},
}
RULES: dict[str, Callable[[dict], Implications]] = {
    "quantize": _quantize,
    "precise_zone": _precise_zone,
    "evict": _evict,
    "window": _window,
    "retrieval_heads": _retrieval_heads,
    "score": _score,
    "merge": _merge,
    "variable_rate": _variable_rate,
    "select": lambda table: {"encode_when": ("append", "the index is updated when a token is appended")},
    "project": _project,
    "dedup": _dedup,
    "rest": _rest,
    "tier": _tier,
    "entropy": _entropy,
    "redefine": _redefine,
}
OPEN = {
    "share": ("reversible",),
    "redefine": (
        "encode_when", "decode_when", "block_table", "contiguous", "attention_weights", "cuda_graph", "reversible", "requantised",
    ),
}  # fmt: skip
REDEFINED = {  # slots that formulas share by, and the properties that follow from them
    "prefix_cacheable": ("prefix_shareable", "request_specific"),
    "full_blocks_immutable": ("fork", "in_place"),
    "residual_window_tokens": ("fork",),
    "reusable_next_turn": ("next_turn",),
}
