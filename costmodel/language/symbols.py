"""The vocabulary: every input of the model, once.

It is the schema of the fact files, the labels of the arrays and the controls of the dashboard. A table names the kind of
file or the axis that supplies the number: model, layer, gpu, engine, deployment, workload, codec, path, pass.
"""

from functools import partial

from sympy import Rational

from costmodel.language.quantity import Constant, Input

byte = Constant("byte", "byte", r"\mathrm{B}", "One byte.", 1)
bit = Constant("bit", "byte", r"\mathrm{bit}", "One eighth of a byte.", Rational(1, 8))
token = Constant("token", "token", r"\mathrm{tok}", "One token of one sequence.", 1)
sequence = Constant("sequence", "sequence", r"\mathrm{seq}", "One sequence.", 1)
head = Constant("head", "head", r"\mathrm{head}", "One attention head.", 1)
layer = Constant("layer", "layer", r"\mathrm{layer}", "One layer.", 1)
flop = Constant("flop", "flop", r"\mathrm{flop}", "One floating-point operation.", 1)
multiprocessor = Constant("multiprocessor", "sm", r"\mathrm{SM}", "One streaming multiprocessor.", 1)
second = Constant("second", "second", r"\mathrm{s}", "One second.", 1)

# --- the model as a whole
model = partial(Input, table="model", positive=True)
layers = model("layers", "layer", r"\Lambda", "Layers of the model.")
hidden_size = model("hidden_size", "", "D", "Width of the residual stream.")
vocabulary_size = model("vocabulary_size", "", "V", "Rows of the embedding.")
parameters = model("parameters", "", "P", "Parameters of the text tower.")
model = partial(Input, table="model")
tied_embeddings = model(
    "tied_embeddings", "", r"e_\mathrm{tied}", "1 where input embedding and output head share weights."
)
other_parameters = model("other_parameters", "", r"P_\mathrm{o}", "Weights outside layers, embedding and head.")
vision_parameters = model("vision_parameters", "", r"P_v", "Weights of the vision tower, which stay at 16 bit.")
vision_patches = model("vision_patches", "token", r"T_v", "Patches of the largest image that an engine profiles.")
vision_width = model("vision_width", "", r"D_v", "Width of the vision tower.")
vision_intermediate_size = model("vision_intermediate_size", "", r"F_v", "Width of its feed-forward block.")
rotary_positions = model("rotary_positions", "token", r"T_r", "Positions for which rotary angles are tabulated.")
rotary_width = model("rotary_width", "", r"d_r", "Numbers of one tabulated position.")
table_layers = model("table_layers", "layer", r"\lambda_b", "Layers that share one block table.")
largest_state = model("largest_state", "byte/sequence", r"\hat m_\mathrm{state}", "Largest recurrent state of a layer.")

