"""How an engine lets requests in, and whom it sends back where the pool is full: one policy of an engine's file.

A request is let in when the blocks of its prompt are free beside what is reserved: a share of the output that it may still
generate, and a share of that of those who run. A share may fall step by step, and rise again where somebody was sent back.
"""

from dataclasses import dataclass, fields, replace

from costmodel.errors import FactError, InputError, UnknownName
from costmodel.facts import store

VICTIMS = ("newest", "least-generated")
QUEUE_ENDS = ("front", "back")


@dataclass(frozen=True)
class Admission:
    """One policy: shares of the remaining output (at most ``limit`` tokens of it) for which admission keeps blocks free.

    ``reserved_new`` counts for the request that asks, ``reserved_running`` for those that run; the latter falls to
    ``least_reserved_running`` over ``decay_steps`` decode steps. Once somebody was sent back it becomes the share of their
    outputs that the running requests have generated, ``retraction_steps`` more tokens each included. ``victim`` says who is
    sent back, ``requeued`` at which end of the queue they wait.
    """

    name: str
    source: str
    reserved_new: float = 0.0
    reserved_running: float = 0.0
    least_reserved_running: float | None = None
    decay_steps: int = 0
    limit: float = float("inf")
    retraction_steps: int = 0
    victim: str = "newest"
    requeued: str = "front"

    @property
    def floor(self) -> float:
        """The share to which ``reserved_running`` falls."""
        return self.reserved_running if self.least_reserved_running is None else self.least_reserved_running

    def scaled(self, conservativeness: float) -> "Admission":
        """The policy with its falling share scaled (SGLang's ``--schedule-conservativeness``), at most 1.

        Raises InputError for a policy whose share does not fall.
        """
        if not self.decay_steps:
            raise InputError(f"--conservativeness scales a share that falls; admission {self.name} has none")
        share = min(self.reserved_running * conservativeness, 1.0)
        return replace(self, reserved_running=share, least_reserved_running=share * self.floor / self.reserved_running)


def read(rows: list, location: str) -> tuple[Admission, ...]:
    """The policies of an engine's file, its default first; FactError, naming the key, for what is unknown or absurd."""
    keys = {field.name for field in fields(Admission)}
    policies = []
    for index, row in enumerate(rows):
        place = f"{location}: admission[{index}]"
        if not isinstance(row, dict):
            raise FactError(f"{place}: expected a table, got {row!r}")
        store.check_keys(row, sorted(keys), place, ("name", "source"))
        store.check_types(row, {"name": str, "source": str}, place)
        for key, choices in (("victim", VICTIMS), ("requeued", QUEUE_ENDS)):
            if row.get(key, choices[0]) not in choices:
                raise FactError(f"{place}: {key}: expected {' or '.join(choices)}, got {row[key]!r}")
        for key in keys - {"name", "source", "victim", "requeued"} & set(row):
            value = row.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
                raise FactError(f"{place}: {key}: expected a number from 0, got {value!r}")
            if key.startswith(("reserved", "least")) and value > 1:
                raise FactError(f"{place}: {key}: expected a share from 0 to 1, got {value!r}")
        policies.append(Admission(**row))
    return tuple(policies)


def choose(policies: tuple[Admission, ...], name: str | None, engine: str) -> Admission:
    """The policy of that name, or the engine's default; raises UnknownName for no such one."""
    if name is None:
        return policies[0]
    for policy in policies:
        if policy.name == name:
            return policy
    raise UnknownName("admission policy", name, [policy.name for policy in policies], f"(of {engine})")
