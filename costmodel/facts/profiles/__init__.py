"""Fitted coefficients of a GPU under an engine: schema, one reader, one writer, and the choice among profiles."""

from costmodel.facts import cache_words, fit_covariance, implementations, slowdowns, store
from costmodel.facts.profiles import parameters, read, select
from costmodel.facts.profiles.parameters import LATENT, Parameters
from costmodel.facts.profiles.read import identifiers, parse_profile, points_path, read_profile_file
from costmodel.facts.profiles.schema import (
    STEP_SECTIONS,
    AttentionFit,
    Fit,
    GemmFit,
    GroupedFit,
    Header,
    PrefillFit,
    ProfileFile,
    SectionFit,
    coefficient_tables,
    key_of,
    law_of,
)
from costmodel.facts.profiles.select import (
    InStep,
    Profile,
    ideal,
    implementation_parameters,
    implementation_prefill,
    implementation_profile,
    load_profile,
    select_profile,
)
from costmodel.facts.profiles.write import format_profile

__all__ = [
    "LATENT",
    "STEP_SECTIONS",
    "AttentionFit",
    "Fit",
    "GemmFit",
    "GroupedFit",
    "Header",
    "InStep",
    "Parameters",
    "PrefillFit",
    "Profile",
    "ProfileFile",
    "SectionFit",
    "clear_caches",
    "coefficient_tables",
    "format_profile",
    "ideal",
    "identifiers",
    "implementation_parameters",
    "implementation_prefill",
    "implementation_profile",
    "key_of",
    "law_of",
    "load_profile",
    "parse_profile",
    "points_path",
    "read_profile_file",
    "select_profile",
]


def clear_caches() -> None:
    """Forget what was read of fact files, so that the next reader sees a file that was written meanwhile."""
    for module in (store, fit_covariance, read, parameters, select, implementations, slowdowns, cache_words):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
