"""What the package ships as generated is what its sources generate today."""

import pytest

from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile import generate as build

OUTPUTS = build.outputs()


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.name)
def test_files_are_fresh(path):
    # A plain comparison of texts; pytest's explanation of how thousands of lines differ would take minutes.
    fresh = path.read_text(encoding="utf-8") == OUTPUTS[path]
    assert fresh, f"{path.name} is stale: python -m costmodel.evaluation.compile.generate"


def test_generated_code_carries_the_fingerprint_of_its_sources():
    from costmodel.evaluation.compile.generated import law, schemes

    assert law.FINGERPRINT == schemes.FINGERPRINT == compiled.fingerprint()


def test_building_leaves_reading_as_it_was():
    from costmodel.language import units

    build.quantities_text()
    assert units.parse_quantity("3.35 TB/s", "byte/second") == 3.35e12 and units._memo()
