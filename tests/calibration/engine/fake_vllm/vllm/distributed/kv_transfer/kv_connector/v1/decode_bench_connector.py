"""The part of vLLM's connector that costmodel builds on: it declares all but the last token of a prompt present."""


class DecodeBenchConnector:
    def __init__(self, vllm_config, role, kv_cache_config):
        self.role = role
        self.filled = []

    def get_num_new_matched_tokens(self, request, num_computed_tokens):
        return max(0, request.num_tokens - num_computed_tokens - 1), False

    def register_kv_caches(self, kv_caches):
        assert self.role == "worker"
        self.kv_caches = kv_caches

    def start_load_kv(self, forward_context, **kwargs):
        raise AssertionError("blocks must not be filled request by request")
