"""What a result stands on, so that it can be told from another: costmodel's version and the hashes of the profiles used."""

import hashlib
from collections.abc import Iterable
from typing import TypedDict

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts import store
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles.schema import FOLDERS


class Stamp(TypedDict):
    """Version, and digests by profile id."""

    costmodel: str
    profiles: dict[str, str]


LENGTH = 12  # hexadecimal digits that are shown


def result_stamp(deployments: Iterable[Deployment], schemes: Iterable[Scheme]) -> Stamp:
    """``costmodel`` (version) and ``profiles``: id → first digits of the SHA-256 of the file.

    The profiles are those of the deployments, with what lies beside them, and those of the schemes' implementations.
    """
    import costmodel

    schemes, hashes = tuple(schemes), {}
    for deployment in deployments:
        kinds = ("profile", "prefill", "latent", *("grouped",) * deployment.model.has_experts)
        for kind in kinds:
            _add(hashes, kind, deployment.profile.id)
        for scheme in schemes:
            _add(hashes, "implementation", assemble(deployment, scheme).choice.profile)
    return {"costmodel": costmodel.__version__, "profiles": hashes}


def _add(hashes: dict[str, str], kind: str, identifier: str) -> None:
    path = store.files(FOLDERS[kind]).get(identifier)
    if path is not None:
        name = identifier if kind == "profile" else f"{kind}/{identifier}"
        hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:LENGTH]
