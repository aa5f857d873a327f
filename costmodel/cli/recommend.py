"""``costmodel recommend``: which set-up to run for so many users within targets, with the command that starts it."""

from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli import workload_options as w
from costmodel.errors import InputError
from costmodel.text import parse


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    gpu: Annotated[str, typer.Option("--gpu", help="GPU id or alias (costmodel gpus).")] = "h100-sxm",
    gpus: Annotated[str, typer.Option("--gpus", help="Numbers of GPUs that there may be.")] = "1,2,4,8",
    users: Annotated[float, typer.Option("--users", help="Requests in flight, without think time.")] = 16,
    tpot: Annotated[str | None, typer.Option("--tpot", help="Longest time of an output token, e.g. 30ms.")] = None,
    ttft: Annotated[str | None, typer.Option("--ttft", help="Longest time to the first token, e.g. 2s.")] = None,
    percentile: Annotated[float, typer.Option("--percentile", help="Of requests that targets bind (95).")] = 95,
    prompt: w.Prompt = None,
    output: w.Output = None,
    hit_rate: w.HitRate = None,
    engine: Annotated[
        list[str] | None, typer.Option("--engine", help="Engine; repeat (vllm, tensorrt-llm and sglang).")
    ] = None,
    weight_dtype: Annotated[
        list[str] | None, typer.Option("--weight-dtype", help="Type of weights; repeat (the checkpoint's, fp8, int4).")
    ] = None,
    price: Annotated[float | None, typer.Option("--price", help="Of a GPU for an hour, in any currency.")] = None,
    max_quality_loss: Annotated[
        str | None,
        typer.Option("--max-quality-loss", help="Published loss at most, e.g. 1%; what nobody published is left out."),
    ] = None,
    research: Annotated[
        bool, typer.Option("--research", help="Also caches and GPUs that nobody measured, at their estimates.")
    ] = False,
    pareto: Annotated[bool, typer.Option("--pareto", help="Also the front of cost and time per token.")] = False,
    speculative: Annotated[str | None, typer.Option("--speculative", hidden=True)] = None,
    tp: Annotated[str | None, typer.Option("--tp", hidden=True)] = None,
    scheme: Annotated[list[str] | None, typer.Option("--scheme", hidden=True)] = None,
    disaggregated: w.Disaggregated = False,
    json: o.Json = False,
) -> None:
    """Recommend a set-up for so many users within targets: engine, GPUs, types of cache and weights, with the exact command.

    Every set-up that an engine ships and somebody measured is replayed under the load, from the fewest GPUs on.

    Example: costmodel recommend --model qwen3-32b --gpu h100-sxm --gpus 2,4 --users 50 --tpot 30ms --prompt 16K --output 512
    """
    from costmodel.analyses.recommend import Space, Targets, recommend, words
    from costmodel.cli import terminal
    from costmodel.cli.recommend_report import as_json, print_text
    from costmodel.facts import gpus as gpu_facts
    from costmodel.facts import models
    from costmodel.text.progress import progress

    w.refuse_disaggregated(disaggregated)
    for name, value in (("--tp", tp), ("--scheme", scheme)):
        if value:
            raise InputError(f"{name}: recommend chooses it; leave it out (costmodel load answers for one set-up)")
    if price is not None and not 0 < price < 1e6:
        raise InputError(f"--price: expected a price above 0, got {price:g}")
    if speculative is not None:
        raise InputError("--speculative: speculative decoding is not modelled")
    if (model is None) == (hf_config is None):
        raise InputError("give --model NAME or --hf-config PATH/config.json, one of them")
    facts = models.load(model) if hf_config is None else models.from_config(hf_config)
    counts = parse.parse_gpu_counts(gpus, "--gpus")
    space = Space(
        facts, gpu_facts.load(gpu), counts, is_research=research,
        **({"engines": tuple(engine)} if engine else {}), weight_dtypes=tuple(weight_dtype) if weight_dtype else None,
    )  # fmt: skip
    loss = None if max_quality_loss is None else parse.parse_fraction(max_quality_loss, "--max-quality-loss")
    targets = Targets(
        users, parse.parse_duration(tpot, "--tpot"), parse.parse_duration(ttft, "--ttft"), percentile, loss
    )
    workload = w.workload(users, None, None, prompt, output, hit_rate, None)
    words.check_prompt(workload, facts.max_context, "--prompt")
    for remark in words.length_remarks(workload, facts.max_context):
        typer.echo(remark, err=json)
    with progress("recommend") as on_progress:
        answer = recommend(space, workload, targets, pareto, on_progress)
    if json:
        terminal.print_json(as_json(answer, price, pareto))
        return
    print_text(answer, workload, price, pareto)
