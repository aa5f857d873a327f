"""Fitted numbers of one GPU under one engine: parameters of every kernel family, their errors, and where they come from.

Which set a call takes is data, chosen here: kernel family, KV type and head width. What a profile lacks comes from
``ideal`` and is labelled so; a GPU without a profile borrows its nearest measured relative of the same architecture.
"""

import functools
import math
from dataclasses import dataclass, field

from costmodel.errors import FactError
from costmodel.facts import store
from costmodel.facts.certainty import load_fit_covariance
from costmodel.facts.gpus import GPU
from costmodel.facts.vocabulary import number, vocabulary

NEAREST_GEMM = {"fp8_block": ("fp8",), "mxfp4": ("nvfp4", "int4_wo"), "nvfp4": ("fp8",)}
LATENT = " latent"  # ends the label of a set that was measured over a latent
SECTIONS = ("all_reduce", "codec", "prefill", "small_kernel")
# Laws fitted apart, in files of the profile's name: folder, and the table that holds the fits.
COMPANIONS = {"prefill": "profiles/prefill", "latent": "profiles/latent"}
FITS = {"prefill": "prefill", "latent": "attention"}
KEYS = (
    "gpu",
    "engine",
    "engine_version",
    "source",
    "fitted",
    "method",
    "default_kernel",
    "attention",
    "gemm",
    *SECTIONS,
)
TWOFOLD = math.log(2)
WIDER = 1.3  # spread of a borrowed profile over its own, from H100 → H200 (8.4 % against 7.9 %), L40S → RTX PRO 6000


