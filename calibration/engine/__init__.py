"""Measuring the inference engine that is installed: pool, decode steps, first tokens, one burst, kernels by name.

``bench`` starts one ``worker`` per KV type, which runs ``measure`` on an engine behind ``interface``; ``vllm_adapter`` is
that for vLLM. ``records`` keeps what is finished, ``fit_steps`` and ``check_steps`` are what is learnt from it.
"""
