"""JSON and logs that other programs wrote: configurations of models, results of benchmarks, start-up logs."""

import json

from damage import answer_of, damaged_json, damaged_lines
from hypothesis import given, settings
from hypothesis import strategies as st
from seeds import CONFIGURATIONS, LOG, RESULTS

from calibration.data import results
from calibration.validation import compare
from costmodel.analyses.startup_log import compare_log, explain, read_log
from costmodel.facts import models

SLOW = settings(max_examples=max(10, settings().max_examples // 5))  # of what computes a table
GIVEN = (
    {},
    {"gpu": "h100-sxm"},
    {"gpu": "h100-sxm", "model": "llama-3.1-8b", "gen_len": 128.0, "weight_dtype": "bfloat16"},
)
FORMS = ("auto", "vllm", "sglang", "throughput", "llama-bench", "inferencemax")
LOG_NUMBERS = ("0", ",", "-1", "1", "1e400", "9" * 400, "0.0", "x", "None", "16", "8,192", "1.5", "nan", "")


@given(text=damaged_json(CONFIGURATIONS))
def test_any_configuration(folder, text):
    path = folder / "config.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    model = answer_of(models.from_config, path, location="config.json")
    assert model is None or 0 < model.parameters <= 1e15


def read(path, form: str, given: dict):
    rows, measured = compare.read(str(path), form, given)
    assert (rows[measured].to_numpy(float) > 0).all()
    return rows.select_dtypes("number").fillna(0)


@given(text=damaged_json(RESULTS), form=st.sampled_from(FORMS), given=st.sampled_from(GIVEN))
def test_any_result_is_read(folder, text, form, given):
    path = folder / "run.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    answer_of(read, path, form, given, location="run.json")


@SLOW
@given(text=damaged_json(RESULTS), given=st.sampled_from(GIVEN[1:]))
def test_any_result_to_its_prediction(folder, text, given):
    path = folder / "run.json"
    path.write_text(text, encoding="utf-8", errors="replace")

    def compared():
        return compare.compare(str(path), "auto", given)[["measured", "predicted", "lo", "hi"]]

    answer = answer_of(compared, location="run.json")
    assert answer is None or (answer.to_numpy(float) > 0).all()


@given(text=st.one_of(damaged_lines([LOG], LOG_NUMBERS, "="), damaged_lines([LOG], LOG_NUMBERS, ": ")))
def test_any_start_up_log_is_read(text):
    answer_of(read_log, text, "start.log", location="start.log")


def compared_log(text: str):
    parts, _, assumed = compare_log(read_log(text, "start.log"), {"gpu": "h100-sxm"}, "start.log")
    return [part.difference for part in parts], explain(parts), assumed


@SLOW
@given(text=st.one_of(damaged_lines([LOG], LOG_NUMBERS, "="), damaged_lines([LOG], LOG_NUMBERS, ": ")))
def test_any_start_up_log_to_its_prediction(text):
    answer_of(compared_log, text, location="start.log")


def test_what_is_damaged_was_right(folder):
    for config in CONFIGURATIONS:
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        assert models.from_config(folder / "config.json").parameters > 0
    for run in RESULTS[:5]:
        (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        given = {name: value for name, value in GIVEN[2].items() if name != "gpu" or not {"gpu_info", "hw"} & set(run)}
        assert len(results.read(folder / "run.json", "", given)[0]) == 1
    assert compared_log(LOG)