# --- one layer of one kind; a model is a list of such groups with multiplicities
group = partial(Input, table="layer")
layer_count = group("layer_count", "layer", r"\lambda_g", "Layers of this kind.")
layer_index = group("layer_index", "layer", "i", "Place of the layer, from 0.")
grows = group("grows", "", r"g_\infty", "1 where the cache of the layer grows with the context without bound.")
table_share = group("table_share", "1/layer", r"\tau_b", "Block tables that one layer of the kind takes.")
pool_share = group("pool_share", "", r"\psi_g", "Share of a layer of the kind that a block of the pool has room for.")
page_ratio = group(
    "page_ratio", "", r"\rho_{pg}", "Bytes of a token of the layer over those of the widest layer, at 16 bit."
)
attends = group("attends", "", r"\alpha", "1 where the layer has attention.")
feed_forward = group("feed_forward", "", r"\phi", "1 where the layer has a feed-forward block.")
query_heads = group("query_heads", "head", "H", "Query heads of the layer.")
kv_heads = group("kv_heads", "head", r"H_\mathrm{kv}", "Key/value heads of the layer; 1 for a latent.")
query_width = group("query_width", "", r"d_q", "Numbers of one query that meet a cached key.")
key_width = group("key_width", "", r"d_k", "Cached numbers of one key (of the whole latent under MLA).")
value_width = group(
    "value_width", "", r"d_v", "Cached numbers of one value (0 under MLA, where key and value are one)."
)
expanded_key_width = group(
    "expanded_key_width", "", r"d_k^{*}", "Key width of one head in the multi-head form of the model."
)
expanded_value_width = group(
    "expanded_value_width", "", r"d_v^{*}", "Value width of one head in the multi-head form of the model."
)
output_width = group("output_width", "", r"d_o", "Numbers of one head's output.")
window = group("window", "token/sequence", "w", "Sliding or chunked window of the layer; infinite where there is none.")
owns_cache = group(
    "owns_cache",
    "",
    r"\iota_c",
    "1 where the layer keeps a cache of its own, 0 where it reads that of an earlier layer.",
)
compressed_share = group(
    "compressed_share",
    "",
    r"\kappa_z",
    "Entries that a token adds to the cache behind a window: below 1 where several are compressed into one.",
)
selected_tokens = group(
    "selected_tokens",
    "token/sequence",
    r"T_\mathrm{top}",
    "Most tokens that attention of the layer reads, as its indexer selects them; infinite where it reads all.",
)
index_width = group(
    "index_width",
    "",
    r"d_i",
    "Numbers of the key by which the layer's own indexer scores a cached token; 0 without one.",
)
index_columns = group("index_columns", "", r"n_i", "Columns of the indexer's queries, all its heads, on every GPU.")
state_size = group("state_size", "byte/sequence", r"m_\mathrm{state}", "Recurrent state of a sequence in the layer.")
query_columns = group(
    "query_columns", "", r"n_q", "Columns of query (and gate) projections out of the residual stream."
)
kv_columns = group(
    "kv_columns", "1/head", r"n_\mathrm{kv}", "Columns of key and value projections of one head; 0 under MLA."
)
latent_columns = group(
    "latent_columns", "", r"n_\ell", "Columns of the projections into the latents (MLA), on every GPU."
)
query_rank = group("query_rank", "", r"r_q", "Rank of the query latent (MLA); 0 where there is none.")
query_up_columns = group("query_up_columns", "", r"n_u", "Columns of the query projection out of its latent (MLA).")
latent_rank = group("latent_rank", "", r"r_\ell", "Rank of the key/value latent (MLA).")
output_columns = group(
    "output_columns",
    "",
    r"n_o",
    "Numbers of a token, over all GPUs, that enter the projection back into the residual stream.",
)
output_group_width = group(
    "output_group_width",
    "",
    r"d_{og}",
    "Width of a group of heads projected into a latent before the output projection; 0 without one.",
)
absorbed_columns = group("absorbed_columns", "", r"n_a", "Columns of the projections between heads and latent (MLA).")
norms_over_heads = group(
    "norms_over_heads",
    "",
    r"x_\mathrm{norm}",
    "1 where a norm of queries and keys goes over the heads of all GPUs, which exchange their mean squares.",
)
mixer_parameters = group("mixer_parameters", "", r"P_\mathrm{mix}", "Weights of a recurrent mixer.")
mixer_output_width = group(
    "mixer_output_width",
    "",
    r"n_\mathrm{mix}",
    "Numbers of a token that leave a recurrent mixer for its output projection; 0 where the file does not say.",
)
intermediate_size = group("intermediate_size", "", "F", "Width of the dense (or shared) feed-forward block.")
feed_forward_matrices = group("feed_forward_matrices", "", r"n_f", "Matrices of the block: 3 gated, 2 plain.")
experts = group("experts", "", "E", "Routed experts of the layer.")
experts_per_token = group("experts_per_token", "", r"E_t", "Experts that one token uses.")
router_variation = group(
    "router_variation",
    "",
    r"c_r",
    "Coefficient of variation, over the experts of a layer, of how often each is chosen.",
)
expert_intermediate_size = group("expert_intermediate_size", "", r"F_e", "Width of one expert.")

# --- the device, as its vendor prints it or its driver reports it
gpu = partial(Input, table="gpu", positive=True)
memory = gpu("memory", "byte", "M", "Memory that the driver reports as total.")
memory_visible = gpu(
    "memory_visible", "byte", r"M_\mathrm{vis}", "Memory that the runtime reports to a process.", default=["memory"]
)
hbm_bandwidth = gpu("hbm_bandwidth", "byte/second", r"\beta", "Datasheet memory bandwidth.")
multiprocessors = gpu("sms", "sm", "S", "Streaming multiprocessors.")
l2_size = gpu("l2_size", "byte", "C", "Size of L2.")
clock = gpu("clock", "1/second", r"f", "Boost clock.")
peak_16bit = gpu("peak_16bit", "flop/second", r"\pi_{16}", "Dense 16-bit tensor throughput.")
gpu = partial(Input, table="gpu")
link_bandwidth = gpu(
    "link_bandwidth", "byte/second", r"\beta_\ell", "Rate of a GPU on the link in use, NVLink or PCIe, one way.",
    default=["host_bandwidth", 32e9],
)  # fmt: skip
power = gpu("power", "watt", r"P_\mathrm{w}", "Board power.")
gpu = partial(Input, table="gpu", positive=True)
host_bandwidth = gpu(
    "host_bandwidth", "byte/second", r"\beta_h", "Rate of the link to the host, nominal, one way.", default=[32e9]
)

