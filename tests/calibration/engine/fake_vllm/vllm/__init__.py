"""A stand-in for vLLM 0.24: the parts that costmodel's adapter touches, behaving as there, on no device.

A request whose prompt is not declared present is computed in chunks of ``max_num_batched_tokens``; results come one call
late, as under asynchronous scheduling; finished requests are forgotten by the core, not by the front.
"""

import importlib
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import torch

__version__ = "0.24.0"
STEP = 2e-4  # seconds that a decode step takes at least
CHUNK = 2e-3  # seconds of a chunk of a prompt
ALLOWED = (
    "model load_format skip_tokenizer_init kv_cache_dtype enable_prefix_caching gpu_memory_utilization max_model_len "
    "max_num_seqs max_num_batched_tokens disable_log_stats seed compilation_config kv_transfer_config"
).split()


class SamplingParams:
    def __init__(self, max_tokens, ignore_eos, temperature, detokenize):
        assert ignore_eos and temperature == 0.0 and not detokenize
        self.max_tokens = max_tokens


class LLM:
    def __init__(self, **options):
        assert os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0" and set(options) <= set(ALLOWED)
        assert options["load_format"] == "dummy" and options["skip_tokenizer_init"]
        if options["kv_cache_dtype"].startswith("turboquant"):
            print("ERROR the attention backend refuses this head width")
            raise ValueError("No valid attention backend found")
        self.llm_engine = _Engine(options)


class _Engine:
    def __init__(self, options):
        config = json.loads((Path(options["model"]) / "config.json").read_text(encoding="utf-8"))
        transfer = options["kv_transfer_config"]
        connector = getattr(importlib.import_module(transfer["kv_connector_module_path"]), transfer["kv_connector"])
        worker = connector(None, "worker", kv_cache_config=None)
        caches = {"plain": torch.zeros(70, 2, 4, dtype=torch.bfloat16), "float8": torch.zeros(3, 8).to(torch.float8_e4m3fn),
                  "state": [torch.zeros(5, 7, dtype=torch.int8), torch.zeros(9, dtype=torch.uint8)]}  # fmt: skip
        worker.register_kv_caches(caches)
        flat = [caches["plain"].float(), caches["float8"].float(), *(tensor.float() for tensor in caches["state"])]
        assert all(tensor.isfinite().all() and tensor.any() for tensor in flat), "the cache must be filled, and finite"
        self.vllm_config = SimpleNamespace(
            model_config=SimpleNamespace(
                dtype=torch.bfloat16, max_model_len=8192, get_vocab_size=lambda: config["vocab_size"]
            ),
            cache_config=SimpleNamespace(block_size=16, num_gpu_blocks=2500, kv_cache_size_tokens=40_000),
            compilation_config=SimpleNamespace(
                cudagraph_mode=SimpleNamespace(name="FULL_AND_PIECEWISE"),
                static_forward_context={
                    "layer": SimpleNamespace(impl=_FakeAttentionImpl()),
                    "other": SimpleNamespace(),
                },
            ),
        )
        self.core = _Core(connector(None, "scheduler", kv_cache_config=None), options["max_num_batched_tokens"], worker)
        self.engine_core = SimpleNamespace(engine_core=self.core, get_output=self.core.step)
        self.output_processor = SimpleNamespace(request_states={}, abort_requests=self._abort)

    def add_request(self, request_id, prompt, parameters):
        tokens = prompt["prompt_token_ids"]
        assert max(tokens) < 128_256 and request_id not in self.output_processor.request_states
        assert not any(name.startswith(f"{request_id}#") for name in self.output_processor.request_states)
        internal = f"{request_id}#x"
        self.output_processor.request_states[internal] = parameters
        self.core.waiting.append(
            SimpleNamespace(request_id=internal, num_tokens=len(tokens), left=parameters.max_tokens, uncomputed=None)
        )
        return internal

    def _abort(self, ids, internal):
        assert internal
        for name in ids:
            del self.output_processor.request_states[name]
        assert not self.output_processor.request_states, "the front must not keep finished requests"


class _FakeAttentionImpl:
    pass


class _Core:
    """Chunks of prompts first come first served, then one token of every running request a step."""

    def __init__(self, connector, limit, worker):
        self.connector, self.limit, self.worker, self.waiting, self.batch_queue = connector, limit, worker, [], []
        self.scheduler = SimpleNamespace(has_requests=lambda: bool(self.waiting))

    def step(self):
        if self.waiting:
            self.batch_queue.append(self._schedule())
            if len(self.batch_queue) < 2:
                return SimpleNamespace(outputs=[])  # the queue is filled first, no result yet
        time.sleep(STEP)
        return SimpleNamespace(outputs=self.batch_queue.pop(0))

    def _schedule(self):
        budget, outputs = self.limit, []
        for request in self.waiting:
            if request.uncomputed is None:
                present, is_async = self.connector.get_num_new_matched_tokens(request, 0)
                assert not is_async
                request.uncomputed = request.num_tokens - present
                self.worker.start_load_kv(None)
            chunk = min(budget, request.uncomputed)
            budget -= chunk
            if chunk > 1:
                time.sleep(CHUNK * chunk / self.limit)
            request.uncomputed -= chunk
            if request.uncomputed == 0 and chunk:
                request.left -= 1
                request.uncomputed = 1
                outputs.append(SimpleNamespace(request_id=request.request_id, new_token_ids=[5]))
        self.waiting = [request for request in self.waiting if request.left > 0]
        return outputs
