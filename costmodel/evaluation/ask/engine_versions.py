"""What an engine's version does not change: the constants of kernels, which are of one version each; so it is said.

Kernels of the known version answer for all others; an implementation that a version does not have is named. How memory is
cut follows the version (the overrides of the engine's file).
"""

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from costmodel.evaluation.assemble.implementation import choose_kernels
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.engines import parse_version


def version_remarks(deployment: Deployment, scheme: Scheme, text: object) -> list[str]:
    """How that version of the engine differs from what is known, a sentence each, none where it does not.

    Raises InputError for what is no version.
    """
    version = parse_version(text)
    choice, name, remarks = choose_kernels(deployment, scheme), f"{deployment.engine.id} {text}", []
    implementation = choice.implementation
    if implementation is not None and not _covers(implementation.versions, version):
        remarks.append(f"{name} is outside the versions of {implementation.id} ({implementation.versions})")
    measured = choice.file.header.engine_version if choice.file else deployment.profile.engine_version
    if not _covers(measured, version):
        remarks.append(f"{name} is answered with the kernel constants of {measured}")
    return remarks


def _covers(known: str, version: Version) -> bool:
    """Whether a range (``>=0.20``), or a version with all its patches, contains a version; one without numbers covers all."""
    if not any(character.isdigit() for character in known):
        return True
    if not known[0].isdigit():
        return SpecifierSet(known).contains(version, prereleases=True)
    return Version(known).release[:2] == version.release[:2]
