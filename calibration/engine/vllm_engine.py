"""A running vLLM as an engine to be measured: the core in this process, stepped one result at a time.

The engine's own queue of scheduled batches stays in use, so that the host is hidden behind the device as in a server.
"""

import time
from typing import Any

from calibration.engine.bench_points import NEW_TOKENS
from calibration.engine.interface import KernelTime, Setup, StartFacts, Steps
from costmodel.errors import InputError

CONNECTOR = "calibration.engine.prefilled_cache"
GRAPH_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PROFILED_FROM, PROFILED_STEPS = 8, 6  # results before the profiler starts, and those that it sees
NAME_LENGTH = 140  # characters of a kernel's name that are kept: templates run to thousands


class VllmEngine:
    """One ``LLM`` of vLLM with its core in this process."""

    def __init__(self, setup: Setup, version: str, device: str):
        import torch
        from vllm import LLM

        from calibration.engine import prefilled_cache

        self._switch = prefilled_cache.SWITCH
        self._engine: Any = LLM(
            model=str(setup.config.parent),
            load_format="dummy",
            skip_tokenizer_init=True,
            kv_cache_dtype=setup.kv_type,
            enable_prefix_caching=False,
            gpu_memory_utilization=setup.memory_fraction,
            max_model_len=-1,  # as long as the model and the pool allow: a small GPU would refuse the model's own limit
            max_num_seqs=setup.max_sequences,
            max_num_batched_tokens=setup.max_batched_tokens,
            disable_log_stats=True,
            seed=0,
            compilation_config={"cudagraph_capture_sizes": list(GRAPH_BATCHES)},
            kv_transfer_config={
                "kv_connector": prefilled_cache.PrefilledCacheConnector.__name__,
                "kv_role": "kv_both",
                "kv_connector_module_path": CONNECTOR,
            },
        ).llm_engine
        self._core: Any = self._engine.engine_core.engine_core
        self._has_cuda = torch.cuda.is_available()
        self._vocabulary: int = self._engine.vllm_config.model_config.get_vocab_size()
        self._requests = 0
        self.facts = self._facts(version, device)

    def decode_steps(self, batch: int, prompt_len: int, new_tokens: int) -> Steps:
        """Steps of requests whose prompts' caches are taken as present."""
        return self._run(batch, prompt_len, new_tokens, is_prefilled=True)

    def first_token(self, prompt_len: int) -> float:
        """Seconds to the first token of a lone request whose prompt is computed."""
        return self._run(1, prompt_len, 2, is_prefilled=False).first_tokens[0]

    def burst(self, requests: int, prompt_len: int, generated: int) -> Steps:
        """Steps of requests that arrive together, prompts computed."""
        return self._run(requests, prompt_len, generated, is_prefilled=False)

    def kernels(self, batch: int, prompt_len: int) -> list[KernelTime]:
        """Kernels of a few decode steps, by torch's profiler; empty without a CUDA device."""
        if not self._has_cuda:
            return []
        from torch.profiler import ProfilerActivity, profile

        profiler, seen = profile(activities=[ProfilerActivity.CUDA]), 0

        def observe(count: int) -> None:
            nonlocal seen
            seen = count
            if count == PROFILED_FROM:
                self._synchronize()
                profiler.start()
            elif count == PROFILED_FROM + PROFILED_STEPS:
                self._synchronize()
                profiler.stop()

        self._run(batch, prompt_len, NEW_TOKENS, is_prefilled=True, observe=observe)
        if seen < PROFILED_FROM + PROFILED_STEPS:
            raise InputError(f"batch {batch}, prompt {prompt_len:,}: {seen} steps are too few for the profiler")
        events = [event for event in profiler.key_averages() if event.self_device_time_total > 0]
        times = [
            KernelTime(
                event.key[:NAME_LENGTH], event.count / PROFILED_STEPS, event.self_device_time_total / PROFILED_STEPS
            )
            for event in events
        ]
        return sorted(times, key=lambda kernel: -kernel.microseconds)

    def _run(self, batch: int, prompt_len: int, new_tokens: int, is_prefilled: bool, observe=None) -> Steps:
        """Requests from their arrival to their end; ``observe`` is called with the number of results so far."""
        self._switch.is_prefilled = is_prefilled
        ids = [self._add(index, prompt_len, new_tokens) for index in range(batch)]
        seconds, tokens, first = [], [], {}
        self._synchronize()
        start = last = time.perf_counter()
        while self._core.scheduler.has_requests() or self._core.batch_queue:
            outputs = self._engine.engine_core.get_output().outputs
            if not outputs:  # a batch was queued, or a part of a prompt computed: no result yet
                continue
            now = time.perf_counter()
            for output in outputs:
                if output.new_token_ids:
                    first.setdefault(output.request_id, now - start)
            seconds.append(now - last)
            tokens.append(sum(len(output.new_token_ids) for output in outputs))
            last = now
            if observe:
                observe(len(seconds))
        # Results went past the engine's front, which would wait for them for ever.
        self._engine.output_processor.abort_requests(ids, True)
        return Steps(tuple(seconds), tuple(tokens), tuple(sorted(first.values())))

    def _add(self, index: int, prompt_len: int, new_tokens: int) -> str:
        from vllm import SamplingParams

        self._requests += 1
        prompt = {"prompt_token_ids": [(index + 31 * position) % self._vocabulary for position in range(prompt_len)]}
        parameters = SamplingParams(max_tokens=new_tokens, ignore_eos=True, temperature=0.0, detokenize=False)
        return self._engine.add_request(f"bench-{self._requests}", prompt, parameters)

    def _synchronize(self) -> None:
        if self._has_cuda:
            import torch

            torch.cuda.synchronize()

    def _facts(self, version: str, device: str) -> StartFacts:
        import torch

        config = self._engine.vllm_config
        cache, compilation = config.cache_config, config.compilation_config
        layers = compilation.static_forward_context.values()
        attention = sorted({type(layer.impl).__name__ for layer in layers if hasattr(layer, "impl")})
        return StartFacts(
            version=version,
            weight_dtype=str(config.model_config.dtype).removeprefix("torch."),
            block_size=cache.block_size,
            # Where layers differ in their cache, blocks times their size is not what a sequence may fill.
            pool_tokens=cache.kv_cache_size_tokens or cache.num_gpu_blocks * cache.block_size,
            max_context=config.model_config.max_model_len,
            attention=" ".join(attention),
            graphs=getattr(compilation.cudagraph_mode, "name", str(compilation.cudagraph_mode)),
            device=device,
            cuda_total_bytes=torch.cuda.mem_get_info()[1] if self._has_cuda else 0,
        )