# --- the link between the GPUs of a replica
link = partial(Input, table="link")
reduces_in_ring = link(
    "reduces_in_ring", "", r"x_\circ", "1 where messages go round a ring of NCCL, 0 where peers read each other."
)
link = partial(Input, table="link", positive=True)
ring_efficiency = link("ring_efficiency", "", r"\eta_\circ", "Share of the link's rate that a ring reaches.")
ring_limit = link(
    "ring_limit",
    "byte/second",
    r"\hat\beta_\circ",
    "Most that a ring reaches, whatever the link: what passes through the host's memory.",
)
ring_launch = link("ring_launch", "second", r"t_\circ", "Floor of a ring's launch.")
ring_hop = link("ring_hop", "second", r"\tau_\circ", "One hop of a small message in a ring.")
ring_phase = link(
    "ring_phase",
    "second",
    r"\tau_\circ^{*}",
    "What a protocol for large messages costs beyond one that doubles bytes.",
)

ring_spread = link("ring_spread", "", r"\varsigma_\circ", "Log error of a ring's time on another host.")

# --- the engine and its defaults
engine = partial(Input, table="engine")
block_size = engine("block_size", "token", "b", "Tokens of a block of the paged cache.")
memory_fraction = engine("memory_fraction", "", r"u_M", "Share of memory that the engine may fill.")
fraction_of_free = engine(
    "fraction_of_free", "", r"u_f", "1 where the fraction is of what is free after loading, 0 of all.", default=[0]
)
workspace_size = engine(
    "workspace_size", "byte", r"M_\mathrm{ws}", "Libraries and buffers that do not grow with the model."
)
communication_size = engine(
    "communication_size", "byte", r"M_\mathrm{comm}", "Buffers of communication on each of several GPUs.", default=[0]
)
taken_error = engine(
    "taken_error",
    "byte",
    r"\delta_M",
    "Standard error of what is taken of a GPU's memory before the pool.",
    default=[0],
)
graph_size = engine(
    "graph_size", "byte/layer", r"m_\mathrm{graph}", "A layer in one captured graph, where graphs live inside the fraction.",
    default=[0],
)  # fmt: skip
graphs_with_hybrids_only = engine(
    "graphs_with_hybrids_only",
    "",
    r"x_\mathrm{graph}",
    "1 where graphs count only for models of several kinds of layers.",
    default=[0],
)
largest_graph = engine(
    "largest_graph", "sequence", r"B_\mathrm{graph}", "Largest batch for which a graph is captured.", default=[512]
)
residual_copies = engine(
    "residual_copies", "", r"c_D", "Tensors of the width of the residual stream that a forward pass holds.", default=[2]
)
logits_copies = engine(
    "logits_copies", "", r"c_V", "Tensors of 4 bytes a number that sampling holds of the logits.", default=[2]
)
logits_of_pass = engine(
    "logits_of_pass",
    "",
    r"x_V",
    "1 where the profile run computes logits of every token of a pass, 0 of every sequence that may run.",
    default=[0],
)
holds_expert_workspace = engine(
    "holds_expert_workspace", "", r"x_E", "1 where the workspace of experts stays beside every pass, 0 where none counts.",
    default=[0],
)  # fmt: skip
one_pass_context = engine(
    "one_pass_context",
    "token",
    r"T_\mathrm{one}",
    "Context limits up to which a whole prompt is one pass.",
    default=[0],
)
unified_pages = engine(
    "unified_pages",
    "",
    r"u_\mathrm{pg}",
    "1 where all kinds of layers draw pages of one size from one pool.",
    default=[0],
)
window_pool_share = engine(
    "window_pool_share", "", r"u_w", "Tokens for which layers with a window have room over those of layers without.",
    default=[0],
)  # fmt: skip
state_pool_ratio = engine(
    "state_pool_ratio", "", r"u_s", "Memory of recurrent states over that of the cache of tokens.", default=[0]
)
state_workspace_size = engine(
    "state_workspace_size", "byte", r"M_s", "What kernels of recurrent layers take outside the allocator.", default=[0]
)
state_pages = engine(
    "state_pages", "1/sequence", r"n_\mathrm{st}", "Pages that a request holds in a table of states.", default=[1]
)
requires_full_length = engine(
    "requires_full_length", "", r"x_T^\mathrm{max}", "1 where the engine starts only if the pool holds one full-length request.",
    default=[0],
)  # fmt: skip
prints_concurrency = engine(
    "prints_concurrency",
    "",
    r"u_T",
    "1 where the printed size is requests of full length times that length.",
    default=[0],
)
activations_outside = engine(
    "activations_outside", "", r"u_a", "1 where activations live outside the fraction, 0 inside.", default=[0]
)
max_sequences = engine(
    "max_sequences", "sequence", r"B_\mathrm{max}", "Most sequences that the scheduler runs at once."
)
max_batched_tokens = engine("max_batched_tokens", "token", r"T_\mathrm{max}", "Most tokens of one forward pass.")
reserved_generation = engine(
    "reserved_generation",
    "",
    r"\rho",
    "Share of the asked output for which admission reserves blocks.",
    default=[0],
)
reserve_limit = engine(
    "reserve_limit",
    "token/sequence",
    r"\rho_\mathrm{max}",
    "Most output tokens that admission reserves.",
    default=[1e12],
)
fixed_byte_blocks = engine(
    "fixed_byte_blocks", "", r"b_f", "1 where a block has fixed bytes, so that smaller tokens fill it.", default=[0]
)
variable_allocator = engine(
    "variable_allocator", "", r"v_a", "1 where the allocator can store blocks of varying size.", default=[0]
)
padded_expert_width = engine(
    "padded_expert_width",
    "",
    r"m_F",
    "Whole multiples to which kernels of mxfp4 pad the width of an expert on one GPU; 0 where they do not.",
    default=[256],
)
padded_expert_input = engine(
    "padded_expert_input",
    "",
    r"m_D",
    "The same of the residual stream that enters an expert.",
    default=[0],
)
layer_kernels = engine(
    "layer_kernels", "1/layer", r"k_\Lambda", "Small kernels of a layer: norms, rotary, activation, cache write."
)
shared_stream_tokens = engine(
    "shared_stream_tokens",
    "token",
    r"n_\mathrm{str}",
    "Tokens of a pass below which shared experts run on a stream of their own, beside the routed ones.",
    default=[0],
)
query_cast_kernels = engine(
    "query_cast_kernels",
    "",
    r"k_q",
    "Kernels of a layer that cast the query to the type of an 8-bit cache.",
    default=[0],
)
mixed_batches = engine(
    "mixed_batches",
    "",
    r"x_m",
    "1 where prompts share forward passes with decoding sequences, 0 where they run alone.",
    default=[1],
)
step_host_time = engine(
    "step_host_time", "second", r"t_\mathrm{host}", "Host time of a step that the device waits for.", default=[0]
)
sequence_host_time = engine(
    "sequence_host_time",
    "second/sequence",
    r"t_{h,s}",
    "Host time of a server for a running sequence in a step, which the device waits for: sampling, text, streams.",
    default=[0],
)
prompt_layer_time = engine(
    "prompt_layer_time",
    "second/layer",
    r"t_{\Lambda,p}",
    "Host time of a layer in a pass with a prompt, which no full graph holds: a faster device waits.",
    default=[0],
)
prompt_slowdown = engine(
    "prompt_slowdown",
    "",
    r"\phi_p",
    "Products of prompts over the same kernels timed one by one: they draw the power that lowers the clock.",
    default=[1],
)
groups_in_step = engine(
    "groups_in_step",
    "",
    r"x_\gamma",
    "1 where groups that split requests hold prompts back until all have one, 0 where each computes its own at once.",
    default=[0],
)
request_overhead = engine(
    "request_overhead", "second", r"t_{rq}", "Between a request and its first token, outside all passes.", default=[0]
)
prompts_ahead = engine(
    "prompts_ahead",
    "",
    r"n_\mathrm{ahd}",
    "Prompts that are computed before one's own where outputs of one length keep requests in a convoy.",
    default=[0],
)
load_spread = engine(
    "load_spread",
    "",
    r"\varsigma_\mathrm{load}",
    "Log error of the time per token under load, beside its kernels'.",
    default=[0.21],
)
first_token_spread = engine(
    "first_token_spread",
    "",
    r"\varsigma_1",
    "Log error of the first token under load, beside its kernels'.",
    default=[1.05],
)

