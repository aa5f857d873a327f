"""Where a claim was measured, as files of the tool: deployment, scheme, and the baseline as a scheme or as published steps."""

from dataclasses import dataclass

from costmodel.errors import InfeasibleDeploymentError, UnknownName
from costmodel.evaluation.ask.engine_versions import version_remarks
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts import baselines, store
from costmodel.facts.baselines import Baseline
from costmodel.facts.claims import SELF, Claim
from costmodel.facts.deployment import Deployment
from costmodel.text.counted import counted

DEFAULT_ENGINE = "vllm"


@dataclass(frozen=True)
class Place:
    """Deployment and schemes of a claim; ``served`` is a baseline outside the engine; ``remarks`` what was chosen for it."""

    deployment: Deployment
    scheme: Scheme
    baseline: Scheme
    served: Baseline | None
    remarks: tuple[str, ...]


def locate(claim: Claim, deployment: Deployment | None, proposal: Scheme | None) -> Place:
    """The files that a claim's names refer to; UnknownName or another CostModelError for a name that none has."""
    engine, remarks = _engine(claim, deployment)
    placed = _fewest_gpus(claim, engine)
    if placed.ranks > 1:
        remarks.append(f"on {counted(placed.ranks, 'GPU')}, on which its weights fit")
    if placed.profile.origin == "ideal":
        remarks.append(f"uncalibrated: nobody measured {placed.gpu.id} under {placed.engine.id}")
    scheme = _scheme(claim.scheme, proposal)
    if claim.engine_version and not remarks_about_engine(remarks):
        remarks += version_remarks(placed, scheme, claim.engine_version)
    baseline, served = _baseline(claim.baseline, proposal)
    return Place(placed, scheme, baseline, served, tuple(remarks))


def _fewest_gpus(claim: Claim, engine: str) -> Deployment:
    """On one GPU, as papers measure, where the weights fit at all; else on as many as the tool would choose."""
    try:
        return resolve_deployment(claim.model, claim.gpu, ranks=1, engine=engine)
    except InfeasibleDeploymentError:
        return resolve_deployment(claim.model, claim.gpu, engine=engine)


def remarks_about_engine(remarks: list[str]) -> bool:
    """Whether the engine was replaced, so that its version says nothing of the one that answers."""
    return any(remark.startswith("engine ") for remark in remarks)


def _engine(claim: Claim, deployment: Deployment | None) -> tuple[str, list[str]]:
    fallback = deployment.engine.id if deployment is not None else DEFAULT_ENGINE
    if not claim.engine:
        return fallback, []
    try:
        return store.resolve("engines", claim.engine), []
    except UnknownName:
        return fallback, [f"engine {claim.engine} has no paged pool that is priced here: re-based on {fallback}"]


def _scheme(name: str, proposal: Scheme | None) -> Scheme:
    if proposal is not None and store.normal(name) in (SELF, proposal.id):
        return proposal
    if store.normal(name) == SELF:
        raise UnknownName("scheme", name, store.files("schemes"), "(self is the proposal of a referee's report)")
    return load_scheme(name)


def _baseline(name: str, proposal: Scheme | None) -> tuple[Scheme, Baseline | None]:
    paged = load_scheme("none")
    if not name:
        return paged, None
    try:
        return paged, baselines.load(name)
    except UnknownName:
        try:
            return _scheme(name, proposal), None
        except UnknownName as error:
            names = [*store.files(baselines.KIND), *store.files("schemes")]
            raise UnknownName("baseline", name, names) from error
