"""Tables that people hand in, text to prediction: points, kernel calls, measurements, step times, claims, traces."""

import pytest
from damage import answer_of, assert_predicted, damaged_json, damaged_table
from hypothesis import given, settings
from hypothesis import strategies as st
from seeds import CALLS, CLAIMS, MEASURED, MOONCAKE, POINTS, STEPS, TRACES

from calibration.steps import rows as steps
from calibration.validation import compare
from costmodel.analyses.claims import rebase
from costmodel.evaluation.ask import kernels, predict, table_io
from costmodel.facts.claims import read_claims
from costmodel.traces import BadRows, read_trace

SLOWEST = settings(max_examples=max(10, settings().max_examples // 50))  # of what takes claims apart
SLOW = settings(max_examples=max(10, settings().max_examples // 5))  # of what computes a table


def written(folder, text: str, name: str = "mine.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    return str(path)


@given(text=damaged_table(POINTS))
def test_any_table_is_read(folder, text):
    answer_of(lambda: len(table_io.read(written(folder, text))), location="mine.csv")


@SLOW
@given(text=damaged_table(POINTS))
def test_any_table_of_points(folder, text):
    path = written(folder, text)
    if (answer := answer_of(lambda: (predict.predict(table_io.read(path), path),), location="mine.csv")) is not None:
        assert_predicted(answer[0][0])


@pytest.mark.parametrize("kernel", CALLS)
@SLOW
@given(data=st.data())
def test_any_table_of_calls(kernel, folder, data):
    path = written(folder, data.draw(damaged_table([CALLS[kernel]])))
    answer = answer_of(
        lambda: kernels.predict(table_io.read(path), kernel, path)[0].filter(like="latency"), location="mine.csv"
    )
    assert answer is None or (answer.to_numpy(float) > 0).all()


@SLOW
@given(text=damaged_table(MEASURED))
def test_any_table_of_measurements(folder, text):
    path = written(folder, text)
    answer = answer_of(
        lambda: compare.compare(path, "auto", {})[["measured", "predicted", "lo", "hi"]], location="mine.csv"
    )
    assert answer is None or (answer.to_numpy(float) > 0).all()


@given(text=damaged_table(STEPS))
def test_any_table_of_steps(folder, text):
    path = written(folder, text)
    answer = answer_of(lambda: steps.step_rows(table_io.read(path), "fp8", "vllm", path), location="mine.csv")
    assert answer is None or (answer[["batch", "context", "step_ms"]].to_numpy(float) > 0).all()


@given(text=damaged_table(CLAIMS))
def test_any_table_of_claims_is_read(folder, text):
    answer_of(read_claims, written(folder, text), location="mine.csv")


@SLOWEST
@given(text=damaged_table(CLAIMS))
def test_any_claim_is_re_based(folder, text):
    path = written(folder, text)

    def re_based():
        return [
            entry for entry in map(rebase, read_claims(path)) if not entry.reason
        ]  # with a reason, there are no numbers

    assert all(entry.verdict for entry in answer_of(re_based, location="mine.csv") or ())


def requests(path: str, skip: bool) -> list:
    return list(read_trace(path, BadRows(path, skip))[1])


@given(text=damaged_table(TRACES) | damaged_json(MOONCAKE).map(lambda line: f"{line}\n{line}\n"), skip=st.booleans())
def test_any_trace(folder, text, skip):
    answer_of(requests, written(folder, text), skip, location="mine.csv")
