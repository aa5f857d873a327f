"""What happens to a scheme in situations that a single decode step does not show: one question per file, in closed form.

Every file here that defines ``TEST`` is a stress test; the command line, the plots and the dashboard discover it. Independent
checks (counting blocks, drawing random lengths) are in the tests.
"""

import functools

from costmodel.errors import UnknownName
from costmodel.files import discovery
from costmodel.stress.base import SCHEMES, StressResult, StressTest
from costmodel.stress.run import run_test

__all__ = ["SCHEMES", "StressResult", "StressTest", "load_test", "load_tests", "run_test"]


@functools.cache
def load_tests() -> dict[str, StressTest]:
    """Every stress test by id, sorted by its ``order``.

    Raises InputError naming the file for a ``TEST`` that is none, both files for an id that stands twice.
    """
    modules = [module for module in discovery.import_modules(__name__, __path__) if hasattr(module, "TEST")]
    tests = [(module, discovery.require_type(module, "TEST", StressTest)) for module in modules]
    listed = [(test.id, module, test) for module, test in tests]
    return discovery.index_by_id("stress test", sorted(listed, key=lambda entry: entry[2].order))


def load_test(name: str) -> StressTest:
    """The stress test with that id; raises UnknownName with the nearest ids otherwise."""
    if name not in load_tests():
        raise UnknownName("stress test", name, load_tests())
    return load_tests()[name]