version_spread = engine(
    "version_spread",
    "",
    r"\varsigma_v",
    "Log error of times under another version than the one whose kernels were measured; 0 under that one.",
    default=[0],
)

# --- how the model is laid out on the devices
deployment = partial(Input, table="deployment", positive=True)
ranks = deployment("ranks", "", "R", "GPUs that share attention and dense layers (tensor parallel).")
expert_gpus = deployment(
    "expert_gpus", "", r"R_g", "GPUs that share the experts of a layer: of all groups over which requests are split."
)
expert_ranks = deployment("expert_ranks", "", r"R_e", "GPUs over which whole experts are spread (expert parallel).")
expert_weight_size = deployment(
    "expert_weight_size", "byte", r"e_{w,e}", "Bytes of one weight of an expert, scales included."
)
expert_input_size = deployment(
    "expert_input_size", "byte", r"e_{i,e}", "Bytes of one number that enters the products of an expert."
)
expert_peak = deployment("expert_peak", "flop/second", r"\pi_e", "Dense tensor throughput at the type of the experts.")
layer_groups = deployment("layer_groups", "", r"n_g", "Kinds of layers that are distinguished.")
weight_size = deployment("weight_size", "byte", r"e_w", "Bytes of one weight of the layers, scales included.")
input_size = deployment("input_size", "byte", r"e_i", "Bytes of one number that enters a matrix product.")
activation_size = deployment("activation_size", "byte", "a", "Bytes of one activation.")
embedding_size = deployment("embedding_size", "byte", r"e_e", "Bytes of one weight of embedding and head.")
peak = deployment("peak", "flop/second", r"\pi", "Dense tensor throughput at the type of the products.")
kernel_width = deployment("kernel_width", "", r"d_0", "Head width at which the attention profile was measured.")
inner_width = deployment(
    "inner_width", "", r"F_\mathrm{max}", "Widest activations of a token inside a layer, experts left out, all GPUs."
)
max_model_length = deployment(
    "max_model_length", "token/sequence", r"T_\mathrm{model}", "Longest context that the engine was started for."
)
deployment = partial(Input, table="deployment")
states_length = deployment(
    "states_length", "", r"x_L", "1 where the longest context was stated, 0 where it is the model's."
)
workspace_experts = deployment("workspace_experts", "", r"\hat E_t", "Experts of a token for which workspace is kept.")
workspace_expert_width = deployment("workspace_expert_width", "", r"\hat F_e", "Width of one of them on one GPU.")
expert_padding = deployment("expert_padding", "", r"\pi_p", "Stored weights of experts over those of the model.")

