"""KV types as vLLM names them: a Literal."""

from typing import Literal

CacheDType = Literal["auto", "fp8", "int8_per_token_head", "turboquant_4bit_nc"]
