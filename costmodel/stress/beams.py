"""Beams: one request that forks again at every step (beam search), or samples its prompt many times (parallel sampling).

Full blocks are shared down to where the beams meet; the newest block is every beam's own. What a scheme replaces in place, or
holds outside of blocks, is copied whenever a beam has a second child.
"""

import numpy as np

from costmodel.evaluation.assemble.axes import drop_model_axes
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.stress.base import Condition, PlotSpec, StressConditions, StressCurve, StressTest
from costmodel.stress.times import share, with_interval
from costmodel.text.counted import counted

COLUMNS = ("beams_size", "beams_apart_size", "beam_saving", "beam_copy_time", "parallel_saving")


def compute(conditions: StressConditions, scheme: Scheme) -> dict[str, np.ndarray]:
    """Bytes of all beams, shared and apart; the share saved by beams and by parallel samples; seconds of copying a step,
    and their share of a decode step of all beams.

    All are vectors over the axis (beams of the request).
    """
    prompt, depth = conditions["context"], conditions["output"]
    evaluator = build_evaluator(
        conditions.deployment, scheme, 1.0, prompt + depth, prompt=prompt, beam_width=conditions.axis_values,
        beam_depth=depth, fork_rate=conditions["fork_rate"],
    )  # fmt: skip
    step = build_evaluator(conditions.deployment, scheme, conditions.axis_values, prompt + depth, prompt=prompt)
    copying = step.with_inputs(beam_copy_time=evaluator["beam_copy_time"])
    columns = {name: drop_model_axes(evaluator[name]) for name in COLUMNS}
    columns |= with_interval(copying, "beam_copy_share", "step_share_spread")
    columns["step_time"] = drop_model_axes(step["step_time"])
    return {name: np.broadcast_to(column, conditions.axis_values.shape) for name, column in columns.items()}


def summarize(conditions: StressConditions, curve: StressCurve) -> str:
    """What sharing saves at the widest beam, what copying costs there, and how it stands to the baseline."""
    columns, widest = curve.columns, conditions.axis_values[-1]
    saving = columns["beam_saving"][-1]
    beams = f"{counted(widest, 'beam')} {'shares' if widest == 1 else 'share'}"
    text = f"{beams} {saving:.0%} of their bytes, parallel samples {columns['parallel_saving'][-1]:.0%}"
    if saving <= 0:
        text = f"{beams} nothing: entries are replaced in place"
    text += f"; copying takes {share(columns, 'beam_copy_share')} of a step"
    if curve.scheme == curve.baseline:
        return text
    ratio = columns["beams_size"][-1] / curve.baseline_columns["beams_size"][-1]
    return f"{text}; {ratio:.2f}× the baseline's bytes (one sequence: {_alone(curve):.2f}×)"


def _alone(curve: StressCurve) -> float:
    """Bytes of unshared beams over the baseline's: those of one sequence alone."""
    return float(curve.columns["beams_apart_size"][-1] / curve.baseline_columns["beams_apart_size"][-1])


TEST = StressTest(
    id="beams",
    order=0.5,
    question="What is left of a saving where a request forks at every step, as in beam search?",
    conditions_template=(
        "a prompt of {context:token}, {output} generated so far; beams are drawn anew in a share {fork_rate} of the steps"
    ),
    axis="beam_width",
    whole_axis=True,
    axis_label="beams of the request",
    default_values=(2, 4, 6, 8, 16, 32, 64),
    conditions={
        "context": Condition(1024, "token/sequence", "Tokens of the prompt", 1),
        "output": Condition(512, "token/sequence", "Tokens that every beam has generated", 1),
        # Savings of beam search in Kwon et al. 2023, figure 15: 0.17 for Alpaca and 0.05 for ShareGPT meet both ends to 2 points.
        "fork_rate": Condition(0.1, "", "Share of steps in which beams are drawn anew from all", 1e-4, 1),
    },
    plot=PlotSpec("beam_saving", "share of the beams' bytes that sharing saves (%)", 100),
    compute=compute,
    summarize=summarize,
)
