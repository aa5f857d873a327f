"""Which profile a GPU under an engine takes, and which of its parameters a call takes: chosen here, as data.

A GPU without a profile inherits that of its nearest measured relative of the same architecture; what a profile lacks comes
from ``ideal`` and is labelled so. Within a profile kernel family, KV type and head width decide.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from costmodel.facts import gpus, models, store
from costmodel.facts.evidence import weakest
from costmodel.facts.gpus import GPU
from costmodel.facts.models import Model
from costmodel.facts.profiles.grouped import select_grouped
from costmodel.facts.profiles.parameters import (
    DEFAULT_SECTION_SPREAD,
    DEFAULT_SPREAD,
    Parameters,
    attention_parameters,
    prefill_parameters,
    widened,
)
from costmodel.facts.profiles.read import identifiers, read_profile_file
from costmodel.facts.profiles.schema import AttentionFit, GroupedFit, ProfileFile

SIMILAR_DTYPES = {"fp8_block": ("fp8",), "mxfp4": ("nvfp4", "int4_wo"), "nvfp4": ("fp8",)}


@dataclass(frozen=True)
class InStep:
    """A step over the benchmarks of its kernels, as factors, and log errors that remain (None: those of the benchmarks)."""

    floor: float = 1.0
    streaming: float = 1.0
    products: float = 1.0
    product_spread: float | None = None
    launch_spread: float | None = None
    cold_spread: float | None = None


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile and how the GPU in question came to it: measured, inherited or ideal.

    ``file`` holds decode attention, products and further laws; ``prefill_file``, ``latent_file`` and ``grouped_file`` the laws
    that are fitted apart, None where these were not measured.
    """

    id: str
    origin: str
    file: ProfileFile = field(repr=False)
    prefill_file: ProfileFile | None = field(repr=False, default=None)
    latent_file: ProfileFile | None = field(repr=False, default=None)
    grouped_file: ProfileFile | None = field(repr=False, default=None)

    @property
    def source(self) -> str:
        """Where the measurements of ``file`` come from."""
        return self.file.header.source

    @property
    def fitted(self) -> date | str:
        """The date of the fit, empty where the file states none."""
        return self.file.header.fitted

    @property
    def engine_version(self) -> str:
        """The engine's version whose kernels were measured."""
        return self.file.header.engine_version

    @property
    def calibrated(self) -> bool:
        """Whether kernels of this GPU and engine, or of a relative, were measured."""
        return self.origin != "ideal"

    @property
    def attention_fits(self) -> tuple[AttentionFit, ...]:
        """Every fit of decode attention, over heads and over latents."""
        return self.file.attention + (self.latent_file.attention if self.latent_file else ())

    @property
    def kv_dtypes(self) -> frozenset[str]:
        """The KV types in which decode attention was measured."""
        return frozenset(kv_dtype for fit in self.attention_fits for kv_dtype in fit.main)

    def attention(self, kv_dtype: str, head_dim: float, kernel: str = "", latent: bool = False) -> Parameters:
        """The attention parameters for a KV type and head width: the nearest fit, named by its label.

        Without a kernel it is the engine's default family for that KV type; a family that the profile lacks gives way to
        the nearest one. Latents (MLA) have kernels of their own.
        """
        fits = [fit for fit in self.attention_fits if fit.latent == latent]
        usable = [fit for fit in fits if kv_dtype in fit.main] or fits
        if not usable:
            return ideal().attention(kv_dtype, head_dim)
        kernel = kernel or self.file.header.default_kernel.get(kv_dtype, "")
        return attention_parameters(self.id, self.origin, _nearest(usable, kernel, head_dim), kv_dtype)

    def prefill(self, kv_dtype: str, head_dim: float, kernel: str = "", latent: bool = False) -> Parameters:
        """The prefill parameters for a head width, then the KV type that is written, then the engine's default kernel.

        Width comes first: an engine keeps a slow general kernel for odd widths, and its KV types tell nothing about another
        width. Not so for the heads that a latent (MLA) is expanded to, whose keys are wider than their values: an engine's
        default kernel of 16-bit numbers has a case for them. A profile without prefill fits takes the typical values of
        ``ideal``.
        """
        if self.prefill_file is None or not (fits := self.prefill_file.prefill):
            values, origin = self.section("prefill", "prefill_spread")
            return Parameters("typical", values, values, kv_dtype=kv_dtype, origin=origin)
        if latent:
            kernel = kernel or self.prefill_file.header.default_kernel.get("bfloat16", "")
        of_kernel = [fit for fit in fits if fit.kernel == kernel] or fits
        nearest = min((fit.head_dim for fit in of_kernel), key=lambda width: abs(math.log(width / head_dim)))
        of_width = [fit for fit in of_kernel if fit.head_dim == nearest]
        usable = [fit for fit in of_width if kv_dtype in fit.main] or of_width
        default = self.prefill_file.header.default_kernel.get(kv_dtype, "")
        return prefill_parameters(self.origin, _nearest(usable, default, head_dim), kv_dtype)

    def gemm(self, dtype: str) -> tuple[dict[str, float], str]:
        """Coefficients of matrix products at a weight type with their spreads (at few rows, at many), and the type used."""
        fits = {fit.dtype: fit for fit in self.file.gemm}
        for candidate in (dtype, *SIMILAR_DTYPES.get(dtype, ()), "bfloat16"):
            if candidate in fits:
                fit = fits[candidate]
                of_all = fit.spread.get("all", DEFAULT_SPREAD)
                small, large = (widened(fit.spread.get(size, of_all), self.origin) for size in ("small", "large"))
                return {**fit.values, "gemm_spread": small, "gemm_spread_large": large}, candidate
        return ideal().gemm("bfloat16")

    def grouped(
        self, dtypes: Sequence[str], kind: str, layer: str = "", kernel: str = ""
    ) -> tuple[tuple[dict[str, float], GroupedFit], ...]:
        """Coefficients with spreads (of few tokens, of many) and fit of the grouped products of a layer of experts.

        The last holds for any number of tokens, one before it for few; empty where no kernel of the engine was measured in one
        of ``dtypes``, types of the measured tables. ``kind`` and ``layer`` are texts of ``profiles.grouped``.
        """
        fits = self.grouped_file.grouped if self.grouped_file else ()
        selected = select_grouped(fits, dtypes, kind, layer, kernel)
        return tuple((self._grouped_values(fit), fit) for fit in selected)

    def _grouped_values(self, fit: GroupedFit) -> dict[str, float]:
        of_all = fit.spread.get("all", DEFAULT_SPREAD)
        small, large = (widened(fit.spread.get(size, of_all), self.origin) for size in ("small", "large"))
        return {**fit.values, "grouped_spread": small, "grouped_spread_large": large}

    def in_step(self, model: Model, ranks: float, weight_dtype: str) -> InStep:
        """What a step of the engine showed of products and attention; spreads for the model that was measured alone."""
        fit = self.file.sections.get("in_step")
        if fit is None:
            return InStep()
        factors = {name.removesuffix("_in_step"): value for name, value in fit.values.items()}
        measured, *how = fit.model.split(", ")
        is_measured = self.origin == "measured" and how == [f"tp {ranks:g}", weight_dtype]
        if not is_measured or not models.load(measured).has_shapes_of(model):
            return InStep(**factors)
        spreads = {f"{name}_spread": float(value) for name, value in fit.spread.items()}
        return InStep(**factors, **spreads)

    def section(self, name: str, spread: str) -> tuple[dict[str, float], str]:
        """Coefficients of one further law (all_reduce, codec, prefill), and ``measured``, ``inherited`` or ``ideal``.

        ``spread`` names the quantity that carries its spread; "" for none.
        """
        fit = self.file.sections.get(name)
        if fit is None:
            return ideal().section(name, spread)
        values = dict(fit.values)
        if spread:
            values[spread] = widened(fit.spread.get("all", DEFAULT_SECTION_SPREAD), self.origin)
        return values, self.origin


