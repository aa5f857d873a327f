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
}
