"""Options that several commands share: their types, and the deployment that they describe."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, get_type_hints

import typer

from costmodel.errors import InputError

Model = Annotated[str | None, typer.Option("--model", help="Model id, alias, or hf:org/name (costmodel models).")]
HfConfig = Annotated[str | None, typer.Option("--hf-config", help="A Hugging Face config.json in place of --model.")]
Gpu = Annotated[str | None, typer.Option("--gpu", help="GPU id or alias (costmodel gpus).")]
Tp = Annotated[int | None, typer.Option("--tp", help="GPUs that share every layer (tensor parallel).")]
Ep = Annotated[
    int | None, typer.Option("--ep", help="GPUs of --tp over which whole experts are spread (expert parallel; 1).")
]
AttentionDp = Annotated[
    int | None,
    typer.Option(
        "--attention-dp", help="Groups of --tp's GPUs over which requests are split; all share the experts (1)."
    ),
]
KvCacheDtype = Annotated[
    str | None,
    typer.Option("--kv-cache-dtype", help="The scheme by the engine's own word, e.g. fp8_e4m3, int8_per_token_head."),
]
# Other ways to lay out a replica, which are refused in words; hidden, as nothing of them can be asked for.
Pp = Annotated[int | None, typer.Option("--pp", hidden=True)]
Dp = Annotated[int | None, typer.Option("--dp", hidden=True)]
Nodes = Annotated[int | None, typer.Option("--nodes", hidden=True)]
Engine = Annotated[str | None, typer.Option("--engine", help="Engine id or alias (costmodel engines).")]
WeightDtype = Annotated[
    str | None, typer.Option("--weight-dtype", help="bfloat16, fp8, fp8-block, int8, int4, nvfp4 …")
]
Fraction = Annotated[
    float | None, typer.Option("--memory-fraction", help="Fraction of GPU memory that the engine may fill.")
]
Implementation = Annotated[
    str | None,
    typer.Option("--implementation", help="Whose kernels run a scheme: shipped, compiled, ideal, or an id."),
]
BlockSize = Annotated[
    int | None, typer.Option("--block-size", help="Tokens of a block of the paged cache (the engine's by default).")
]
EngineVersion = Annotated[
    str | None,
    typer.Option("--engine-version", help="The version, such as 0.19.0, by which memory is cut (its file's)."),
]
MaxNumBatchedTokens = Annotated[
    int | None,
    typer.Option("--max-num-batched-tokens", help="Most tokens of one forward pass (the engine's by default)."),
]
MaxNumSeqs = Annotated[
    int | None, typer.Option("--max-num-seqs", help="Most sequences that run at once (the engine's by default).")
]
MaxModelLen = Annotated[
    int | None, typer.Option("--max-model-len", help="Longest context that the engine is started for (the model's).")
]
Eager = Annotated[bool, typer.Option("--eager", help="No captured graphs, which take memory of the pool.")]
Link = Annotated[
    str | None,
    typer.Option(
        "--link", help="What joins the GPUs: nvswitch, nvlink-bridge, pcie, pcie-no-peer … (the GPU's usual one)."
    ),
]
Scheme = Annotated[
    str, typer.Option("--scheme", help="Scheme, e.g. fp8, h2o[budget=1024], kivi-2bit+streaming-llm, my.toml.")
]
Batch = Annotated[
    str | None, typer.Option("--batch", help="Sequences: 8, 1,8,64, 1:256 (doubling) or 1:256:20 (20 points).")
]
Context = Annotated[str | None, typer.Option("--context", help="Tokens: 8K, 4K,32K, 1K:128K or 1K:128K:30.")]
Conditions = Annotated[
    str | None,
    typer.Option("--with", help="Conditions of a stress test, e.g. 'context=64K private=1K' (costmodel stress)."),
]
Over = Annotated[str | None, typer.Option("--over", help="Axis of a stress test: 1,8,64, 1:128 or 1:1K:40.")]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite files that you did not name and costmodel did not write.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class DeploymentOptions:
    """The options that describe a deployment, once for all commands (see ``with_deployment_options``)."""

    model: Model = None
    hf_config: HfConfig = None
    gpu: Gpu = None
    tp: Tp = None
    engine: Engine = None
    weight_dtype: WeightDtype = None
    memory_fraction: Fraction = None
    implementation: Implementation = None
    block_size: BlockSize = None
    ep: Ep = None
    attention_dp: AttentionDp = None
    link: Link = None
    engine_version: EngineVersion = None
    max_num_batched_tokens: MaxNumBatchedTokens = None
    max_num_seqs: MaxNumSeqs = None
    max_model_len: MaxModelLen = None
    eager: Eager = False
    kv_cache_dtype: KvCacheDtype = None
    pp: Pp = None
    dp: Dp = None
    nodes: Nodes = None

    def given(self) -> list[str]:
        """The options that a user gave, as typed (``--gpu``): those that differ from their default, of a switch too."""
        return [f"--{f.name.replace('_', '-')}" for f in fields(self) if getattr(self, f.name) != f.default]

    def resolve(self, *schemes: str):
        """The Deployment; raises InputError unless exactly one of model and hf_config is given.

        Where ``schemes`` are named, an implementation that was asked for must run one of them.
        """
        from costmodel.evaluation.ask.point_columns import NOT_MODELLED
        from costmodel.evaluation.assemble.implementation import check_asked

        stated = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "kv_cache_dtype"}
        for name, (meaning, nothing) in NOT_MODELLED.items():
            if (value := stated.pop(name)) not in (None, nothing):
                raise InputError(f"--{name}: {meaning} is not modelled; expected {nothing}, got {value}")
        deployment = deployment_from_options(**stated)
        check_asked(deployment, schemes)
        return deployment


def with_deployment_options(command: Callable) -> Callable:
    """A command whose parameter ``deployment_options`` is replaced by one option for each field of DeploymentOptions.

    Typer reads signatures, so the returned function has the signature of the command with that parameter expanded in place.
    """
    hints, expanded = get_type_hints(DeploymentOptions, include_extras=True), []
    parameters = inspect.signature(command).parameters
    for parameter in parameters.values():
        if parameter.name == "deployment_options":
            expanded += [
                inspect.Parameter(
                    field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
                )
                for field in fields(DeploymentOptions)
            ]
        else:
            expanded.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def wrapper(**options):
        shared = {field.name: options.pop(field.name) for field in fields(DeploymentOptions) if field.name in options}
        if (word := shared["kv_cache_dtype"]) is not None:
            options["scheme"] = _with_word(word, options["scheme"], parameters["scheme"], shared["engine"])
        return command(deployment_options=DeploymentOptions(**shared), **options)

    wrapper.__signature__ = inspect.Signature(expanded)
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in expanded}
    del wrapper.__wrapped__
    return wrapper


def _with_word(word: str, typed, parameter: inspect.Parameter, engine: str | None) -> str | list[str]:
    """What the command's ``parameter`` for schemes holds where the engine's word is given; InputError where both contradict.

    ``typed`` is what it holds without the word, its default where nobody typed a scheme.
    """
    from costmodel.evaluation.ask.point_table import DEFAULTS
    from costmodel.facts.cache_words import agreed_scheme

    engine = engine or str(DEFAULTS["engine"])
    if isinstance(typed, list):
        return [agreed_scheme(word, one, engine) for one in typed]
    scheme = agreed_scheme(word, None if typed == parameter.default else typed, engine)
    return [scheme] if "list[str]" in str(parameter.annotation) else scheme


def deployment_from_options(
    model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction, ep=None, attention_dp=None, **options
):
    """The Deployment that the shared options describe; its ``assumed`` names the defaults that were used.

    ``options`` are those that resolving a deployment takes by the same name. Raises InputError unless exactly one of ``model``
    and ``hf_config`` is given; other errors are those of resolving names.
    """
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.facts import models

    if (model is None) == (hf_config is None):
        raise InputError("give --model NAME or --hf-config PATH/config.json, one of them")
    return resolve_deployment(
        model if hf_config is None else models.from_config(hf_config),
        gpu,
        ranks=tp,
        expert_ranks=ep,
        attention_groups=attention_dp,
        engine=engine,
        weight_dtype=weight_dtype,
        memory_fraction=memory_fraction,
        **options,
    )
