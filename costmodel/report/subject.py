"""What is judged, and where: the proposal, the deployment on which it must pay, and the points at which it is asked."""

from dataclasses import dataclass, field

from costmodel.evaluation.compile.compiled import Scheme, load_scheme
from costmodel.facts.claims import Claim
from costmodel.facts.deployment import Deployment

BATCHES = (1.0, 4.0, 16.0, 64.0, 256.0)
CONTEXTS = (1024.0, 4096.0, 16384.0, 32768.0, 65536.0, 131072.0)


@dataclass(frozen=True)
class OperatingPoint:
    """A decode step that somebody serves: its name, sequences, and tokens of each."""

    name: str
    batch: float
    context: float


POINTS = (
    OperatingPoint("one user, long context", 1.0, 32768.0),
    OperatingPoint("a few users, long context", 8.0, 32768.0),
    OperatingPoint("a busy replica", 32.0, 8192.0),
)


@dataclass(frozen=True)
class Subject:
    """A proposal as it was named (``text``), compiled, on one deployment; the claims that are made for it, as read."""

    text: str
    scheme: Scheme
    deployment: Deployment
    claims: tuple[Claim, ...] = field(default=())

    @property
    def baseline(self) -> Scheme:
        """The scheme that the proposal is compared with."""
        return load_scheme(self.scheme.baseline)

    @property
    def contexts(self) -> tuple[float, ...]:
        """The contexts that are looked at, up to the model's limit."""
        limit = self.deployment.model.max_context
        return tuple(context for context in CONTEXTS if context <= limit) or (float(limit),)

    @property
    def points(self) -> tuple[OperatingPoint, ...]:
        """The operating points, their contexts cut to the model's limit."""
        limit = float(self.deployment.model.max_context)
        return tuple(OperatingPoint(p.name, p.batch, min(p.context, limit)) for p in POINTS)
