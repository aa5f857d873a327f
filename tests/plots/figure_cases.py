"""Figures as users draw them, small and large: every kind, long names, many panels, large numbers, hybrids, compositions."""

import functools
import importlib.util

from costmodel import plots
from costmodel.cli.figure_options import parse_options
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.plots.style.paper import paper_style

FIVE = ("fp8", "int4", "kivi-2bit", "turboquant-4bit", "kvquant-3bit")
COMPOSED = ("none", "kivi-2bit[group=64,residual=64]+streaming-llm", "h2o[budget=2048]", "hypothetical[saving=0.4]")
OWN = {"context": "1K:128K", "comparison": "own-batch"}
COARSE = {"batch": "1:256", "context": "1K,4K,16K,64K,128K"}
# figure, model, GPU, schemes, options; every figure as it is by default stands before these.
EXTRA = {
    "regime, five": ("regime", "llama-70b", "h100-sxm", FIVE, {}),
    "regime, one coarse": ("regime", "llama-70b", "h100-sxm", ("kivi-2bit",), COARSE),
    "regime, one fine": ("regime", "llama-8b", "h100-sxm", ("fp8",), {"batch": "1:256:40", "context": "1K:128K:40"}),
    "regime, between": ("regime", "llama-8b", "h100-sxm", ("fp8",), {"batch": "1:256:10", "context": "1K:128K:15"}),
    "regime, terms of five": ("regime", "llama-70b", "h100-sxm", FIVE, {**COARSE, "binding": True}),
    "regime, terms of one": ("regime", "llama-70b", "h100-sxm", ("kivi-2bit",), {"binding": True}),
    "regime, composed": ("regime", "qwen3-next-80b-a3b", "h200-sxm", COMPOSED[1:], {}),
    "regime, own batch": ("regime", "llama-70b", "h100-sxm", FIVE, OWN),
    "regime, objective": (
        "regime", "llama-70b", "h100-sxm", FIVE, {"comparison": "objective", "tpot": "50ms", "ttft": "2s"},
    ),
    "waterfall, experts": ("waterfall", "deepseek-v3", "h200-sxm", COMPOSED, {}),
    "waterfall, one": ("waterfall", "llama-8b", "h100-sxm", ("fp8",), {"batch": "1", "context": "1K"}),
    "memory, overflow": ("memory", "llama-70b", "gb200", COMPOSED, {"batch": "256", "context": "128K"}),
    "roofline, five": ("roofline", "deepseek-v3", "h200-sxm", (*FIVE, COMPOSED[1]), {}),
    "pareto, cost": ("pareto", "llama-70b", "h100-sxm", FIVE, {"x": "cost_per_million", "y": "max_batch", "price": 2.0}),
    "pareto, quality": (
        "pareto", "llama-8b", "h100-sxm", ("none", "kivi-2bit", "h2o", "snapkv"),
        {"x": "quality_loss", "y": "throughput_at_max_batch_tok_s"},
    ),
    "break-even, composed": ("breakeven", "llama-70b", "h100-sxm", (*FIVE, *COMPOSED[1:3]), {}),
    "kernel budget, five": ("kernel-budget", "llama-70b", "h100-sxm", FIVE, {}),
    "sensitivity, break-even": ("sensitivity", "llama-70b", "h100-sxm", ("kivi-2bit",), {"of": "break-even"}),
    "layers, windows": ("layers", "gemma-3-27b", "h100-sxm", ("none", *FIVE), {}),
    "layers, recurrent": ("layers", "qwen3-next-80b-a3b", "h200-sxm", COMPOSED, {}),
    "layers, latent": ("layers", "deepseek-v3", "h200-sxm", ("none", "fp8"), {}),
    "throughput, large": ("throughput", "llama-3.2-1b", "gb200", ("none", *FIVE), {"batch": "1:4K:40", "context": "1K"}),
    "load, five": ("load", "llama-70b", "h100-sxm", FIVE, {}),
}  # fmt: skip
HAS_TABLES = importlib.util.find_spec("aiconfigurator_core") is not None  # which parity reads: costmodel[measured]
NAMES = [name for name in plots.figures() if name != "parity" or HAS_TABLES]
DEFAULTS = {name: (name, "llama-70b", "h100-sxm", (), {}) for name in NAMES}
CASES = DEFAULTS | EXTRA


@functools.cache
def table(case: str):
    """Figure, table, title and options of drawing of a case, computed as the command line does."""
    name, model, gpu, schemes, given = CASES[case]
    figure = plots.load_figure(name)
    values = parse_options(figure.options, given)
    deployment = resolve_deployment(model, gpu) if figure.has_deployment else None
    request = plots.Request(deployment, list(schemes or figure.schemes), values)
    frame, title = figure.build_table(request)
    return figure, frame, title, {option: values[option] for option in figure.draw_options}


def draw(case: str, width: float, has_title: bool = False):
    """The Matplotlib figure of a case at a width in inches, in the style of papers."""
    figure, frame, title, options = table(case)
    with paper_style():
        return figure.draw_matplotlib(frame, title if has_title else "", width, **options)
