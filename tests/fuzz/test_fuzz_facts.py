"""Fact files as a person may hand them in, text to value: read, or refused in words that name the file."""

import pandas as pd
import pytest
from damage import answer_of, assert_predicted, damaged_lines
from hypothesis import given, settings
from hypothesis import strategies as st
from seeds import texts

from costmodel.evaluation.ask import predict
from costmodel.evaluation.compile import compiled
from costmodel.facts import baselines, engines, gpus, implementations, links, models, profiles, quality, schemes, store

H100 = gpus.load("h100-sxm")
# Kind of file → how its table is read, and the name that it must have.
BUILD = {
    "models": (models.build, "mine"),
    "gpus": (gpus.build, "mine"),
    "engines": (lambda *read: engines.build(*read, H100), "mine"),
    "schemes": (lambda name, facts, location: schemes.parse_scheme(location), "mine"),
    "links": (links.build, "mine"),
    "implementations": (implementations.build, "vllm--fp8"),
    "benchmarks": (quality.build_benchmark, "mine"),
    "quality": (quality.build, "mine"),
    "baselines": (baselines.build, "mine"),
    "profiles": (lambda name, facts, location: profiles.read.parse_profile(facts, location), "mine"),
}


def read(kind: str, folder, text: str):
    build, name = BUILD[kind]
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    return build(name, store.read_toml(path), str(path))


TEXTS = {kind: texts(kind) for kind in BUILD}
SLOW = settings(max_examples=max(10, settings().max_examples // 10))  # of what compiles


@pytest.mark.parametrize("kind", BUILD)
@given(data=st.data())
def test_any_text_of_a_fact_file(kind, folder, data):
    text = data.draw(damaged_lines(TEXTS[kind]))
    answer_of(read, kind, folder, text, location=f"{BUILD[kind][1]}.toml")


@pytest.mark.parametrize("kind", BUILD)
def test_what_is_damaged_was_right(kind, folder):
    for text in TEXTS[kind]:
        if kind != "implementations":  # whose file names say what they hold
            read(kind, folder, text)


def evaluated(path) -> pd.DataFrame:
    compiled.load_scheme.cache_clear()
    points = pd.DataFrame(
        {"model": "llama-3.1-8b", "gpu": "h100-sxm", "scheme": str(path), "batch": [1, 64], "context": [512, 32768]}
    )
    return predict.predict(points)[0]


@SLOW
@given(text=damaged_lines(TEXTS["schemes"]))
def test_any_scheme_to_its_prediction(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    if (answer := answer_of(evaluated, path, location="mine.toml")) is not None:
        assert_predicted(answer)
