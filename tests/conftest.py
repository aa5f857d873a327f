"""What every test shares: folders of its own for caches and data, patient property tests, and snapshots."""

import functools
import os
import sys
import tempfile
from pathlib import Path

# Before NumPy is imported: tests run one process a core, and threads of linear algebra beside them only wait.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# Before costmodel is imported: nothing that a user has compiled or calibrated may decide a test.
OWN = tempfile.TemporaryDirectory(prefix="costmodel-tests-")
os.environ["COSTMODEL_CACHE"] = str(Path(OWN.name) / "cache")
os.environ["COSTMODEL_DATA"] = str(Path(OWN.name) / "data")

# The same examples in every run, and no deadline: a slow machine is no defect.
settings.register_profile(
    "calm", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("brief", settings.get_profile("calm"), max_examples=10)  # of hundreds of runs in a row
# Other examples in every run, thousands a test: python -m pytest tests/fuzz --hypothesis-profile=fuzz
settings.register_profile(
    "fuzz", settings.get_profile("calm"), derandomize=False, max_examples=12_000, database=None, print_blob=True
)
settings.load_profile("calm")


def pytest_addoption(parser):
    parser.addoption("--update-snapshots", action="store_true", help="write snapshot files anew instead of comparing")


@pytest.fixture
def snapshot(request):
    """Compare a text with the file of that name in ``snapshots`` beside the test; ``--update-snapshots`` writes it."""

    def compare(name: str, text: str) -> None:
        path = request.path.parent / "snapshots" / name
        if request.config.getoption("--update-snapshots"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no snapshot {path.name}: run pytest --update-snapshots and read what it writes"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; if meant, run pytest --update-snapshots"

    return compare


def forget() -> None:
    """Clear what the package remembers of fact files and compiled schemes, wherever it keeps it."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("costmodel.facts", "costmodel.evaluation.compile.compiled")):
            for value in vars(module).values():
                if isinstance(value, functools._lru_cache_wrapper) and value.__name__ != "fingerprint":
                    value.cache_clear()


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """A user's data directory, empty, in which a test may write fact files: ``data_folder / "schemes" / "x.toml"``."""
    monkeypatch.setenv("COSTMODEL_DATA", str(tmp_path))
    for kind in ("models", "gpus", "engines", "schemes", "profiles"):
        (tmp_path / kind).mkdir()
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


@pytest.fixture
def write_scheme(data_folder):
    """Write a scheme file ``mine`` with name, source and the given body into the user's data directory; returns its path."""

    def write(body: str) -> str:
        path = data_folder / "schemes" / "mine.toml"
        path.write_text('name = "Mine"\nsource = "this test"\n' + body, encoding="utf-8")
        return str(path)

    return write
