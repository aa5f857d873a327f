"""Columns of a table of points: what counts, what passes through and is named, and what is a mistake."""

import pandas as pd
import pytest

from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.ask import kernels
from costmodel.evaluation.ask.predict import predict

ROW = {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "batch": 8, "context": 8192}


def answer(**columns):
    return predict(pd.DataFrame([ROW | columns]))


@pytest.mark.parametrize(
    ("word", "scheme"),
    [
        ("fp8", "fp8"),
        ("auto", "none"),
        ("bfloat16", "none"),
        ("int8_per_token_head", "int8"),
        ("turboquant_4bit_nc", "turboquant-4bit"),
    ],
)
def test_an_engines_word_is_a_scheme(word, scheme):
    by_word, _ = answer(kv_cache_dtype=word)
    by_scheme, _ = answer(scheme=scheme)
    assert by_word["tpot_ms"].item() == by_scheme["tpot_ms"].item() and by_word["kv_cache_dtype"].item() == word


def test_scheme_and_word_may_agree_and_must_not_differ():
    assert answer(kv_cache_dtype="fp8", scheme="fp8")[0]["scheme"].item() == "fp8"
    with pytest.raises(InputError, match="row 1: scheme int4 and kv_cache_dtype fp8 contradict each other"):
        answer(kv_cache_dtype="fp8", scheme="int4")


def test_an_unknown_word_is_named_with_the_nearest():
    with pytest.raises(
        InputError, match=r"row 1: there is no kv_cache_dtype 'int8_per_tokn_head'; did you mean int8_per_token_head"
    ):
        answer(kv_cache_dtype="int8_per_tokn_head")


def test_an_unknown_column_passes_through_and_is_named():
    predicted, remarks = answer(note="mine", model_id="x")
    assert predicted["note"].item() == "mine" and predicted["model_id"].item() == "x"
    assert "unknown columns pass through: note, model_id" in remarks


def test_many_unknown_columns_are_counted_and_too_many_refused():
    _, remarks = answer(**{f"note{i}": i for i in range(20)})
    assert [remark for remark in remarks if remark.endswith("note11 and 8 more")]
    with pytest.raises(InputError, match="at most 1,000 columns, got 2,005"):
        answer(**{f"x{i}": 0 for i in range(2000)})


def test_a_column_that_no_formula_takes_is_named():
    assert "prompt_cv is not used" in answer(prompt_cv=1)[1]
    assert "rate, hit_rate: not used, mode = static has no load" in answer(rate=20000, hit_rate=0.5)[1]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("contxt", "context"), ("Batch", "batch"), ("engin", "engine"), ("promptlen", "prompt_len"), ("shceme", "scheme")],
)
def test_a_near_miss_is_an_error(name, meant):
    with pytest.raises(InputError, match=f"column '{name}': did you mean {meant}"):
        answer(**{name: 1})


def test_a_column_twice_is_an_error(tmp_path):
    with pytest.raises(InputError, match="column batch: expected once, got it twice"):
        answer(**{"batch.1": 16})


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("pp", "pipeline parallel"),
        ("dp", r"data parallel \(.*: attention_dp\)"),
        ("nodes", "a replica over several nodes"),
    ],
)
def test_what_is_not_modelled_is_refused_unless_it_is_nothing(name, meaning):
    assert answer(**{name: 1})[0]["tpot_ms"].item() == answer()[0]["tpot_ms"].item()
    with pytest.raises(InputError, match=f"row 1: {name}: {meaning} is not modelled; expected 1, got 2"):
        answer(**{name: 2})


def test_predictions_can_be_predicted_again():
    predicted, _ = answer()
    again, remarks = predict(predicted)
    assert again["tpot_ms"].item() == predicted["tpot_ms"].item()
    assert not [remark for remark in remarks if "unknown" in remark]


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("tensor_parallel_size", "tp"), ("ctx", "context"), ("isl", "prompt_len"), ("osl", "gen_len"), ("batch_size", "batch"),
        ("gpu_memory_utilization", "memory_fraction"), ("dtype", "weight_dtype"), ("kv_dtype", "kv_cache_dtype"),
        ("PP", "pp"), ("Pipeline-Parallel-Size", "pp"), ("Batch", "batch"), (" context", "context"),
    ],
)  # fmt: skip
def test_another_word_for_a_column_is_refused_with_the_right_one(written, right):
    with pytest.raises(InputError, match=f"did you mean {right}"):
        predict(pd.DataFrame([{"model": "llama-8b", "gpu": "h100", written: 2}]))


def test_another_word_beside_the_column_itself_is_the_callers_own():
    predicted, remarks = answer(batch_size=3)
    assert predicted["batch_size"].item() == 3 and "unknown columns pass through: batch_size" in remarks