# --- what is asked
workload = partial(Input, table="workload")
batch = Input("batch", "sequence", "B", "Sequences decoded together.", "workload", positive=True)
context = Input("context", "token/sequence", "T", "Tokens of history of a sequence.", "workload", positive=True)
prompts = Input("prompts", "sequence", r"B_p", "Prompts of one prompt pass.", "workload", positive=True)
prompt = workload("prompt", "token/sequence", r"T_p", "Tokens of the prompt.")
generated = workload("generated", "token/sequence", r"\mathrm{E}[o]", "Mean output tokens of a request.")
generated_cv = workload("generated_cv", "", r"c_o", "Coefficient of variation of the output length.")
exact_lengths = workload(
    "exact_lengths", "", r"x_T", "1 where every sequence has exactly this context, 0 where lengths are spread."
)

# --- which condition and which path of a kernel: data, chosen before evaluation
path = partial(Input, table="path")
warm = path("warm", "", r"\rho_w", "1 where the cache may still lie in L2 (a benchmark), 0 in a serving step.")
heads_per_work_unit = Input(
    "heads_per_work_unit", "", "u", "Query heads that one work unit serves: the whole group, or one.", "path", True
)
codec_is_measured = path(
    "codec_is_measured", "", r"\nu_c", "1 where the kernel's profile was measured with this very cache format."
)
kernel_is_ideal = path(
    "kernel_is_ideal", "", r"\nu_i", "1 where the kernel is the ideal one: the scheme's bytes as fast as 16-bit ones."
)
forward_tokens = Input("forward_tokens", "token", "m_t", "Tokens of the forward pass.", "path", True)
expert_tokens = Input(
    "expert_tokens", "token", r"m_{t,e}", "Tokens of the passes of all groups, at their experts.", "path", True
)
decode_tokens = path(
    "decode_tokens", "token", "m_d", "Tokens of the pass that decode running sequences beside a prompt."
)
head_rows = Input("head_rows", "token", "m_h", "Tokens for which the pass computes logits.", "path", True)

