"""What happens to a scheme in situations that a single decode step does not show: one question per file, in closed form.

Every file here that defines ``TEST`` is a stress test; the command line, the plots and the dashboard discover it. Independent
checks (counting blocks, drawing random lengths) are in the tests.
"""

import functools
import importlib
import pkgutil

from costmodel.errors import UnknownName
from costmodel.stress.base import SCHEMES, StressResult, StressTest
from costmodel.stress.run import run_test

__all__ = ["SCHEMES", "StressResult", "StressTest", "load_test", "load_tests", "run_test"]


@functools.cache
def load_tests() -> dict[str, StressTest]:
    """Every stress test by id, sorted by its ``order``."""
    modules = [importlib.import_module(f"{__name__}.{name}") for _, name, _ in pkgutil.iter_modules(__path__)]
    tests = [module.TEST for module in modules if hasattr(module, "TEST")]
    return {test.id: test for test in sorted(tests, key=lambda test: test.order)}


def load_test(name: str) -> StressTest:
    """The stress test with that id; raises UnknownName with the nearest ids otherwise."""
    if name not in load_tests():
        raise UnknownName("stress test", name, load_tests())
    return load_tests()[name]
