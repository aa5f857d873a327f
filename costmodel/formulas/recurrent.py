"""Recurrent layers: a state of fixed size, read and written in every step, and a scan that a prompt takes token by token.

Two kernels stand where attention stands: a short convolution and the recurrence. Conditions: gated delta rule, the state split
over the ranks; other recurrences are taken to cost the same. Source: aiconfigurator-core 0.12.0, systems/data/*/
linear_attention/{sglang/0.5.14,vllm/0.24.0}/gdn_perf.parquet, Qwen3.5 397B-A17B on B200, H200, H100 and L40S.
"""

from costmodel.formulas.step import small_efficiency
from costmodel.language.functions import Indicator
from costmodel.language.quantity import formula, total
from costmodel.language.symbols import (
    batch,
    context,
    hbm_bandwidth,
    layer,
    layer_count,
    ranks,
    second,
    sequence,
    state_size,
    token,
)

us = 1e-6
STATE_LAUNCH = 6.3 * us * second / layer  # one sequence: 1.5 to 2.1 us of the convolution, 3.8 to 4.5 of the recurrence
SCAN_LAUNCH = 35 * us * second  # 25 us more than a step with FlashInfer's kernel, 40 with Triton's
SCAN_OF_A_TOKEN = 0.045 * us * second / token  # 4 to 16 heads: 0.039 to 0.05; 0.11 with 64 under Triton


@total("second", r"\sum t_\mathrm{state}", "layer_group")
def state_step_time():
    """Recurrent layers: their state, split over the ranks, read and written."""
    return layer_count / layer * 2 * batch * state_size / (ranks * small_efficiency * hbm_bandwidth)


@total("second", r"\sum t_{\mathrm{state},0}", "layer_group")
def state_launch_time():
    """Floors of the two kernels of every recurrent layer."""
    return Indicator(state_size) * layer_count * STATE_LAUNCH


@formula("second", r"t_\mathrm{scan}")
def scan_time():
    """The scan of one recurrent layer over a prompt, chunk after chunk: heads run beside each other, tokens do not."""
    return Indicator(state_size) * (SCAN_LAUNCH + context * sequence * SCAN_OF_A_TOKEN)
