"""Calls of the grouped product of experts: one layer of a mixture on the GPU with most work, routing and permutation included."""

import numpy as np
import pandas as pd

from costmodel.errors import InputError, UnknownName
from costmodel.evaluation.ask.kernels.device import latency_columns, load_device
from costmodel.evaluation.ask.kernels.table import KernelSchema, as_column
from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluator import Evaluator
from costmodel.evaluation.assemble.products import FEW_ROWS
from costmodel.evaluation.assemble.routing import EVEN, with_routing
from costmodel.evaluation.compile.compiled import load_formulas
from costmodel.facts.gpus import GPU
from costmodel.facts.profiles import GroupedFit
from costmodel.facts.profiles.grouped import call_kind, expert_layer
from costmodel.facts.weight_types import ALIASES, GROUPED_AS, GROUPED_TYPES

LAYER = ["hidden_size", "intermediate_size", "experts_per_token", "experts"]


def _predict(rows: pd.DataFrame, fields: dict, cold: bool) -> dict:
    gpu, profile, numbers = load_device(fields)
    name = str(fields["dtype"]).lower()
    dtypes = (name,) if name in GROUPED_TYPES else GROUPED_AS.get(ALIASES.get(name, name))
    if dtypes is None:
        raise UnknownName("dtype", name, [*GROUPED_TYPES, *GROUPED_AS])
    _refuse_what_does_not_divide(rows)
    parts = []
    for _, part in rows.groupby([*LAYER, "matrices", rows["ep"] > 1], sort=False):
        first = part.iloc[0]
        kind, layer = call_kind(first["matrices"], first["ep"]), expert_layer(*first[LAYER])
        fits = profile.grouped(dtypes, kind, layer, str(fields["kernel"]))
        if not fits:
            raise InputError(f"dtype: experts of {name} were not measured on {gpu.id} under {fields['engine']}")
        columns = _columns(part, gpu, numbers, fits[-1], cold)
        for values, fit in fits[:-1]:
            few, of_few = part["tokens"].to_numpy() <= fit.max_tokens, _columns(part, gpu, numbers, (values, fit), cold)
            columns = {key: np.where(few, of_few[key], value) for key, value in columns.items()}
        parts.append(pd.DataFrame(columns, index=part.index))
    predicted = pd.concat(parts).loc[rows.index]
    latency, spread = predicted["latency"].to_numpy(), predicted["spread"].to_numpy(float)
    return latency_columns(latency, spread, "", profile) | {"kernel": predicted["kernel"].to_numpy()}


def _columns(
    rows: pd.DataFrame, gpu: GPU, numbers: dict, choice: tuple[dict[str, float], GroupedFit], cold: bool
) -> dict[str, np.ndarray]:
    values, fit = choice
    kind, few = GROUPED_TYPES[fit.dtype], rows["tokens"].to_numpy() <= FEW_ROWS
    inputs = numbers | {key: number for key, number in values.items() if not key.startswith("grouped_spread")}
    inputs |= {name: as_column(rows[name]) for name in ("hidden_size", "experts", "experts_per_token")}
    inputs |= {"expert_tokens": as_column(rows["tokens"]), "feed_forward_matrices": as_column(rows["matrices"])}
    inputs |= {"expert_intermediate_size": as_column(rows["intermediate_size"]), "expert_ranks": as_column(rows["ep"])}
    inputs |= {"expert_gpus": as_column(rows["tp"] * rows["ep"]), "activation_size": 2.0, "warm": 0.0 if cold else 1.0}
    inputs |= {"expert_weight_size": kind.weight, "expert_input_size": kind.input, "expert_peak": gpu.peak(kind.peak)}
    call = with_routing(Evaluator(inputs, load_formulas().formulas), rows["routing"].astype(str).tolist())
    spread = np.where(few, values["grouped_spread"], values["grouped_spread_large"])
    latency = drop_model_axes(call["grouped_time"])
    return {"latency": latency, "spread": spread, "kernel": np.full(len(rows), fit.kernel, dtype=object)}


def _refuse_what_does_not_divide(rows: pd.DataFrame) -> None:
    for whole, parts in (("experts", "ep"), ("intermediate_size", "tp")):
        if (rows[whole].to_numpy() % rows[parts].to_numpy()).any():
            raise InputError(f"{whole} is no multiple of {parts}")
    if (rows["experts_per_token"].to_numpy() > rows["experts"].to_numpy()).any():
        raise InputError("experts_per_token is more than experts")


EXPERTS = KernelSchema(
    ("gpu", "tokens", *LAYER),
    {"engine": "vllm", "kernel": "", "dtype": "bfloat16", "matrices": 3, "tp": 1, "ep": 1, "routing": EVEN},
    _predict,
)
