"""From a deployment and a scheme to a table of numbers: inputs, kernel parameters chosen as data, shapes of products.

Parameters that differ by kernel, KV type, path or head width are picked here, before any formula runs; formulas contain
no choice of tables. Benchmarks of attention are L2-warm, a serving step is cold: ``warm`` says which is meant.
"""

import functools
import math

import numpy as np

from costmodel.errors import FactError
from costmodel.evaluation.assemble.evaluator import Evaluator, trailing
from costmodel.evaluation.assemble.inputs import inputs
from costmodel.evaluation.compile.compiled import Scheme, law
from costmodel.facts.deployment import Deployment
from costmodel.facts.profiles import Parameters
from costmodel.facts.vocabulary import vocabulary

FEW_ROWS = 256  # products are judged apart up to here and from 1,024 rows
PLAIN_PRODUCTS = ("router", "head")  # products whose weights engines leave at 16 bit


def table(deployment: Deployment, scheme: Scheme, batch, context, **options) -> Evaluator:
    """An evaluator of one scheme on one deployment over broadcast arrays of batch and context.

    ``batch`` and ``context`` are arrays that broadcast against each other (leading axes); options are ``prompt``,
    ``generated``, ``generated_cv``, ``exact_lengths``, ``forward_tokens``, ``decode_tokens``, ``head_rows``, ``warm``.
    """
    values = dict(inputs(deployment, scheme))
    values |= {"batch": _lead(batch), "context": _lead(context)}
    values |= {"prompt": values["context"], "generated": 0.0, "generated_cv": 0.0, "exact_lengths": 1.0, "warm": 0.0}
    values |= {"prompts": 1.0, "decode_tokens": 0.0}
    values |= {"forward_tokens": values["batch"], "head_rows": values["batch"]}
    values |= {name: _lead(value) for name, value in options.items() if value is not None}
    return Evaluator(values, law().formulas, scheme.slots, _suppliers(deployment, scheme))


def prompt_pass(deployment: Deployment, scheme: Scheme, prompt, decoding=0.0, **options) -> Evaluator:
    """An evaluator of one prompt in forward passes that ``decoding`` sequences share with it, one token each."""
    lengths = {"prompt": prompt, "decode_tokens": decoding, **options}
    chunk = table(deployment, scheme, 1.0, prompt, **lengths)["chunk_tokens"]
    rows = 1.0 + np.asarray(decoding, dtype=float)
    return table(deployment, scheme, 1.0, prompt, forward_tokens=chunk, head_rows=rows, **lengths)


@functools.lru_cache(maxsize=512)
def _suppliers(deployment: Deployment, scheme: Scheme) -> dict:
    """What is chosen as data only when a formula asks for it: kernel parameters, shapes of products."""

    def attention(made):
        _choose_attention(made, deployment, scheme)

    def prefill(made):
        _choose_prefill(made, deployment, scheme)

    def products(made):
        _choose_products(made, deployment)

    coefficients = {"attention": attention, "prefill-attention": prefill, "gemm": products}
    names = {n: coefficients[e["law"]] for n, e in vocabulary().items() if e.get("law") in coefficients}
    attention_names = (
        "heads_per_work_unit codec_is_measured kernel_width attention_spread_launch attention_spread_cold token_cost_spread "
        "pair_correlation"
    )
    product_names = "rows columns inner product_count stored_weights peak weight_size input_size gemm_spread"
    names |= dict.fromkeys(attention_names.split(), attention)
    return names | dict.fromkeys(product_names.split(), products) | {"prefill_spread": prefill}


def _lead(value):
    array = np.asarray(value, dtype=float)
    return array if array.ndim >= 2 and array.shape[-2:] == (1, 1) else array.reshape(*array.shape, 1, 1)


def _choose_attention(made: Evaluator, deployment: Deployment, scheme: Scheme) -> None:
    """Kernel parameters of every kind of layer, on the path that the profile's rule picks."""
    chosen = kernels(made, deployment, scheme)
    measured = [scheme.native != "none" and p.kv_dtype == scheme.native for p in chosen]
    made.values["codec_is_measured"] = trailing(np.array(measured, dtype=float), "layer_group")
    made.values["kernel_width"] = trailing([p.head_dim for p in chosen], "layer_group")
    fallback = on_fallback(made, chosen)
    made.values["heads_per_work_unit"] = np.where(fallback, 1.0, made["group_size"])
    layers = _column(made["layer_count"] * made["attends"])
    pairs = np.array([p.main["pair_correlation"] for p in chosen])
    made.values["pair_correlation"] = trailing((pairs * layers).sum() / max(layers.sum(), 1.0))
    for name, (main, other) in _both_paths(chosen).items():
        made.values[name] = main if other is None else np.where(fallback, other, main)


