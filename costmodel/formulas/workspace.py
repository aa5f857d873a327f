"""What an engine measures before it cuts the pool: one dummy pass of most tokens, sampling of most sequences, graphs, buffers.

The peak is that of a layer in the pass, or of the logits after it; the workspace of experts and the embeddings of images stay
beside both, and the pass of the largest image comes before them. Conditions: vLLM's profile run (v1/worker/gpu_worker.py
determine_available_memory, gpu_model_runner.py profile_run); other engines state their own counts; eager layers hold no more.
"""

from costmodel.language.functions import Indicator, Maximum, Minimum, PositivePart
from costmodel.language.quantity import formula
from costmodel.language.symbols import (
    activation_size,
    byte,
    communication_size,
    expert_gpus,
    graph_size,
    graphs_with_hybrids_only,
    hidden_size,
    holds_expert_workspace,
    inner_width,
    largest_graph,
    largest_state,
    layers,
    logits_copies,
    logits_of_pass,
    max_batched_tokens,
    max_model_length,
    max_sequences,
    one_pass_context,
    ranks,
    residual_copies,
    rotary_positions,
    rotary_width,
    sequence,
    state_workspace_size,
    table_layers,
    token,
    vision_intermediate_size,
    vision_patches,
    vision_width,
    vocabulary_size,
    workspace_expert_width,
    workspace_experts,
    workspace_size,
)

DENSE_GRAPHS = 256  # captured batches are 1, 2, 4, every 8th up to here, then every 16th (config/vllm.py)


@formula("token", r"T_\mathrm{pass}")
def pass_tokens():
    """Most tokens of one pass: the scheduler's, or a whole prompt where the engine does not cut it."""
    longest = max_model_length * sequence
    return Maximum(max_batched_tokens, Indicator(one_pass_context + token - longest) * longest)


@formula("byte", r"M_a")
def memory_activations():
    """Peak activations of a pass of most tokens: what a layer holds inside, and copies of the residual stream."""
    width = inner_width / ranks + residual_copies * hidden_size
    return activation_size * pass_tokens / token * width


@formula("byte", r"M_l")
def memory_logits():
    """Sampling for every sequence that may run, over the whole vocabulary on every GPU, beside the hidden states.

    Early profile runs computed logits of every token instead.
    """
    sampled = Minimum(max_sequences / sequence, pass_tokens / token)
    rows = logits_of_pass * pass_tokens / token + (1 - logits_of_pass) * sampled
    return (
        logits_copies * 4 * byte * rows * vocabulary_size + activation_size * (pass_tokens / token + rows) * hidden_size
    )


@formula("byte", r"M_E")
def memory_experts():
    """Workspace of the experts, kept from the dummy pass on: two buffers of a row for each expert of a token.

    One holds the wider of an expert's output and half its input, one the wider of that input and the residual stream
    (vLLM model_executor/layers/fused_moe: TritonExperts.workspace_shapes).
    """
    widths = Maximum(workspace_expert_width, hidden_size) + Maximum(2 * workspace_expert_width, hidden_size)
    return holds_expert_workspace * activation_size * pass_tokens / token * workspace_experts * widths


@formula("byte", r"M_v")
def memory_encoder():
    """Peak activations of the vision tower for the largest image."""
    return activation_size * vision_patches / token * (vision_intermediate_size + 4 * vision_width)


@formula("byte", r"M_i")
def memory_image_embeddings():
    """Embeddings of images that the dummy pass keeps: one for each of its tokens."""
    return Indicator(vision_width) * activation_size * pass_tokens / token * hidden_size


@formula("byte", r"M_\mathrm{peak}")
def memory_peak():
    """The peak of the profile run above the weights."""
    text = memory_experts + memory_image_embeddings + Maximum(memory_activations, memory_logits)
    return Maximum(memory_encoder, text)


def _captured(batch):
    """How many batch sizes up to ``batch`` have a graph."""
    return 3 + Minimum(batch, DENSE_GRAPHS) / 8 + PositivePart(batch - DENSE_GRAPHS) / 16


@formula("", r"n_\mathrm{graph}")
def captured_graphs():
    """Graphs that are captured: for mixed passes up to twice the running sequences, for decode up to all of them."""
    mixed, decode = (Minimum(times * max_sequences, largest_graph) / sequence for times in (2, 1))
    return _captured(mixed) + _captured(decode)


@formula("byte", r"M_\mathrm{graph}")
def memory_graphs():
    """Captured graphs, where they count against the fraction."""
    counted = 1 - graphs_with_hybrids_only * (1 - Indicator(layers - table_layers))
    return counted * graph_size * layers * captured_graphs


@formula("byte", r"M_r")
def memory_positions():
    """Tabulated angles of rotary positions, at 16 bit and whole on every GPU."""
    return activation_size * rotary_positions / token * rotary_width


@formula("byte", r"M_\mathrm{work}")
def memory_workspace():
    """Libraries, tabulated positions, captured graphs, buffers of communication and of recurrent layers' kernels."""
    of_states = Indicator(largest_state) * state_workspace_size
    return (
        workspace_size + Indicator(expert_gpus - 1) * communication_size + of_states + memory_positions + memory_graphs
    )
