"""A whole step with free constants of its attention: what the fit evaluates, and what follows for its uncertainty.

The rest of the step is that of the profile; attention is the law of every kernel, with the constants of the engine's 16-bit
kernel where the rows cannot tell. Layers that the scheme leaves alone keep the engine's kernel.
"""

from collections.abc import Mapping

import numpy as np

from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.assemble.axes import drop_model_axes, layer_column, with_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.kernels import attention_widths, changed_layers
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import COMPILED, Deployment

PER_QUERY_HEAD = "all"  # the dispatch rule under which every query head walks the cache


class StepLaw:
    """Seconds of decode steps of one scheme on one deployment at given points, as a function of attention's constants.

    ``rule`` is the dispatch of the kernel, ``stated`` constants that its source states, which are not fitted.
    """

    def __init__(
        self,
        deployment: Deployment,
        scheme: Scheme,
        batch,
        context,
        rule: str = "none",
        stated: Mapping[str, float] | None = None,
    ):
        compiled = deployment.with_options(implementation=COMPILED)
        self.deployment, self.scheme, self.rule, self.stated = deployment, scheme, rule, dict(stated or {})
        self.evaluator = build_evaluator(compiled, scheme, np.asarray(batch, float), np.asarray(context, float))
        kernels = assemble(compiled, scheme).attention
        attends, widths = attention_widths(self.evaluator)
        own = changed_layers(self.evaluator, len(kernels)) & attends
        self.own = with_model_axes(own, "layer_group").astype(bool)
        self.prior = dict(kernels[int(np.flatnonzero(own)[0])].main)
        self.head_dim = float(widths[own][0])
        self.rest = self._rest()

    def time(self, constants: Mapping[str, float]) -> np.ndarray:
        """Seconds of every step."""
        return self.rest + self.attention(constants)

    def attention(self, constants: Mapping[str, float]) -> np.ndarray:
        """Seconds of attention of every step."""
        return drop_model_axes(self.evaluator.with_inputs(**self._inputs(constants))["attention_step_time"])

    def _rest(self) -> np.ndarray:
        step = self.evaluator.with_inputs(**self._inputs(self.prior))
        return np.asarray(drop_model_axes(step["step_time"] - step["attention_step_time"]))

    def _inputs(self, constants: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Constants on the scheme's own layers; its numbers are decoded inside them."""
        current, own = self.evaluator, self.own
        group = current["group_size"] if self.rule != PER_QUERY_HEAD else 1.0
        inputs = {
            "codec_is_measured": np.where(own, 1.0, current["codec_is_measured"]),
            "heads_per_work_unit": np.where(own, group, current["heads_per_work_unit"]),
            "kernel_width": np.where(own, self.head_dim, current["kernel_width"]),
            "floor_in_step": np.where(own, 1.0, current["floor_in_step"]),
            "streaming_in_step": np.where(own, 1.0, current["streaming_in_step"]),
        }
        merged = {**self.prior, **constants}
        skipped = ("pair_correlation",)
        return inputs | {n: np.where(own, v, current[n]) for n, v in merged.items() if n not in skipped}


def layers_of(law: StepLaw) -> np.ndarray:
    """Layers of every kind."""
    return layer_column(law.evaluator["layer_count"])
