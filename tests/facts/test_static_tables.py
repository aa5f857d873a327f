"""Static tables: which one a GPU takes, what they must state, and how a scheme's conversion follows."""

import math

import pytest

from costmodel.errors import CostModelError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.inputs import inputs
from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.facts import codec_costs, gpus, store
from costmodel.facts.provenance import origin


@pytest.mark.parametrize(
    ("gpu", "table"),
    [("h100-sxm", "sm-90"), ("a100-sxm", "sm-80"), ("l40s", "sm-89"), ("b300-sxm", "sm-100"), ("mi300x", "counts")],
)
def test_a_gpu_takes_the_table_of_its_architecture(gpu, table):
    assert codec_costs.select_codec_costs(gpus.load(gpu)).id == table


@pytest.mark.parametrize("table", sorted(store.files(codec_costs.KIND)))
def test_every_table_is_labelled_and_costs_more_for_fewer_bits(table):
    costs = codec_costs.load_codec_costs(table)
    assert (
        costs.facts["label"] in ("static", "counts")
        and costs.facts["triton"] in costs.describe() + costs.facts["triton"]
    )
    work = costs.work
    assert work["int4_token_work"] < work["int4_group_work"] < work["int2_group_work"]
    for name, cost in costs.facts["codec"].items():
        if "cycles" in cost:
            assert cost["cycles"] >= 0.97 * max(cost["issue_cycles"], cost["port_cycles"]), name


def test_the_codec_of_a_scheme_decides_its_spread():
    table = codec_costs.load_codec_costs("sm-90")
    # × or ÷ 1.5 and 2 at 90 % are so many standard errors of a logarithm.
    assert table.spread(["fp8_work"]) == pytest.approx(math.log(1.5) / 1.6448536)
    assert table.spread(["fp8_work", "int4_token_work", "key_width"]) == pytest.approx(math.log(2) / 1.6448536)
    assert table.spread([]) == pytest.approx(math.log(2) / 1.6448536)


def test_the_table_reaches_the_formulas():
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1)
    of_fp8 = inputs(deployment, load_scheme("fp8"))
    assert of_fp8["fp8_work"] == codec_costs.load_codec_costs("sm-90").work["fp8_work"]
    assert of_fp8["conversion_spread"] == pytest.approx(math.log(1.5) / 1.6448536)
    assert inputs(deployment, load_scheme("kivi-2bit"))["conversion_spread"] == pytest.approx(math.log(2) / 1.6448536)
    source = origin(deployment, "conversion_spread")
    assert source.kind == "compiled" and source.text.startswith("sm-90")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts["codec"].pop("fp8"), "codec.fp8 is missing"),
        (lambda facts: facts["codec"]["fp8"].update(work=-1), "above 0"),
        (lambda facts: facts["codec"]["fp8"].update(error=True), "above 1"),
        (lambda facts: facts["codec"]["fp8"].update(speed=1), "speed"),
        (lambda facts: facts.pop("source"), "source is missing"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(data_folder, change, message):
    import copy
    import json

    facts = copy.deepcopy(store.read_fact_file(codec_costs.KIND, codec_costs.COUNTS))
    change(facts)
    facts.pop("made")
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items() if key != "codec"]
    for codec, cost in facts["codec"].items():
        lines += [f'[codec."{codec}"]', *(f"{key} = {json.dumps(value)}" for key, value in cost.items())]
    folder = data_folder / codec_costs.KIND
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text("\n".join(lines))
    store.files.cache_clear()
    with pytest.raises(CostModelError, match=message):
        codec_costs.load_codec_costs("own")
