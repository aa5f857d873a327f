"""What a profile file states, as dataclasses: a header, and one fit for every law, kernel and head width.

Coefficients are numbers in base units by name; spreads are standard deviations of log residuals; errors on held-out rows
are percent (``n``: rows). ``read`` makes these of a file, ``write`` prints them, calibration fills them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

Coefficients = Mapping[str, float]
Spread = Mapping[str, float]
HeldOut = Mapping[str, Mapping[str, float]]

FOLDERS = {
    "profile": "profiles",
    "prefill": "profiles/prefill",
    "latent": "profiles/latent",
    "implementation": "profiles/implementations",
}
SECTIONS = ("all_reduce", "codec", "prefill", "small_kernel", "in_step")


@dataclass(frozen=True)
class Header:
    """Whose kernels were measured, where the measurements come from, and how they were fitted.

    ``scheme`` and ``evidence`` (measured, published) are those of an implementation's profile, empty elsewhere.
    """

    gpu: str
    engine: str
    source: str
    engine_version: str = ""
    fitted: date | str = ""
    method: str = ""
    default_kernel: Mapping[str, str] = field(default_factory=dict)
    scheme: str = ""
    evidence: str = ""


@dataclass(frozen=True, eq=False)
class KernelFit:
    """Attention of one kernel at one head width, all KV types together: what fits of decode and of prefill state alike.

    ``shared`` holds for every KV type and path, ``main`` by KV type.
    """

    kernel: str
    head_dim: float
    main: Mapping[str, Coefficients]
    kv_dtypes: tuple[str, ...] = ()
    shared: Coefficients = field(default_factory=dict)
    points: int = 0
    cost: float | None = None
    spread: Mapping[str, Spread] = field(default_factory=dict)
    held_out: HeldOut = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class AttentionFit(KernelFit):
    """Decode attention, with a second path that some kernels take.

    ``fallback`` is by KV type, ``rule`` names the dispatch between the two paths. ``latent`` fits were measured over one
    latent that all heads share (MLA). ``spread`` is by KV type and regime (launch, cold, other).
    """

    fallback: Mapping[str, Coefficients] = field(default_factory=dict)
    latent: bool = False
    rule: str = "none"
    ignores_window: bool = False
    pair_correlation: float | None = None


@dataclass(frozen=True, eq=False)
class PrefillFit(KernelFit):
    """Prefill attention, by the KV type that is written; ``spread`` by KV type (all)."""


@dataclass(frozen=True, eq=False)
class GemmFit:
    """Matrix products of one weight type; ``spread`` by size: all, small (few rows), large."""

    dtype: str
    values: Coefficients
    spread: Spread
    points: int = 0
    held_out: HeldOut = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SectionFit:
    """One further law without kernels or types (all_reduce, codec, small_kernel, typical prefill, in_step).

    ``in_step`` holds what an engine's step showed of products and attention; ``model`` says of which model, on how many GPUs and
    in which weight type: its spreads (products, launch, cold) hold for that one alone.
    """

    name: str
    values: Coefficients
    spread: Spread = field(default_factory=dict)
    source: str = ""
    points: int | None = None
    condition: str = ""
    model: str = ""
    held_out: Mapping[str, float] = field(default_factory=dict)


Fit = AttentionFit | PrefillFit | GemmFit | SectionFit


@dataclass(frozen=True, eq=False)
class ProfileFile:
    """The content of one profile file."""

    header: Header
    attention: tuple[AttentionFit, ...] = ()
    prefill: tuple[PrefillFit, ...] = ()
    gemm: tuple[GemmFit, ...] = ()
    sections: Mapping[str, SectionFit] = field(default_factory=dict)

    def fits(self) -> Iterator[Fit]:
        """Every fit in the order in which the file lists them."""
        yield from (*self.attention, *self.prefill, *self.gemm, *self.sections.values())


def law_of(fit: Fit) -> str:
    """The law's name as tables beside a profile state it: attention, prefill, gemm, or the section's name."""
    if isinstance(fit, SectionFit):
        return fit.name
    return {AttentionFit: "attention", PrefillFit: "prefill", GemmFit: "gemm"}[type(fit)]


def key_of(fit: Fit) -> tuple:
    """What distinguishes a fit from the others of its file: law, then kernel and head width, or type."""
    if isinstance(fit, SectionFit):
        return (fit.name,)
    return ("gemm", fit.dtype) if isinstance(fit, GemmFit) else (law_of(fit), fit.kernel, fit.head_dim)


def coefficient_tables(fit: Fit) -> Iterator[tuple[str, str, Coefficients]]:
    """Every table of coefficients of a fit with its name (shared, main, fallback, values) and KV type ("" for all)."""
    for table_name in ("shared", "values"):
        if hasattr(fit, table_name):
            yield table_name, "", getattr(fit, table_name)
    for table_name in ("main", "fallback"):
        for kv_dtype, table in getattr(fit, table_name, {}).items():
            yield table_name, kv_dtype, table
