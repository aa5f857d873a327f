"""How published runs were started: recipes are chosen by what a run is, and each fits some."""

import numpy as np
import pandas as pd
import pytest

from calibration.data import recipes
from calibration.data.published_runs import published_runs


def run(**changes) -> pd.DataFrame:
    """One run of SGLang's recipe for DeepSeek on B200, with changes."""
    row = {
        "checkpoint": "deepseek-ai/DeepSeek-V3", "engine": "sglang", "gpu": "b200-sxm", "tp": 8, "ep": 1, "weight_dtype": "fp8",
        "image": "", "measured": "", "table": "", "longest_prompt": 1024, "longest_output": 1024, "concurrency": 64,
        "gen_len": 922, "attention_ranks": 1,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def settings(**changes) -> pd.Series:
    return recipes.with_recipes(run(**changes), np.array([True])).iloc[0]


@pytest.mark.parametrize(("users", "steps"), [(4, 5), (15, 5), (16, 15), (64, 15)])
def test_a_server_that_receives_every_so_many_steps_waits_half_of_them(users, steps):
    """dsr1_fp8_b200.sh: --scheduler-recv-interval 10, and 30 from 16 users on."""
    assert settings(concurrency=users)["admission_steps"] == steps


@pytest.mark.parametrize(
    ("iterations", "arrivals", "steps"),
    [(20, 0.0, 20), (20, 0.05, 15), (40, 0.075, 25)],  # 0, 1 and 3 others join, each of whom waits half as long
)
def test_a_group_waits_for_the_first_of_it(iterations, arrivals, steps):
    assert recipes._mean_wait(np.array([iterations]), np.array([arrivals]))[0] == pytest.approx(steps)


def test_whole_prompts_set_the_tokens_of_a_pass():
    """minimaxm2.5_fp8_b200.sh has two prompts; dsr1_fp8_b200_trt.sh one, with 64 and one a user, at least 8,192."""
    minimax = {"checkpoint": "MiniMaxAI/MiniMax-M2.5", "engine": "vllm", "longest_prompt": 8192}
    assert settings(**minimax)["max_num_batched_tokens"] == 16384
    deepseek = {"engine": "tensorrt-llm", "concurrency": 32}
    assert settings(**deepseek, longest_prompt=1024)["max_num_batched_tokens"] == 8192
    assert settings(**deepseek, longest_prompt=8192)["max_num_batched_tokens"] == 8192 + 64 + 32


def test_who_has_no_recipe_keeps_the_defaults():
    bare = recipes.with_recipes(run(), np.array([False])).iloc[0]
    assert bare["scheme"] == "none" and bare["admission_steps"] == 0 and np.isnan(bare["max_num_batched_tokens"])
    assert pd.isna(bare["excluded"]) and bare["ep"] == 1


def test_drafts_are_left_out_by_image_not_by_time():
    drafts = {"checkpoint": "deepseek-ai/DeepSeek-R1", "engine": "tensorrt-llm"}
    assert settings(**drafts, image="tensorrt-llm/release:1.2.0rc6.post3")["excluded"] == "decoded speculatively"
    assert pd.isna(settings(**drafts, image="tensorrt-llm/release:1.2.0rc6.post2")["excluded"])


@pytest.fixture
def measured():
    """The package of measured tables, or a skip."""
    return pytest.importorskip(
        "aiconfigurator_core", reason="needs the measured tables: pip install 'costmodel[measured]'"
    )


def test_every_recipe_fits_some_run(measured):
    runs = published_runs()
    chosen = recipes._chosen(runs, ~runs["table"].str.startswith("/").to_numpy())
    assert set(range(len(recipes.recipes()))) <= set(chosen)


def own_run(measured, table: str, **conditions):
    """The one run of a table of the package that fits."""
    runs = published_runs()
    for column, value in {"table": runs["table"].str.contains(table, regex=False), **conditions}.items():
        runs = runs[value if column == "table" else runs[column] == value]
    (run,) = runs.itertuples()
    return run


def test_a_table_is_left_out_whose_tokens_come_sooner_than_the_gpu_can_send_them(measured):
    """8.03 GB of weights and 64 x 2,050 tokens of 131,072 bytes at 4.8 TB/s; 0.64 prompts, 15.0 GFLOP a token, 1,979 TFLOP/s."""
    run = own_run(measured, "nvidia_Llama-3.1-8B-Instruct-FP8", concurrency=64, longest_prompt=2000, tp=1)
    streams, products = (8.03e9 + 64 * 2050 * 131072) / 4.8e12, 0.64 * 2000 * 15.0e9 / 1979e12
    assert run.tpot_ms < 1e3 * (streams + products) and "found in a cache" in run.excluded


def test_a_table_has_the_cache_that_its_first_tokens_ask_for(measured):
    """64 x 4,160 tokens at 16 bit are 70 GB; beside 33 GB of weights an H100 has 52, and who waits for another waits 10 s."""
    run = own_run(measured, "1.0.0rc3/Qwen_Qwen3-32B", concurrency=64, longest_prompt=4096, longest_output=128, tp=1)
    assert 64 * 4160 * 262144 > 85.0e9 - 33e9 > 64 * 4160 * 131072
    assert run.ttft_ms < 0.2 * run.tpot_ms * run.gen_len and run.scheme == "fp8"


def test_a_run_that_stands_in_two_tables_has_the_same_gpus_in_both(measured):
    """Eight runs of gpt-oss under TensorRT-LLM and 15 of Qwen 3.5: dumps multiply tp by ep."""
    runs = published_runs()
    times = ["gpu", "engine", "concurrency", "longest_prompt", "longest_output", "tpot_ms", "ttft_ms"]
    spread = runs[(runs["ep"] > 1) & (runs["attention_ranks"] == 1)]
    pairs = spread.groupby(times).filter(lambda group: group["table"].nunique() > 1)
    assert len(pairs) > 100
    assert (pairs.groupby(times)[["tp", "ep", "expert_gpus"]].nunique() == 1).all(axis=None)


def test_a_recipe_without_a_source_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "recipes.toml"
    monkeypatch.setattr(recipes, "FILE", file)
    for text, said in (('[[recipe]]\nengine = "vllm"\n', "expected a source"), ('[[recipe]]\nengin = "x"\n', "engin")):
        recipes.recipes.cache_clear()
        file.write_text(text)
        with pytest.raises(ValueError, match=said):
            recipes.recipes()
    recipes.recipes.cache_clear()
