"""Compiled formulas and schemes: from the package, where fresh; from a cache or anew, where not.

Digests of the sources lie beside generated code. A run whose sources are unchanged never loads SymPy; a
changed formula or a scheme of one's own is compiled once and kept in the user's cache directory.
"""

import functools
from dataclasses import dataclass, field

from costmodel.evaluation.compile.range_check import check_ranges
from costmodel.evaluation.compile.sources import fingerprint, mechanisms_digest, source_digests
from costmodel.evaluation.compile.user_cache import load_cached_module
from costmodel.facts.schemes import SchemeSpec, parse_scheme
from costmodel.facts.vocabulary import use_recompiled
from costmodel.language.bounds import Bounds


@dataclass(frozen=True, eq=False)
class CompiledFormulas:
    """Generated tables: formulas, dispatch rules, shapes of the matrix products, binding terms of a step."""

    formulas: dict
    rules: dict
    products: dict
    terms: tuple["BindingTerm", ...]


@dataclass(frozen=True, eq=False)
class Scheme:
    """A scheme ready to evaluate: its sentence, redefined slots, knobs by argument name, and what kernels it takes.

    It travels to another process as its sentence and is compiled there.
    """

    spec: SchemeSpec
    slots: dict = field(repr=False)
    knobs: dict[str, float]
    native: str

    def __reduce__(self):
        return compile_scheme, (self.spec,)

    @property
    def id(self) -> str:
        """Canonical text of the sentence."""
        return self.spec.id

    @property
    def name(self) -> str:
        """Names of its parts."""
        return self.spec.name

    @property
    def baseline(self) -> str:
        """Id of the scheme that it is compared with."""
        return self.spec.baseline

    @property
    def per_layer(self) -> bool:
        """Whether its slots differ from layer to layer."""
        return any("layer_index" in arguments for _, arguments, _ in self.slots.values())


@dataclass(frozen=True)
class BindingTerm:
    """What a decode step may wait for: the formulas whose sum it takes, what decides it, and how maps and figures show it."""

    name: str
    letter: str
    colour: str
    meaning: str
    quantities: tuple[str, ...]
    decided_by: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class GridLoopSource:
    """The C loop over a grid: its text, the axes of what it reads, what it writes, and the doubles that it works in."""

    source: str = field(repr=False)
    inputs: dict[str, tuple[str, ...]]
    outputs: tuple[str, ...]
    conditions: dict[str, float]
    scratch: tuple[int, int]


@functools.cache
def is_fresh() -> bool:
    """Whether the generated code of the package comes from the sources that are installed."""
    from costmodel.evaluation.compile.generated.sources import DIGESTS

    return source_digests() == DIGESTS


@functools.cache
def load_formulas() -> CompiledFormulas:
    """The compiled formulas, from the package where it is fresh, else compiled for this user."""
    if is_fresh():
        from costmodel.evaluation.compile.generated import formulas as module
    else:
        module = load_cached_module(f"formulas_{fingerprint()}", lambda: _modules().recompiled_formulas_module())
        use_recompiled(module.VOCABULARY)
    terms = tuple(BindingTerm(**term) for term in module.TERMS)
    return CompiledFormulas(module.FORMULAS, module.RULES, module.PRODUCTS, terms)


def load_terms() -> tuple[BindingTerm, ...]:
    """What a decode step may wait for, in the order of the waterfall; their amounts sum to the step."""
    return load_formulas().terms


@functools.cache
def load_grid_loop() -> GridLoopSource:
    """The C loop over batch × context of the terms of a decode step that vary along both."""
    if is_fresh():
        from costmodel.evaluation.compile.generated import grid_loop as module
    else:
        module = load_cached_module(f"grid_loop_{fingerprint()}", lambda: _modules().loop_module())
    return GridLoopSource(module.SOURCE, module.INPUTS, module.OUTPUTS, module.CONDITIONS, module.SCRATCH)


@functools.cache
def load_scheme(text: str) -> Scheme:
    """The scheme that a sentence names (``"h2o[budget=1024] + fp8"``) or that a TOML file holds, compiled.

    Raises UnknownName for no such scheme or knob, InputError naming file, mechanism and field of what cannot be read.
    """
    return compile_scheme(parse_scheme(text))


def compile_scheme(spec: SchemeSpec) -> Scheme:
    """The compiled scheme of a sentence that was read; FactError for a mechanism that cannot be compiled."""
    knobs = {f"knob{index}__{key}": value for index, part in enumerate(spec.parts) for key, value in part.knobs.items()}
    slots, native = _shipped_slots(spec) or _user_slots(spec)
    return Scheme(spec, slots, knobs, native)


def _modules():
    """What writes generated code; it loads SymPy, so only where code must be written."""
    from costmodel.evaluation.compile import modules

    return modules


def _shipped_slots(spec: SchemeSpec) -> tuple[dict, str] | None:
    if len(spec.parts) != 1 or not is_fresh():
        return None
    from costmodel.evaluation.compile.generated import schemes

    part = spec.parts[0]
    if schemes.DIGESTS.get(part.id) != mechanisms_digest(part.facts):
        return None
    return schemes.SLOTS[part.id], schemes.NATIVE[part.id]


def _user_slots(spec: SchemeSpec) -> tuple[dict, str]:
    digest = "-".join(mechanisms_digest(part.facts) for part in spec.parts)
    module = load_cached_module(f"scheme_{fingerprint()}_{digest}", lambda: _modules().scheme_module(spec))
    bounds = {key: Bounds(*entry) for key, entry in module.BOUNDS.items()}
    check_ranges(spec, module.SLOTS, module.FIELDS, bounds, load_formulas().formulas)
    return module.SLOTS, module.NATIVE