def _nearest(fits: Sequence, kernel: str, head_dim: float):
    """The fit of that kernel (of any, where there is none of it) that is nearest in head width."""
    of_kernel = [fit for fit in fits if fit.kernel == kernel]
    return min(of_kernel or fits, key=lambda fit: (abs(math.log(fit.head_dim / head_dim)), fit.kernel))


def ideal() -> Profile:
    """The uncalibrated profile."""
    return load_profile("ideal", "ideal")


@functools.cache
def load_profile(identifier: str, origin: str = "measured") -> Profile:
    """The profile of that id with what lies beside it; FactError for a file that cannot be trusted."""
    beside = (
        read_profile_file(identifier, file_kind) if identifier in identifiers(file_kind) else None
        for file_kind in ("prefill", "latent", "grouped")
    )
    return Profile(identifier, origin, read_profile_file(identifier), *beside)


def select_profile(gpu: GPU, engine: str) -> Profile:
    """The profile of that GPU under that engine; else of a relative of its architecture; else ``ideal``."""
    available = identifiers()
    if f"{gpu.id}--{engine}" in available:
        return load_profile(f"{gpu.id}--{engine}", "measured")
    nearest = _nearest_relative(gpu, engine, available)
    return load_profile(nearest, "inherited") if nearest else ideal()


