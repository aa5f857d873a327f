"""What values an axis takes: whole ones where it counts, none beyond the condition that bounds it; all shown, or said."""

import numpy as np
import pytest

from costmodel.errors import InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.stress import load_test, run_test
from costmodel.stress.overflow.answer import full_rate, predict_overflow
from costmodel.stress.overflow.load import Load
from costmodel.stress.replay.costs import costs_of
from costmodel.stress.table import OF_ALL, tabulate

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")


def run(name, axis=None, **conditions):
    return run_test(load_test(name), HERE, ["none"], axis, **conditions)


@pytest.mark.parametrize("name", ["beams", "fork", "burst", "turns", "drift", "prefix"])
def test_an_axis_that_counts_takes_whole_numbers(name):
    with pytest.raises(InputError, match=rf"{name}: \w+: expected whole numbers, got 1\.5"):
        run(name, [1.5, 2.0])


def test_a_prefix_lies_within_its_prompt():
    assert run("prefix", context=100.0).conditions.axis_values.tolist() == [100.0]
    assert run("prefix", context=600.0).conditions.axis_values.tolist() == [256.0, 512.0]
    assert run("prefix", [100, 16384]).conditions.axis_values.tolist() == [100.0, 16384.0]
    with pytest.raises(InputError, match="prefix: prefix: expected at most context, 16,384; got 20,000"):
        run("prefix", [100, 20_000])


def test_six_values_are_all_shown_and_of_more_it_is_said():
    few, many = tabulate(run("turns", [1, 2, 3, 4, 5, 6])), tabulate(run("turns", [1, 2, 3, 4, 5, 6, 7]))
    assert [head.strip(">") for head in few.heads[1:-2]] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
    ] and "Columns" not in few.legend
    assert [head.strip(">") for head in many.heads[1:-2]] == ["1", "4", "7"]
    assert many.legend.endswith(OF_ALL.format(count=7))


@pytest.mark.parametrize("rate", [2.0, 3.0, 10.0, 1000.0])
def test_beyond_what_a_full_pool_serves_the_load_grows_as_the_rate(rate):
    """What crowds a pool that falls behind ever further must not count: 1,993,226 % was printed of 3 requests a second."""
    none, load = load_scheme("none"), Load(rate, 1.0, 8192.0, 0.5, 1024.0, 1.0)
    answer = predict_overflow(HERE, none, load)
    served, _ = full_rate(HERE, none, load, costs_of(HERE, none))
    assert answer.load == pytest.approx(rate / served) and answer.load > 1
    assert answer.running == pytest.approx(answer.slots) and np.isinf(answer.waiting)
