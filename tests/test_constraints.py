"""``constraints.txt`` pins every package that ``pip install -c constraints.txt ".[test]"`` brings."""

import importlib.metadata
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = {canonicalize_name(pin.name): pin for pin in (Requirement(line) for line in LINES if not line.startswith("#"))}


def requirements(name: str, extra: str) -> list[Requirement]:
    """What a package, or an extra of it, requires here; nothing of a package that is not installed."""
    if name == PROJECT["name"]:
        texts = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
        return [requirement for requirement in map(Requirement, texts) if is_due(requirement, "")]
    try:
        texts = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [requirement for requirement in map(Requirement, texts) if is_due(requirement, extra)]


def is_due(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def closure() -> dict[str, Requirement]:
    """Every package that the tests' extra brings, by name, with a requirement that names it."""
    found: dict[str, Requirement] = {}
    open_, seen = [(PROJECT["name"], ""), (PROJECT["name"], "test")], set()
    while open_:
        name, extra = open_.pop()
        for requirement in requirements(name, extra):
            required = canonicalize_name(requirement.name)
            if required != PROJECT["name"]:
                found[required] = requirement
            open_ += [(required, one) for one in ("", *requirement.extras) if (required, one) not in seen]
            seen |= {(required, one) for one in ("", *requirement.extras)}
    return found


def test_every_package_is_pinned():
    brought = closure()
    own = {
        name for name, requirement in brought.items() if "==" in str(requirement.specifier)
    }  # pinned by who asks, as torch
    assert len(brought) > 60 and sorted(brought.keys() - PINS.keys() - own) == []


def test_a_pin_is_one_version():
    assert [str(pin) for name, pin in PINS.items() if str(pin.specifier)[:2] != "=="] == ["triton<4,>=3.6"]


def test_the_versions_here_are_those_pinned_or_said_not_to_be():
    """A pin that no requirement allows would make the installation impossible."""
    for name, requirement in closure().items():
        if name in PINS and name != "triton":
            (pin,) = PINS[name].specifier
            assert requirement.specifier.contains(pin.version, prereleases=True), (name, str(requirement))