def test_a_column_that_a_prediction_replaces_is_named():
    assert "columns of the table that predictions replace: max_batch" in answer(max_batch=3)[1]


@pytest.mark.parametrize(("written", "right"), [("contxt", "context"), ("Batch", "batch"), ("dtype", "kv_dtype")])
def test_a_table_of_kernel_calls_is_read_by_the_same_rule(written, right):
    row = {"gpu": "h100-sxm", "batch": 1, "num_heads": 32, "num_kv_heads": 8, "head_dim": 128, "context": 4096}
    with pytest.raises(InputError, match=f"did you mean {right}"):
        kernels.predict(pd.DataFrame([row | {written: 1}]), "decode-attention", "calls")
    _, remarks = kernels.predict(pd.DataFrame([row | {"note": 1}]), "decode-attention", "calls")
    assert remarks[-1] == "unknown columns pass through: note"


@pytest.mark.parametrize("name", ["engine", "scheme", "mode"])
def test_an_empty_column_of_names_takes_the_default(name):
    predicted, _ = answer(**{name: float("nan")})
    assert predicted["tpot_ms"].item() == answer()[0]["tpot_ms"].item()


def test_an_empty_column_of_a_table_of_calls_takes_the_default():
    call = {"gpu": "h100-sxm", "m": 64, "n": 4096, "k": 4096}
    empty, _ = kernels.predict(pd.DataFrame([call | {"engine": float("nan")}]), "gemm", "calls")
    assert empty["latency_us"].item() == kernels.predict(pd.DataFrame([call]), "gemm", "calls")[0]["latency_us"].item()


@pytest.mark.parametrize("name", ["batch", "context", "prompt_len"])
def test_a_number_too_small_to_divide_by_is_refused(name):
    with pytest.raises(
        InputError, match=f"row 1: {name}: expected a number of at least 1e-09, at most .*, got '1e-320'"
    ):
        answer(**{name: 1e-320})


@pytest.mark.parametrize(
    ("column", "right"), [("tensor_parallel_size", "tp"), ("request_rate", "rate"), ("enforce_eager", "eager")]
)
def test_other_words_are_refused_with_the_right_one(column, right):
    row = {name: value for name, value in ROW.items() if name != "tp"} | {column: 1}
    with pytest.raises(InputError, match=f"column '{column}': did you mean {right}"):
        predict(pd.DataFrame([row]))


def test_notes_pass_through():
    assert "unknown columns pass through: notes" in answer(notes="mine")[1]


def test_what_leaves_times_as_they_are_is_said():
    said = " ".join(answer(eager="true")[1])
    assert "kernels launched one by one (eager) are not modelled" in said


def test_a_batch_beside_a_concurrency_says_nothing_under_load():
    load = {"mode": "serving", "concurrency": 4, "prompt_len": 1000, "gen_len": 100}
    row = {name: value for name, value in ROW.items() if name != "context"} | load
    assert "batch is not used under load beside concurrency" in predict(pd.DataFrame([row]))[1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"weight_dtype": "mxfp4"}, "mxfp4 is a type of experts, and llama-3.1-8b has none"),
        (
            {"model": "gpt-oss-120b", "tp": 2, "weight_dtype": "mxfp4-mxfp8"},
            "nobody measured such a kernel of vllm on h100",
        ),
    ],
)
def test_weights_that_cannot_be_are_refused(row, said):
    with pytest.raises(CostModelError, match=said):
        answer(**row)


SERVED = {"concurrency": 8, "gen_len": 256}


@pytest.mark.parametrize("blank", [None, "", "  ", float("nan")])
def test_a_mode_fills_the_blanks_of_its_column(blank):
    table = pd.DataFrame([ROW | SERVED | {"mode": "serving"}, ROW | SERVED | {"mode": blank}])
    filled, _ = predict(table, mode="serving")
    assert list(filled["mode"]) == ["serving", "serving"]
    assert filled["tpot_ms"].iloc[0] == filled["tpot_ms"].iloc[1]


def test_a_mode_that_contradicts_a_row_is_refused():
    table = pd.DataFrame([ROW | SERVED | {"mode": None}, ROW | SERVED | {"mode": "static"}])
    with pytest.raises(InputError, match="row 2: mode: states static, and --mode serving"):
        predict(table, mode="serving")


@pytest.mark.parametrize("name", ["engine", "scheme", "weight_dtype", "model"])
def test_cells_of_spaces_are_empty_in_every_column(name):
    if name == "model":
        with pytest.raises(InputError, match="row 1: model is empty"):
            answer(model=" ")
        return
    assert answer(**{name: "  "})[0]["tpot_ms"].item() == answer()[0]["tpot_ms"].item()