@functools.lru_cache(maxsize=512)
def _both_paths(chosen: tuple[Parameters, ...]) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Every parameter along the kinds of layers, on the main path and on the fallback where that one differs."""
    found = {}
    for name in {key for p in chosen for key in p.main} - {"pair_correlation"}:
        main = trailing([p.main[name] for p in chosen], "layer_group")
        other = trailing([p.fallback[name] for p in chosen], "layer_group")
        found[name] = (main, None if (main == other).all() else other)
    return found


def kernels(made: Evaluator, deployment: Deployment, scheme: Scheme) -> tuple[Parameters, ...]:
    """The attention parameters of every kind of layer, by KV type and head width."""
    attends = _column(made["attends"])
    width = _column(made["key_elements"] + made["value_elements"]) * np.ones_like(attends)
    latent = (_column(made["value_elements"]) == 0) & (attends > 0)
    native = scheme.native if scheme.native != "none" else "bfloat16"
    heads = np.where(attends > 0, np.maximum(width / 2, 1.0), 128.0)
    profile, kernel = deployment.profile, deployment.kernel
    return tuple(profile.attention(native, float(d), kernel, bool(of)) for d, of in zip(heads, latent, strict=True))


def _choose_prefill(made: Evaluator, deployment: Deployment, scheme: Scheme) -> None:
    """Parameters of prefill attention for every kind of layer, by the KV type that is written and by head width."""
    chosen = prefill_kernels(made, deployment, scheme)
    for name in chosen[0].main:
        made.values[name] = trailing([p.main[name] for p in chosen], "layer_group")


def prefill_kernels(made: Evaluator, deployment: Deployment, scheme: Scheme) -> list[Parameters]:
    """The prefill parameters of every kind of layer; a latent is expanded to heads before its prompt is attended to."""
    width = _column(made["expanded_key_width"] + made["expanded_value_width"]) * np.ones_like(_column(made["attends"]))
    native = scheme.native if scheme.native != "none" else "bfloat16"
    heads = np.where(width > 0, np.maximum(width / 2, 1.0), 128.0)
    return [deployment.profile.prefill(native, float(d), deployment.kernel) for d in heads]


def _column(array) -> np.ndarray:
    array = np.atleast_2d(np.asarray(array, dtype=float))
    return array.reshape(-1, array.shape[-2], 1)[0, :, 0]


def on_fallback(made: Evaluator, chosen: tuple[Parameters, ...]) -> np.ndarray:
    """1 where the rule of a kind of layer sends its call to the fallback path."""
    rules = law().rules
    masks = []
    for place, parameters in enumerate(chosen):
        function, arguments, _ = rules[parameters.rule]
        result = np.asarray(function(*(_layer(made[name], place) for name in arguments)))
        masks.append(np.broadcast_to(result, np.broadcast_shapes(result.shape, (1, 1))))
    return np.concatenate(np.broadcast_arrays(*masks), axis=-2) if len(masks) > 1 else masks[0]


def _layer(array, place: int):
    array = np.asarray(array)
    return array[..., place : place + 1, :] if array.ndim > 1 and array.shape[-2] > 1 else array


def _choose_products(made: Evaluator, deployment: Deployment) -> None:
    """Shapes of the matrix products, stacked along their own axis, with the parameters of their weight type."""
    products, kind = law().products, deployment.weights
    stacked = {field: [] for field in ("rows", "columns", "inner", "times", "stored")}
    for fields in products.values():
        for field, (function, arguments, _) in fields.items():
            stacked[field].append(np.asarray(function(*(made[name] for name in arguments)), dtype=float))
    shapes = {field: _stack(arrays) for field, arrays in stacked.items()}
    present = (shapes["columns"] > 0) & (shapes["inner"] > 0)
    made.values |= {name: np.where(present, shapes[name], 1.0) for name in ("rows", "columns", "inner")}
    made.values |= {"product_count": np.where(present, shapes["times"], 0.0), "stored_weights": shapes["stored"]}
    coarse = _plain_products(deployment)
    low, _ = deployment.profile.gemm(kind.gemm)
    plain, _ = deployment.profile.gemm("bfloat16")
    # Tables time products launched one by one; in a step's captured graph the host is gone, so that a narrow type pays at
    # most the floor of 16 bit and one small kernel that casts its input.
    floor = plain["gemm_launch"] + float(made["kernel_floor"])
    low = low | {"gemm_launch": min(low["gemm_launch"], floor)}
    for name in low.keys() - {"gemm_spread", "gemm_spread_large"}:
        made.values[name] = trailing([plain[name] if c else low[name] for c in coarse], "product")
    peaks = {True: deployment.gpu.numbers["peak_16bit"], False: deployment.gpu.peak(kind.peak)}
    made.values["peak"] = trailing([peaks[c] for c in coarse], "product")
    made.values["weight_size"] = trailing([2.0 if c else kind.weight for c in coarse], "product")
    made.values["input_size"] = trailing([2.0 if c else kind.input for c in coarse], "product")
    few = made["forward_tokens"] <= FEW_ROWS
    made.values["gemm_spread"] = np.where(few, low["gemm_spread"], low["gemm_spread_large"])


def _plain_products(deployment: Deployment) -> list[bool]:
    """For every product, whether its weights stay at 16 bit."""
    experts_only = deployment.weights.experts_only
    return [name in PLAIN_PRODUCTS or (experts_only and not name.startswith("expert")) for name in law().products]


def product_types(deployment: Deployment) -> list[str]:
    """For every product, in their order, the weight type whose fit it takes."""
    used = {False: deployment.profile.gemm(deployment.weights.gemm)[1], True: deployment.profile.gemm("bfloat16")[1]}
    return [used[plain] for plain in _plain_products(deployment)]


def _stack(arrays) -> np.ndarray:
    arrays = [a if a.ndim >= 2 else a.reshape(1, 1) for a in arrays]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    return np.concatenate([np.broadcast_to(a, shape) for a in arrays], axis=-1)


def check(name: str, value, low: float = 0.0, high: float = math.inf, positive: bool = True) -> np.ndarray:
    """An axis or option as numbers; FactError for what is no number, negative or absurd."""
    array = np.atleast_1d(np.asarray(value, dtype=float))
    bad = ~np.isfinite(array) | (array < low) | (array > high) | ((array <= 0) if positive else False)
    if bad.any() or array.size == 0:
        found = array[bad][0] if bad.any() else "nothing"
        due = f"numbers {'above 0' if positive else f'from {low:g}'}" + (
            f", at most {high:g}" if math.isfinite(high) else ""
        )
        raise FactError(f"{name}: found {found}, due {due}")
    return array
