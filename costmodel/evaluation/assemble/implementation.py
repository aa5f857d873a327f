"""Whose kernels run a scheme on a deployment, and what is known of them: chosen once, as data.

The engine's own table of a KV type, the profile of an implementation, an estimate from compiled code, or an ideal kernel.
Which evidence that is follows from what the scheme changes and from where the constants come.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from costmodel.errors import InputError
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import implementations
from costmodel.facts.deployment import COMPILED, IDEAL, IMPLEMENTATIONS, Deployment
from costmodel.facts.evidence import OF_ORIGIN, weakest
from costmodel.facts.implementations import Implementation
from costmodel.facts.profiles import (
    Parameters,
    ProfileFile,
    implementation_parameters,
    implementation_prefill,
    implementation_profile,
)
from costmodel.facts.slowdowns import slowdowns

FORMAT = {
    "key_bits", "value_bits", "key_metadata", "value_metadata", "sidecar_size", "conversion_work", "unfused",
    "precise_key_tokens", "precise_value_tokens", "mean_coded_ratio", "worst_coded_ratio", "read_rate", "reconstruction_work",
    "fetched_size", "fingerprint_kernels",
}  # fmt: skip
WIDTHS = {"key_elements", "value_elements"}  # of every head; a latent of all heads has kernels of its own
SELECTION = {"kept_tokens", "read_tokens", "index_size", "select_kernels", "score_kernels", "moved_tokens"}
STATED = {"added_time"}
BEYOND_TABLES = {"reconstruction_work", "unfused"}  # what a kernel that a table times does not do, whatever it reads
BFLOAT16 = "bfloat16"


@dataclass(frozen=True, eq=False)
class KernelChoice:
    """``id`` names the implementation, ``compiled`` or ``ideal``, or the engine for its own 16-bit kernel.

    ``file`` holds the constants of an implementation's profile (``profile``) with their ``evidence``; ``kv_dtype`` is that of
    the engine's table otherwise; ``is_own`` says whether ``profile`` is that of the deployment's GPU.
    """

    id: str
    mode: str
    kind: str
    kv_dtype: str = BFLOAT16
    implementation: Implementation | None = None
    file: ProfileFile | None = field(repr=False, default=None)
    profile: str = ""
    evidence: str = ""
    is_own: bool = True

    @property
    def is_ideal(self) -> bool:
        """Whether an ideal kernel is meant."""
        return self.mode == IDEAL

    @property
    def table_kv_dtype(self) -> str:
        """The KV type of the engine's own table, for layers that no implementation's profile serves."""
        return BFLOAT16 if self.file is not None else self.kv_dtype

    @property
    def slow_end(self) -> float:
        """How much slower than ideal a shipped kernel may stream, where nobody measured this one."""
        return slowdowns("selection" if self.kind == "selection" else "format").slow_end

    def attention(self, head_dim: float) -> Parameters:
        """Decode attention of the implementation at the nearest head width that its profile has."""
        return implementation_parameters(self._file, self.profile, self.is_own, head_dim)

    def prefill(self, head_dim: float) -> Parameters:
        """Prefill attention of the implementation at the nearest head width that its profile has."""
        return implementation_prefill(self._file, self.is_own, head_dim)

    @property
    def _file(self) -> ProfileFile:
        if self.file is None:
            raise ValueError(f"{self.id}: no profile holds constants of this implementation")
        return self.file

    def measures(self, kernel: Parameters) -> bool:
        """Whether these parameters were measured with the very format that the scheme stores."""
        if self.file is not None:
            return kernel.kv_dtype == self.kv_dtype
        return self.kind != "same" and self.kv_dtype != BFLOAT16 and kernel.kv_dtype == self.kv_dtype

    def learnt_in_steps(self, kernel: Parameters) -> bool:
        """Whether these parameters were learnt from whole steps, which contain what differs between step and benchmark."""
        return self.file is not None and kernel.kv_dtype == self.kv_dtype

    def evidence_of(self, kernels: tuple[Parameters, ...], attends, head_dims) -> str:
        """Evidence of the attention time, from the parameters of every kind of layer that attends."""
        if self.file is not None:
            return self.evidence
        if self.kind == "stated":
            return "assumed"
        found = [
            weakest([OF_ORIGIN[kernel.origin], "measured" if kernel.head_dim == head_dim else "relative"])
            for kernel, attending, head_dim in zip(kernels, attends, head_dims, strict=True)
            if attending
        ]
        if self.kind != "same":
            is_table = self.kind == "format" and self.kv_dtype != BFLOAT16
            tabled = is_table and all(k.kv_dtype == self.kv_dtype for k, a in zip(kernels, attends, strict=True) if a)
            if not tabled:
                found.append(IDEAL if self.is_ideal else COMPILED)
        return weakest(found)


def kind_of(scheme: Scheme) -> str:
    """What a scheme changes for the attention kernel: its numbers' format, the tokens it reads, or nothing (same)."""
    changed = set(scheme.slots)
    if changed & STATED:
        return "stated"
    if changed & SELECTION:
        return "selection"
    has_other_widths = changed & WIDTHS and "cached_heads" not in changed
    return "format" if changed & FORMAT or has_other_widths else "same"


def check_asked(deployment: Deployment, schemes: Iterable[str]) -> None:
    """InputError where an implementation was asked for by its id and runs none of the schemes; none named, none refused."""
    asked, schemes = deployment.implementation, tuple(schemes)
    if asked in IMPLEMENTATIONS or not schemes:
        return
    own = implementations.load(asked).scheme
    if all(load_scheme(name).spec.parts[0].id != own for name in schemes):
        raise InputError(f"implementation {asked}: expected scheme {own}, which it runs, got {', '.join(schemes)}")


def choose_kernels(deployment: Deployment, scheme: Scheme) -> KernelChoice:
    """The kernels that run the scheme on the deployment, as its ``implementation`` asks."""
    asked, engine, kind = deployment.implementation, deployment.engine.id, kind_of(scheme)
    if kind in ("same", "stated"):
        return KernelChoice(engine, asked if asked == IDEAL else "", kind)
    if asked in (IDEAL, COMPILED):
        return KernelChoice(asked, asked, kind)
    base = scheme.spec.parts[0].id if len(scheme.spec.parts) == 1 else ""
    implementation = _implementation(deployment, base)
    identifier = implementation.id if implementation else f"{engine}--{base}"
    known = implementation_profile(deployment.gpu, identifier) if base else None
    if known is not None and (
        implementation is not None or known[2] != "published"
    ):  # research code is asked for by its id
        file, profile, evidence = known
        is_own = file.header.gpu == deployment.gpu.id
        return KernelChoice(identifier, asked, kind, base, implementation, file, profile, evidence, is_own)
    tabled = implementations.shipped(base, engine, deployment.gpu) if base else None  # whose kernels the tables time
    is_timed = scheme.native in deployment.profile.kv_dtypes and not BEYOND_TABLES & set(scheme.slots)
    if implementation is tabled and scheme.native != "none" and is_timed:
        return KernelChoice(implementation.id if implementation else engine, asked, kind, scheme.native, implementation)
    return KernelChoice(implementation.id if implementation else COMPILED, asked, kind, BFLOAT16, implementation)


def _implementation(deployment: Deployment, scheme: str) -> Implementation | None:
    """The one that was asked for by its id, where it implements the scheme; else what the engine ships."""
    if deployment.implementation not in IMPLEMENTATIONS:
        asked = implementations.load(deployment.implementation)
        if asked.scheme == scheme:
            return asked
    return implementations.shipped(scheme, deployment.engine.id, deployment.gpu) if scheme else None