def _nearest_relative(gpu: GPU, measured: str, available: Sequence[str]) -> str | None:
    """The profile of ``measured`` (an engine or an implementation) on the GPU's nearest relative of its architecture."""
    relatives = []
    for identifier in available:
        owner, _, of = identifier.partition("--")
        if of == measured and owner in store.files("gpus"):
            relative = gpus.load(owner)
            if relative.architecture == gpu.architecture:
                distance = abs(math.log(relative.numbers["hbm_bandwidth"] / gpu.numbers["hbm_bandwidth"]))
                distance += abs(math.log(relative.numbers["sms"] / gpu.numbers["sms"]))
                relatives.append((distance, identifier))
    return min(relatives)[1] if relatives else None


@functools.cache
def implementation_profile(gpu: GPU, implementation: str) -> tuple[ProfileFile, str, str] | None:
    """What is known of an implementation's kernels on a GPU: the profile file, its id, and the evidence that it gives.

    ``implementation`` is an id (``vllm--int8``). The GPU's own profile comes first, then that of its nearest relative of the
    same architecture, whose evidence is one step weaker; None where there is neither.
    """
    available = identifiers("implementation")
    own = f"{gpu.id}--{implementation}"
    if own in available:
        file = read_profile_file(own, "implementation")
        return file, own, file.header.evidence
    identifier = _nearest_relative(gpu, implementation, available)
    if identifier is None:
        return None
    file = read_profile_file(identifier, "implementation")
    return file, identifier, weakest([file.header.evidence, "relative"])


@functools.cache
def implementation_parameters(file: ProfileFile, identifier: str, is_own: bool, head_dim: float) -> Parameters:
    """Decode attention of an implementation's profile at the nearest head width.

    Spreads widen where the profile is another GPU's (``is_own`` is false) or the width another; its errors are then not those
    of the 16-bit kernel over which it was fitted.
    """
    fit = _nearest(file.attention, "", head_dim)
    if is_own and fit.head_dim == head_dim:
        return attention_parameters(identifier, "measured", fit, file.header.scheme)
    return attention_parameters(identifier, "inherited", replace(fit, pair_correlation=0.0), file.header.scheme)


def implementation_prefill(file: ProfileFile, is_own: bool, head_dim: float) -> Parameters:
    """Prefill attention of an implementation's profile at the nearest head width."""
    origin = "measured" if is_own else "inherited"
    return prefill_parameters(origin, _nearest(file.prefill, "", head_dim), file.header.scheme)
