"""Kernels compiled ahead: one case each, several processes, and what fails or hangs keeps nothing else."""

from importlib.util import find_spec

import pytest

pytest.importorskip("torch", reason="variants of attention need torch: pip install 'costmodel[kernels]'")
if not find_spec("triton"):
    pytest.skip("variants of attention need Triton (Linux)", allow_module_level=True)

from compile_worker import run

from calibration.cuda import compile_ahead
from calibration.cuda.cases import Case, load_cases
from calibration.cuda.operations import OPERATIONS


def case(**shape) -> Case:
    return Case("a", "stream", shape, True, 1, ())


def test_each_kernel_is_compiled_once_at_its_smallest_shape():
    shipped = load_cases(OPERATIONS)
    kernels = compile_ahead.variants(shipped, 132)
    assert len(kernels) < len(shipped) / 4
    keys = {compile_ahead.variant(case, 132) for case in shipped if case.operation in compile_ahead.COMPILED}
    assert {compile_ahead.variant(case, 132) for case in kernels} == keys and len(keys) == len(kernels)
    attended = [case for case in kernels if case.operation == "codec_attention" and case.shape["codec"] == "bf16"]
    # 2 · 132 programs over 8 heads are 33 splits; one of at least 256 tokens each needs 8,448 tokens
    wide = [case.shape for case in attended if dict(compile_ahead.variant(case, 132)[1:])["splits"] == 33]
    assert {shape["context"] for shape in wide} == {16384} and {shape["batch"] for shape in wide} == {1}


def test_what_fails_is_named_and_the_others_are_compiled(tmp_path):
    cases = [case(folder=str(tmp_path), numbers=number, fails=number == 1) for number in range(4)]
    failed = compile_ahead.compile_ahead(cases, run, seconds=120, workers=2)
    assert failed == {cases[1].key: "ValueError: HALF is already defined"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "2", "3"]


def test_no_compiler_holds_up_the_suite(tmp_path):
    cases = [case(folder=str(tmp_path), numbers=number, seconds=3600) for number in range(2)]
    failed = compile_ahead.compile_ahead(cases, run, seconds=0.5, workers=2)
    assert set(failed) == {one.key for one in cases} and not list(tmp_path.iterdir())
    assert all("no time was left" in reason for reason in failed.values())


def test_nothing_to_compile_starts_no_process():
    assert compile_ahead.compile_ahead([], run, seconds=1) == {}
    assert 1 <= compile_ahead.default_workers() <= compile_ahead.MOST_WORKERS
