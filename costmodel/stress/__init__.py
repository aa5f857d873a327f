"""What happens to a scheme in moments that a static step does not see: one question a file, each with a closed form.

A file holds ``TEST``; whoever shows tests finds them here by file. Independent checks, by counting blocks or drawing lengths,
are in the tests.
"""

import functools
import importlib
import pkgutil

from costmodel.errors import UnknownName
from costmodel.stress.base import SCHEMES, Result, StressTest, run_test

__all__ = ["SCHEMES", "Result", "StressTest", "named", "run_test", "tests"]


@functools.cache
def tests() -> dict[str, StressTest]:
    """Every stress test by its id, in the order in which they say that they stand."""
    modules = [importlib.import_module(f"{__name__}.{name}") for _, name, _ in pkgutil.iter_modules(__path__)]
    found = [module.TEST for module in modules if hasattr(module, "TEST")]
    return {test.id: test for test in sorted(found, key=lambda test: test.place)}


def named(name: str) -> StressTest:
    """The test of that id; UnknownName with the nearest ones otherwise."""
    if name not in tests():
        raise UnknownName("stress test", name, tests())
    return tests()[name]