@dataclass(frozen=True, eq=False)
class Parameters:
    """One parameter set: numbers by coefficient, for the main path and for the fallback path that a rule chooses."""

    label: str
    main: dict[str, float]
    fallback: dict[str, float]
    rule: str = "none"
    ignores_window: bool = False
    head_dim: float = 128.0
    kv_dtype: str = "bfloat16"
    origin: str = "measured"
    kernel: str = ""
    spread: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile file and how the GPU in question came to it: measured, inherited or ideal."""

    id: str
    origin: str
    source: str
    fitted: str
    engine_version: str
    facts: dict = field(repr=False, compare=False, default_factory=dict)
    companions: dict = field(repr=False, compare=False, default_factory=dict)

    @property
    def calibrated(self) -> bool:
        """Whether kernels of this GPU and engine, or of a relative, were measured."""
        return self.origin != "ideal"

    def attention(self, kv_dtype: str, head_dim: float, kernel: str = "", latent: bool = False) -> Parameters:
        """The attention parameters for a KV type and head width: the nearest set, named by its label.

        Without a kernel it is the engine's default family for that KV type; a family that the profile lacks gives way to
        the nearest one. Latents (MLA) have kernels of their own.
        """
        sets = [s for s in self.facts.get("attention", []) if s.get("latent", False) == latent]
        wanted = kernel or self.facts.get("default_kernel", {}).get(kv_dtype, "")
        usable = [s for s in sets if kv_dtype in s["main"]] or sets
        if not usable:
            return ideal().attention(kv_dtype, head_dim)
        chosen = _nearest(usable, wanted, head_dim)
        place = next(i for i, s in enumerate(self.facts["attention"]) if s is chosen)
        return _attention_set(self.id, self.origin, place, kv_dtype)

    def prefill(self, kv_dtype: str, head_dim: float, kernel: str = "") -> Parameters:
        """The prefill parameters for a head width, then the KV type that is written, then the engine's default kernel.

        Width comes first: an engine keeps a slow general kernel for odd widths, and its KV types say nothing of another
        width. A profile without prefill fits takes the typical values of ``ideal``.
        """
        facts = self.companions.get("prefill", {})
        sets = facts.get("prefill", [])
        if not sets:
            values, origin = self.section("prefill", "prefill_spread")
            return Parameters("typical", values, values, kv_dtype=kv_dtype, origin=origin)
        asked = [s for s in sets if s["kernel"] == kernel] or sets
        nearest = min((s["head_dim"] for s in asked), key=lambda width: abs(math.log(width / head_dim)))
        near = [s for s in asked if s["head_dim"] == nearest]
        usable = [s for s in near if kv_dtype in s["main"]] or near
        chosen = _nearest(usable, facts.get("default_kernel", {}).get(kv_dtype, ""), head_dim)
        return _prefill_set(self.id, self.origin, next(i for i, s in enumerate(sets) if s is chosen), kv_dtype)

    def gemm(self, dtype: str) -> tuple[dict[str, float], str]:
        """Coefficients of matrix products at a weight type with their spreads (at few rows, at many), and the type used."""
        sets = {s["dtype"]: s for s in self.facts.get("gemm", [])}
        for candidate in (dtype, *NEAREST_GEMM.get(dtype, ()), "bfloat16"):
            if candidate in sets:
                chosen = sets[candidate]
                values = _section(self.id, "gemm", self.facts["gemm"].index(chosen))
                spread = chosen["spread"]
                small, large = (self._spread(spread.get(size, spread.get("all", 0.3))) for size in ("small", "large"))
                return values | {"gemm_spread": small, "gemm_spread_large": large}, candidate
        return ideal().gemm("bfloat16")

    def section(self, name: str, spread: str) -> tuple[dict[str, float], str]:
        """Coefficients of one further law (all_reduce, codec, prefill), and ``measured``, ``inherited`` or ``ideal``."""
        if name not in self.facts:
            return ideal().section(name, spread)
        table = self.facts[name]
        values = dict(_section(self.id, name, -1))
        if spread:
            values[spread] = self._spread(table.get("spread", {}).get("all", 0.4))
        return values, self.origin

    def _spread(self, value: float) -> float:
        return float(value) * (WIDER if self.origin == "inherited" else 1.0)


def _nearest(sets: list[dict], kernel: str, head_dim: float) -> dict:
    """The set of that kernel (of any, where it is not there) that is nearest in head width."""
    named = [s for s in sets if s["kernel"] == kernel]
    return min(named or sets, key=lambda s: (abs(math.log(s["head_dim"] / head_dim)), s["kernel"]))


@functools.cache
def _section(identifier: str, name: str, place: int) -> dict[str, float]:
    facts = store.read_fact_file("profiles", identifier)[name]
    return _numbers((facts if place < 0 else facts[place])["values"], f"profiles/{identifier}: {name}")


def _numbers(table: dict, where: str) -> dict[str, float]:
    known = vocabulary()
    for key in table:
        if key not in known or known[key]["kind"] != "coefficient":
            raise FactError(f"{where}: {key} is no coefficient of the model")
    return {key: number(table, key, known[key]["unit"], where) for key in table}


@functools.cache
def _attention_set(identifier: str, origin: str, place: int, kv_dtype: str) -> Parameters:
    profile = _profile(identifier, origin)
    chosen = profile.facts["attention"][place]
    where = f"profiles/{profile.id}: attention {chosen['kernel']} {chosen['head_dim']}"
    available = kv_dtype if kv_dtype in chosen["main"] else next(iter(chosen["main"]))
    shared = _numbers(chosen.get("shared", {}), where)
    spread = chosen.get("spread", {}).get(available, {})
    spreads = {
        "attention_spread_launch": profile._spread(spread.get("launch", 0.3)),
        "attention_spread_cold": profile._spread(spread.get("cold", 0.3)),
        "token_cost_spread": _token_cost_spread(profile, chosen, available),
        "pair_correlation": float(chosen.get("pair_correlation", 0.5)),
    }
    main = shared | _numbers(chosen["main"][available], where) | spreads
    fallback = main | _numbers(chosen.get("fallback", {}).get(available, {}), where)
    return Parameters(
        f"{chosen['kernel']} d={chosen['head_dim']:g} {available}" + (LATENT if chosen.get("latent") else ""),
        main,
        fallback,
        chosen.get("rule", "none"),
        bool(chosen.get("ignores_window", False)),
        float(chosen["head_dim"]),
        available,
        profile.origin,
        chosen["kernel"],
        {name: profile._spread(spread.get(name, 0.3)) for name in ("launch", "cold", "other")},
    )


def _token_cost_spread(profile: Profile, chosen: dict, kv_dtype: str) -> float:
    """How far off the cost of a token may be: what the fit says, at most a factor of two, as of a compiled kernel."""
    law = "latent" if chosen.get("latent") else "attention"
    sure = load_fit_covariance(profile.id, law, chosen["kernel"], float(chosen["head_dim"]))
    place = sure.place("token_cost", kv_dtype) if sure else None
    return TWOFOLD if place is None else min(float(sure.covariance[place, place]) ** 0.5, TWOFOLD)


@functools.cache
def _prefill_set(identifier: str, origin: str, place: int, kv_dtype: str) -> Parameters:
    profile = _profile(identifier, origin)
    chosen = profile.companions["prefill"]["prefill"][place]
    where = f"{COMPANIONS['prefill']}/{identifier}: prefill {chosen['kernel']} {chosen['head_dim']}"
    used = kv_dtype if kv_dtype in chosen["main"] else next(iter(chosen["main"]))
    spread = profile._spread(chosen.get("spread", {}).get(used, {}).get("all", 0.3))
    numbers = _numbers(chosen.get("shared", {}), where) | _numbers(chosen["main"][used], where)
    label, numbers = f"{chosen['kernel']} d={chosen['head_dim']:g} {used}", numbers | {"prefill_spread": spread}
    return Parameters(
        label,
        numbers,
        numbers,
        "none",
        False,
        float(chosen["head_dim"]),
        used,
        origin,
        chosen["kernel"],
        {"all": spread},
    )


def ideal() -> Profile:
    """The uncalibrated profile."""
    return _profile("ideal", "ideal")


@functools.cache
def _profile(identifier: str, origin: str) -> Profile:
    facts = store.read_fact_file("profiles", identifier)
    check(facts, f"profiles/{identifier}")
    found = {
        law: store.read_fact_file(kind, identifier)
        for law, kind in COMPANIONS.items()
        if identifier in store.files(kind)
    }
    for law, companion in found.items():
        check_companion(companion, FITS[law], f"{COMPANIONS[law]}/{identifier}")
    if "latent" in found:
        facts = facts | {"attention": [*facts.get("attention", []), *found["latent"]["attention"]]}
    fitted, version = str(facts.get("fitted", "")), str(facts.get("engine_version", ""))
    return Profile(identifier, origin, facts["source"], fitted, version, facts, found)


def check(facts: dict, where: str) -> None:
    """FactError for a profile that lacks a source, or a fit that lacks its name, values or spread."""
    store.check_keys(facts, KEYS, where, ("source", "gpu", "engine"))
    for law, required in (("attention", ("kernel", "head_dim", "main")), ("gemm", ("dtype", "values", "spread"))):
        store.check_types(facts, {law: list}, where)
        for place, table in enumerate(facts.get(law, [])):
            store.check_types({"fit": table}, {"fit": dict}, f"{where}: {law}[{place}]")
            for key in required:
                if key not in table:
                    raise FactError(f"{where}: {law}[{place}]: {key} is missing; required are {', '.join(required)}")
    for section in SECTIONS:
        store.check_types(facts, {section: dict}, where)
        if section in facts and "values" not in facts[section]:
            raise FactError(f"{where}: {section}: values is missing")


def check_companion(facts: dict, law: str, where: str) -> None:
    """FactError for a companion that lacks its source, or a fit in it that lacks kernel, head width or numbers."""
    known = ("gpu", "engine", "engine_version", "source", "fitted", "method", "default_kernel", law)
    store.check_keys(facts, known, where, ("source", "gpu", "engine", law))
    store.check_types(facts, {law: list}, where)
    for place, table in enumerate(facts[law]):
        store.check_types({"fit": table}, {"fit": dict}, f"{where}: {law}[{place}]")
        for key in ("kernel", "head_dim", "main"):
            if key not in table:
                raise FactError(f"{where}: {law}[{place}]: {key} is missing; required are kernel, head_dim, main")


def select_profile(gpu: GPU, engine: str) -> Profile:
    """The profile of that GPU under that engine; else of a relative of its architecture; else ``ideal``."""
    known = store.files("profiles")
    if f"{gpu.id}--{engine}" in known:
        return _profile(f"{gpu.id}--{engine}", "measured")
    from costmodel.facts import gpus

    relatives = []
    for identifier in known:
        owner, _, under = identifier.partition("--")
        if under == engine and owner in store.files("gpus"):
            relative = gpus.load(owner)
            if relative.architecture == gpu.architecture:
                distance = abs(math.log(relative.numbers["hbm_bandwidth"] / gpu.numbers["hbm_bandwidth"]))
                relatives.append((distance + abs(math.log(relative.numbers["sms"] / gpu.numbers["sms"])), identifier))
    return _profile(min(relatives)[1], "inherited") if relatives else ideal()
