"""What to compile: a Triton kernel, the types of its pointers, its constants, and what one turn of its loop covers."""

from dataclasses import dataclass, field

from costmodel.errors import InputError, UnknownName
from costmodel.facts.store import check_keys

FIELDS = ("name", "kernel", "pointers", "constants", "tokens", "numbers", "warps", "stages", "floats", "near_loads")
TYPES = ("bf16", "fp16", "fp32", "fp8e4nv", "fp8e5", "i8", "u8", "i16", "i32", "i64")


@dataclass(frozen=True)
class Spec:
    """A kernel to compile.

    ``pointers`` name → element type; ``constants`` name → value of every ``tl.constexpr``; ``floats`` the scalars that are
    32-bit floats (others are 32-bit integers divisible by 16). One turn of the loop covers ``tokens`` cached tokens of
    ``numbers`` cached numbers each, keys and values together. ``near_loads``: widths in bit of global loads that L2 serves
    (scales, block tables); all others come from memory.
    """

    name: str
    kernel: object
    pointers: dict[str, str]
    constants: dict[str, object]
    tokens: int
    numbers: int
    warps: int = 4
    stages: int = 2
    floats: tuple[str, ...] = ()
    near_loads: tuple[int, ...] = field(default=(16,))


def parse_spec(table: object, location: str) -> Spec:
    """A spec from a dictionary of a user's file; InputError for what is missing or unknown."""
    check_keys(table, FIELDS, location, ("name", "kernel", "pointers", "constants", "tokens", "numbers"))
    for name, element in table["pointers"].items():
        if element not in TYPES:
            raise InputError(f"{location}: pointers: {name}: {UnknownName('element type', str(element), TYPES)}")
    names = getattr(table["kernel"], "arg_names", None)
    if names is None:
        raise InputError(f"{location}: kernel: expected a function under @triton.jit, got {table['kernel']!r}")
    for key in ("pointers", "constants"):
        for name in table[key]:
            if name not in names:
                raise InputError(f"{location}: {key}: {UnknownName('argument', name, names)}")
    for key in ("tokens", "numbers"):
        if not isinstance(table[key], int) or table[key] < 1:
            raise InputError(f"{location}: {key}: expected a whole number, at least 1, got {table[key]!r}")
    return Spec(**(table | {key: tuple(table[key]) for key in ("floats", "near_loads") if key in table}))
