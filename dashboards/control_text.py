"""What the controls say: labels, units, placeholders, hints, and the choices that no fact file states."""

from costmodel.evaluation.ask.kernels import KERNELS
from costmodel.plots.pareto import LABELS as QUANTITIES

LABELS = {
    "model": "Model", "gpu": "GPU", "tp": "Tensor parallel", "engine": "Engine", "scheme": "Scheme", "schemes": "Schemes",
    "comparison": "Comparison", "tpot": "TPOT ≤", "ttft": "TTFT ≤", "batch": "Batch", "context": "Context",
    "at_batch": "Batch", "at_context": "Context", "weight_dtype": "Weights", "memory_fraction": "Memory fraction",
    "beside": "Side by side", "binding": "Overlay", "x": "X axis", "y": "Y axis", "price": "Price of a GPU hour",
    "benchmark": "Benchmark", "target": "Quantity", "chain": "Chain", "measured": "Measurements",
    "kernel": "Kernel", "test": "Test", "conditions": "Conditions", "over": "Axis",
    "users": "Users", "gpus": "Numbers of GPUs", "prompt": "Prompt", "output": "Output",
}  # fmt: skip
QUANTITY_NAMES = {  # of the vocabulary, whose unit and meaning the control shows
    "tp": "ranks", "tpot": "tpot", "ttft": "ttft", "batch": "batch", "context": "context", "at_batch": "batch",
    "at_context": "context", "memory_fraction": "memory_fraction",
}  # fmt: skip
UNITS = {
    "tp": "GPUs",
    "tpot": "ms",
    "ttft": "ms",
    "price": "any currency",
    "users": "in flight",
    "prompt": "tokens",
    "output": "tokens",
}  # where people use others than formulas
PLURAL_UNITS = {"sequence": "sequences", "token/sequence": "tokens", "token": "tokens"}
PLACEHOLDERS = {
    "tp": "auto", "ttft": "any", "tpot": "any", "context": "full range", "batch": "1:256:100",
    "memory_fraction": "the engine's", "price": "none", "weight_dtype": "the model's own", "kernel": "as the columns say",
    "conditions": "the test's", "over": "the test's",
}  # fmt: skip
HINTS = {
    "scheme": "Names joined by +, knobs in brackets: h2o[budget=1024]+fp8",
    "batch": "8 or 1,8,64 or 1:256 (doubling) or 1:256:100 (100 points)",
    "at_context": "8192 or 16K",
    "context": "Up to the model's longest, or 8K, 1K:128K:100",
    "benchmark": "Of the quality loss: published scores compared with the 16-bit cache",
    "conditions": "Numbers by name: context=64K private=1K",
    "over": "1,8,64 or 1:128 (doubling) or 1:1K:40 (40 points)",
    "gpus": "That there may be: 8 or 2,4,8 or 1:8 (doubling)",
    "prompt": "Mean and, after a comma, spread: 2K or 2K,0.5",
    "output": "512 or 256,1",
    "kernel": "For your own measurements, where the columns match more than one kernel",
    "schemes": "To see a scheme of your own, type it under Scheme: h2o[budget=1024]+fp8",
}
CHOICES = {
    "comparison": {"same-batch": "same batch (latency)", "own-batch": "own largest batch (capacity)",
                   "objective": "objective (goodput)"},
    "beside": {"schemes": "schemes", "models": "model sizes"},
    "x": QUANTITIES, "y": QUANTITIES, "measured": {"tables": "aiconfigurator's tables"},
    "kernel": {name: name.replace("-", " ") for name in KERNELS},
}  # fmt: skip
SWITCHES = {"binding": "label the binding term", "chain": "every formula it depends on"}
NUMBERS = ("tp", "tpot", "ttft", "price", "users")
PAIRS = (("tpot", "ttft"), ("at_batch", "at_context"), ("batch", "context"), ("prompt", "output"))
