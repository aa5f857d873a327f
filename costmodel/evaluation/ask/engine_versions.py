"""What an engine's version does not change: the constants of kernels, which are of one version each; so it is said.

Kernels of the known version answer for all others; an implementation that a version does not have is named. How memory is
cut follows the version (the overrides of the engine's file).
"""

from costmodel.evaluation.assemble.implementation import choose_kernels
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.engines import covers, parse_version


def assumed_version(deployment: Deployment, scheme: Scheme) -> list[str]:
    """Whose constants answer where nobody states a version, in a sentence; nothing where none was measured."""
    measured = _measured(deployment, scheme)
    known = any(character.isdigit() for character in measured)
    return (
        [f"times are those of {deployment.engine.id} {measured} (engine_version) in captured graphs (eager)"]
        if known
        else []
    )


def _measured(deployment: Deployment, scheme: Scheme) -> str:
    choice = choose_kernels(deployment, scheme)
    return choice.file.header.engine_version if choice.file else deployment.profile.engine_version


def version_remarks(deployment: Deployment, scheme: Scheme, text: object) -> list[str]:
    """How that version of the engine differs from what is known, a sentence each, none where it does not.

    Raises InputError for what is no version.
    """
    version = parse_version(text)
    choice, name, remarks = choose_kernels(deployment, scheme), f"{deployment.engine.id} {text}", []
    implementation = choice.implementation
    if implementation is not None and not covers(implementation.versions, version):
        remarks.append(f"{name} is outside the versions of {implementation.id} ({implementation.versions})")
    measured = _measured(deployment, scheme)
    if not covers(measured, version, deployment.engine.release_numbers):
        remarks.append(f"{name} is answered with the kernel constants of {measured}")
    return remarks
