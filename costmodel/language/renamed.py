"""Names that earlier versions gave to what fact files state: old name → the name of today.

Files that a user wrote under version 0.1 keep the old names; readers look every key up here, so that those files stay valid.
"""

RENAMED: dict[str, str] = {
    "launch": "attention_launch",
    "least_split": "min_split_tokens",
    "most_splits": "max_extra_splits",
    "resident": "units_per_sm",
    "filling": "occupancy_sharpness",
    "roundness": "wave_quantization",
    "group_half": "token_cost_doubling_heads",
    "group_wave": "wave_cost_doubling_heads",
    "gemm_ragged": "gemm_unaligned_slowdown",
    "gemm_ramp": "gemm_fill_drain",
    "gemm_cast": "gemm_input_cast_passes",
    "gemm_roundness": "gemm_wave_quantization",
    "settled": "full_blocks_immutable",
    "reusable": "prefix_cacheable",
    "continues": "reusable_next_turn",
    "loose_tokens": "residual_window_tokens",
    "sure_tokens": "guaranteed_recent_tokens",
    "first_tokens": "sink_tokens",
    "scored": "score_selected",
    "mean_rate": "mean_coded_ratio",
    "worst_rate": "worst_coded_ratio",
    "plain_size": "size_16bit",
    "precise_excess": "size_16bit_excess",
    "shared_heads": "heads_per_work_unit",
    "native_codec": "codec_is_measured",
    "own_tokens": "private_tokens",
    "mixes_prompts": "mixed_batches",
}


def current_names(table: dict) -> dict:
    """The same table with keys that were renamed under their name of today."""
    return {RENAMED.get(key, key): value for key, value in table.items()}
