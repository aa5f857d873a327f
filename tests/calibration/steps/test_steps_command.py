"""``calibrate steps``: the file that it writes decides from then on, until it is removed; a mistake is one line."""

import pandas as pd
import pytest
from step_tables import table

from calibration.__main__ import main
from costmodel.evaluation.ask.predict import predict

WHERE = ["--scheme", "kivi-2bit", "--engine", "vllm", "--gpu", "h100-sxm", "--model", "llama-8b"]
PROFILE = "h100-sxm--vllm--kivi-2bit"
POINT = {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "engine": "vllm", "scheme": "kivi-2bit"}


@pytest.fixture
def timed(tmp_path_factory):
    """A CSV file of synthetic steps of KIVI."""
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    table("kivi-2bit", rule="none").to_csv(path, index=False)
    return path


def predicted(points=((1, 8192), (64, 8192))) -> pd.DataFrame:
    return predict(pd.DataFrame([POINT | {"batch": batch, "context": context} for batch, context in points]))[0]


def test_what_is_learnt_is_used_until_it_is_removed(data_folder, timed, capsys):
    before = predicted()
    assert set(before["evidence"]) == {"compiled"}
    assert main(["steps", str(timed), *WHERE, "--source", "our cluster"]) == 0
    said = capsys.readouterr().out
    for word in ("token_cost", "±", "Each step predicted from the others", "Time next", f"{PROFILE}.toml"):
        assert word in said
    path = data_folder / "profiles" / "implementations" / f"{PROFILE}.toml"
    assert 'source = "our cluster"' in path.read_text()
    assert len(pd.read_csv(path.parent / "points" / f"{PROFILE}.csv")) == len(pd.read_csv(timed))

    after, rows = predicted(), pd.read_csv(timed).set_index(["batch", "context"])["step_ms"]
    assert set(after["evidence"]) == {"measured"}
    for row in after.itertuples():
        assert row.tpot_ms == pytest.approx(rows[row.batch, row.context], rel=0.02)
        assert row.tpot_ms_lo < rows[row.batch, row.context] < row.tpot_ms_hi
    elsewhere, _ = predict(pd.DataFrame([POINT | {"gpu": "h200-sxm", "batch": 8, "context": 8192}]))
    assert elsewhere["evidence"].item() == "relative"

    assert main(["list"]) == 0
    assert PROFILE in (listed := capsys.readouterr().out) and "our cluster" in listed
    assert main(["remove", PROFILE]) == 0
    assert not path.exists() and not (path.parent / "points" / f"{PROFILE}.csv").exists()
    pd.testing.assert_frame_equal(predicted(), before)
    assert main(["list"]) == 0
    assert "no profiles" in capsys.readouterr().out


def test_another_folder_is_left_for_others_to_use(data_folder, timed, tmp_path_factory, capsys):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert main(["steps", str(timed), *WHERE, "--out", str(elsewhere)]) == 0
    assert (elsewhere / "profiles" / "implementations" / f"{PROFILE}.toml").exists()
    assert set(predicted()["evidence"]) == {"compiled"}


def test_a_profile_that_is_not_there_is_not_removed(data_folder, timed, capsys):
    assert main(["steps", str(timed), *WHERE]) == 0
    assert main(["remove", PROFILE.replace("2bit", "2bits")]) == 2
    assert PROFILE in capsys.readouterr().err
    assert main(["remove", "h100-sxm--vllm"]) == 2, "a profile of the package is nobody's to remove"
    assert predicted()["evidence"][0] == "measured"


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda rows: rows.assign(step_ms=rows["step_ms"] / 1e3), {}, "look like seconds"),
        (lambda rows: rows.assign(batch=0), {}, "batch"),
        (lambda rows: rows.iloc[:2], {}, "at least 4"),
        (lambda rows: rows.rename(columns={"step_ms": "step"}), {}, "step_ms"),
        (lambda rows: rows, {"--scheme": "kvi-2bit"}, "kivi-2bit"),
        (lambda rows: rows, {"--engine": "vlm"}, "vllm"),
        (lambda rows: rows, {"--gpu": "h1000"}, "no GPU 'h1000'"),
        (lambda rows: rows, {"--model": "lama-8b"}, "llama-8b"),
        (lambda rows: rows, {"--model": "llama-70b"}, "does not fit"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(change, options, message, data_folder, tmp_path, timed, capsys):
    path = tmp_path / "rows.csv"
    change(pd.read_csv(timed)).to_csv(path, index=False)
    words = dict(zip(WHERE[::2], WHERE[1::2], strict=True)) | options
    assert main(["steps", str(path), *(part for pair in words.items() for part in pair)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and "Traceback" not in error
    assert not (data_folder / "profiles" / "implementations").exists()


def test_nothing_is_removed_where_nothing_was_written(data_folder, capsys):
    assert main(["remove", "h100-sxm--vllm"]) == 2
    assert "no profile of your data directory 'h100-sxm--vllm'; there is none yet" in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys):
    assert main(["steps", "absent.csv", *WHERE]) == 2
    assert "absent.csv" in capsys.readouterr().err


def test_a_row_with_more_fields_than_the_header(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("batch,context,step_ms\n1,2048,7.0,0.1\n8,2048,8.0,0.1\n")
    assert main(["steps", str(path), *WHERE]) == 2
    assert "more fields than the header" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_named(timed, tmp_path, capsys):
    assert main(["steps", str(timed), *WHERE, "--out", str(timed)]) == 2
    error = capsys.readouterr().err
    assert "Not a directory" in error and error.count("\n") == 1


def test_steps_leave_a_known_prefill_as_it_is(data_folder, tmp_path, capsys):
    """Decode steps of int8 tell nothing of its prompts; what the package knows of them stays."""
    path = tmp_path / "rows.csv"
    table("int8", rule="none").to_csv(path, index=False)
    where = ["--scheme", "int8", *WHERE[2:]]
    before = predict(pd.DataFrame([POINT | {"scheme": "int8", "batch": 1, "context": 32768}]))[0]
    assert main(["steps", str(path), *where]) == 0
    assert "Prefill: 3.4% of the tensor peak" in capsys.readouterr().out
    after = predict(pd.DataFrame([POINT | {"scheme": "int8", "batch": 1, "context": 32768}]))[0]
    assert after["ttft_ms"].item() == pytest.approx(before["ttft_ms"].item(), rel=0.05)


@pytest.mark.parametrize("times", [[0.0845, 9.256], [84.5, 9.256]], ids=["seconds", "one in seconds"])
def test_first_tokens_in_seconds_are_refused(times, data_folder, timed, tmp_path, capsys):
    path = tmp_path / "first.csv"
    pd.DataFrame({"prompt_len": [2048, 32768], "ttft_ms": times}).to_csv(path, index=False)
    assert main(["steps", str(timed), *WHERE, "--first-tokens", str(path)]) == 2
    assert "first tokens" in capsys.readouterr().err
    assert not (data_folder / "profiles" / "implementations").exists()