# --- the shape of one matrix product
product = partial(Input, table="product", positive=True)
rows = product("rows", "", "m", "Rows of a matrix product.")
columns = product("columns", "", "n", "Columns of a matrix product.")
product_count = Input("product_count", "", r"\nu", "How often a step runs the product.", "product")
stored_weights = Input("stored_weights", "", r"P_\nu", "Weights that the product keeps on one GPU.", "product")
inner = product("inner", "", "k", "Inner width of a matrix product.")

beside_experts = Input(
    "beside_experts", "", r"x_\nu", "1 for the products of shared experts, where a layer has any.", "product"
)
law_of_one_product = Input(
    "law_of_one_product", "", r"\nu_1", "1 where the law of one product times it, 0 where that of grouped ones does.",
    "product",
)  # fmt: skip

# --- which experts the tokens of a pass choose
routing = partial(Input, table="routing")
grouped_is_measured = routing(
    "grouped_is_measured", "", r"\nu_e", "1 where a profile times the products of all experts as one, 0 elsewhere."
)
evenly_routed = routing(
    "evenly_routed", "", r"\rho_e", "1 where all experts take as many tokens (a benchmark), 0 in a serving step."
)
router_spread = routing(
    "router_spread", "", r"\varsigma_{cr}", "Log error of how unequally a router chooses, which depends on texts too."
)
routing_exponent = routing(
    "routing_exponent", "", r"\alpha_e", "Exponent of the power law that loads of experts follow in a benchmark."
)

# --- the work of a codec that nobody has measured, from its instruction mix
codec = partial(Input, table="codec", positive=True)
issue_lanes = codec("issue_lanes", "1/sm", r"\iota", "Thread instructions that one multiprocessor issues in a clock.")
exposed_latency = codec("exposed_latency", "", r"\chi", "Time of an encoding loop over its issue bound.")
host_link_efficiency = codec(
    "host_link_efficiency", "", r"\eta_h", "Share of the host link's nominal rate that copies of a cache reach."
)
host_link_spread = codec(
    "host_link_spread", "", r"\varsigma_\mathrm{link}", "Log error of that share, which is assumed."
)
fused_product_share = codec(
    "fused_product_share", "", r"\eta_f", "Share of peak tensor throughput that products inside another kernel reach."
)
conversion_spread = codec(
    "conversion_spread",
    "",
    r"\varsigma_\omega",
    "Log error of the work of a codec inside attention that nobody measured.",
)
# Issue slots of a thread for each cached number inside fused attention, beyond those of a 16-bit cache: from the kernel
# compiled for the GPU's architecture. A scheme's file names the one that its codec comes nearest to.
slots_of = partial(codec, unit="")
fp8_work = slots_of("fp8_work", tex=r"\omega_{8f}", meaning="Issue slots to decode an fp8 number.")
int8_token_work = slots_of(
    "int8_token_work",
    tex=r"\omega_{8t}",
    meaning="Issue slots to decode an 8-bit integer, one record a token and head.",
)
int4_token_work = slots_of(
    "int4_token_work", tex=r"\omega_{4t}", meaning="Issue slots to decode a 4-bit integer, one record a token and head."
)
int4_group_work = slots_of(
    "int4_group_work", tex=r"\omega_{4g}", meaning="Issue slots to decode a 4-bit integer, one record for 32 channels."
)
int4_channel_work = slots_of(
    "int4_channel_work",
    tex=r"\omega_{4c}",
    meaning="Issue slots to decode a 4-bit integer, keys with one record for 32 tokens of a channel.",
)
int2_group_work = slots_of(
    "int2_group_work", tex=r"\omega_{2g}", meaning="Issue slots to decode a 2-bit integer, one record for 32 channels."
)
int2_channel_work = slots_of(
    "int2_channel_work",
    tex=r"\omega_{2c}",
    meaning="Issue slots to decode a 2-bit integer, keys with one record for 32 tokens of a channel.",
)
