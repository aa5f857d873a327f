"""New processes: a plain evaluation loads neither SymPy nor pint, and what was compiled once is found again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("sympy", "pint", "pandas", "xarray", "torch", "plotly", "dash", "matplotlib", "scipy")
MINE = """
name = "Mine"
source = "this test"
[knobs.share]
meaning = "Share of the context that is kept"
default = 0.5
low = 0.1
high = 1
[[mechanism]]
kind = "redefine"
kept_tokens = "share * context"
"""
EVALUATE = """
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.assemble.deployments import resolve_deployment
made = build_evaluator(resolve_deployment("llama-3.1-8b", "h100-sxm"), compiled.load_scheme({scheme!r}), 8.0, 8192.0)
for name in ("step_time", "max_batch", "throughput", "prefill_time", "step_spread"):
    made[name]
print(float(made["kept_tokens"].max()))
"""


def run(code, cache, **environment):
    """What a new process prints, and which of the heavy packages it has loaded."""
    code += f"\nimport sys, json\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COSTMODEL_CACHE": str(cache)} | environment
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=cache)
    assert done.returncode == 0, done.stderr
    *printed, loaded = done.stdout.splitlines()
    return printed, json.loads(loaded)


@pytest.mark.parametrize("scheme", ["none", "kivi-2bit", "h2o[budget=1024]", "turboquant-3bit"])
def test_a_plain_evaluation_loads_nothing_heavy(tmp_path, scheme):
    _, loaded = run(EVALUATE.format(scheme=scheme), tmp_path)
    assert loaded == []
    assert not list(tmp_path.iterdir()), "a shipped scheme has nothing to cache"


def test_importing_the_package_loads_nothing_heavy(tmp_path):
    assert run("import costmodel", tmp_path)[1] == []
    assert run("import costmodel.evaluation.assemble.evaluators", tmp_path)[1] == []


def test_a_scheme_of_ones_own_is_compiled_once(tmp_path):
    file, cache = tmp_path / "mine.toml", tmp_path / "cache"
    file.write_text(MINE)
    cache.mkdir()
    printed, loaded = run(EVALUATE.format(scheme=str(file)), cache)
    assert printed == ["4096.0"] and "sympy" in loaded
    (compiled,) = cache.iterdir()
    written = compiled.stat().st_mtime_ns
    printed, loaded = run(EVALUATE.format(scheme=str(file)), cache)
    assert printed == ["4096.0"] and loaded == []
    assert compiled.stat().st_mtime_ns == written


def test_another_knob_needs_no_new_code(tmp_path):
    file, cache = tmp_path / "mine.toml", tmp_path / "cache"
    file.write_text(MINE)
    cache.mkdir()
    run(EVALUATE.format(scheme=str(file)), cache)
    file.write_text(MINE.replace("default = 0.5", "default = 0.25"))
    printed, loaded = run(EVALUATE.format(scheme=str(file)), cache)
    assert printed == ["2048.0"]
    assert loaded == [] and len(list(cache.iterdir())) == 1, "a default is a number, not code"


def test_another_mechanism_does(tmp_path):
    file, cache = tmp_path / "mine.toml", tmp_path / "cache"
    file.write_text(MINE)
    cache.mkdir()
    run(EVALUATE.format(scheme=str(file)), cache)
    file.write_text(MINE.replace("share * context", "share * context / 2"))
    printed, loaded = run(EVALUATE.format(scheme=str(file)), cache)
    assert printed == ["2048.0"] and "sympy" in loaded and len(list(cache.iterdir())) == 2


def test_a_composition_is_cached_too(tmp_path):
    for due in (True, False):
        _, loaded = run(EVALUATE.format(scheme="kivi-2bit + streaming-llm"), tmp_path)
        assert ("sympy" in loaded) == due


def test_a_cache_that_cannot_be_written_costs_time_not_results(tmp_path):
    (tmp_path / "taken").write_text("a file where a folder should be")
    code = EVALUATE.format(scheme="kivi-2bit + streaming-llm")
    printed, _ = run(code, tmp_path, COSTMODEL_CACHE=str(tmp_path / "taken"))
    assert printed == ["2048.0"]
