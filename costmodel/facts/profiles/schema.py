"""What a profile file states, as dataclasses: a header, and one fit for every law, kernel and head width.

Coefficients are numbers in base units by name; spreads are standard deviations of log residuals; errors on held-out rows
are percent (``n``: rows). ``read`` makes these of a file, ``write`` prints them, calibration fills them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

Coefficients = Mapping[str, float]
Spread = Mapping[str, float]
HeldOut = Mapping[str, Mapping[str, float]]

FOLDERS = {
    "profile": "profiles",
    "prefill": "profiles/prefill",
    "latent": "profiles/latent",
    "grouped": "profiles/grouped",
    "implementation": "profiles/implementations",
}
STEP_SECTIONS = ("small_kernel", "in_step")  # learnt from whole steps, which no designed rows stand behind
SECTIONS = ("all_reduce", "codec", "prefill", *STEP_SECTIONS)


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
class GroupedFit:
    """Grouped products of experts: one kernel in one weight type; ``spread`` by tokens of a pass: all, small (few), large.

    ``measured_calls`` counts measured rows by kind of call: with a gate or plain, whole experts on one GPU or spread over
    several (``-ep``); ``measured_experts`` lists layers as ``hidden x width, choices of experts``. Above ``max_tokens`` of a
    pass the engine runs another kernel of the type (None: at any size).
    """

    kernel: str
    dtype: str
    values: Coefficients
    spread: Spread
    engine_version: str = ""
    measured_calls: Mapping[str, int] = field(default_factory=dict)
    measured_experts: tuple[str, ...] = ()
    max_tokens: float | None = None
    points: int = 0
    held_out: HeldOut = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Kernel and type, as tables beside the profile name the fit."""
        return f"{self.kernel} {self.dtype}"

    def with_errors(self, held_out: HeldOut) -> "GroupedFit":
        """The same fit with its errors on held-out rows."""
        return replace(self, held_out=held_out)


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


Fit = AttentionFit | PrefillFit | GemmFit | GroupedFit | SectionFit


@dataclass(frozen=True, eq=False)
class ProfileFile:
    """The content of one profile file."""

    header: Header
    attention: tuple[AttentionFit, ...] = ()
    prefill: tuple[PrefillFit, ...] = ()
    gemm: tuple[GemmFit, ...] = ()
    grouped: tuple[GroupedFit, ...] = ()
    sections: Mapping[str, SectionFit] = field(default_factory=dict)

    def fits(self) -> Iterator[Fit]:
        """Every fit in the order in which the file lists them."""
        yield from (*self.attention, *self.prefill, *self.gemm, *self.grouped, *self.sections.values())


def law_of(fit: Fit) -> str:
    """The law's name as tables beside a profile state it: attention, prefill, gemm, grouped, or the section's name."""
    if isinstance(fit, SectionFit):
        return fit.name
    return {AttentionFit: "attention", PrefillFit: "prefill", GemmFit: "gemm", GroupedFit: "grouped"}[type(fit)]


def key_of(fit: Fit) -> tuple:
    """What distinguishes a fit from the others of its file: law, then kernel and head width, or type."""
    if isinstance(fit, SectionFit):
        return (fit.name,)
    if isinstance(fit, GroupedFit):
        return ("grouped", fit.label)
    return ("gemm", fit.dtype) if isinstance(fit, GemmFit) else (law_of(fit), fit.kernel, fit.head_dim)


def coefficient_tables(fit: Fit) -> Iterator[tuple[str, str, Coefficients]]:
    """Every table of coefficients of a fit with its name (shared, main, fallback, values) and KV type ("" for all)."""
    for table_name in ("shared", "values"):
        if hasattr(fit, table_name):
            yield table_name, "", getattr(fit, table_name)
    for table_name in ("main", "fallback"):
        for kv_dtype, table in getattr(fit, table_name, {}).items():
            yield table_name, kv_dtype, table
