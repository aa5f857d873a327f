"""What every known key of a result must hold, also where nothing is read from it: a wrong type is a damaged file.

Keys follow the tools' own naming: measures by statistic, count or unit, rates that may be words, texts. Keys that no tool is
known to write pass.
"""

import re

from calibration.data.result_fields import Result
from costmodel.errors import FactError, shown

NUMBERS = re.compile(
    r"(mean|median|std|stddev|avg|max|min|p\d+(\.\d+)?|total)_\w+|\w+_(ms|ns|ts|s|throughput|tok_s|per_gpu|per_second)"
    r"|num_(prompts|requests)|n_(prompt|gen|depth|batch|ubatch|threads|gpu_layers)|request_throughput|duration|completed|failed"
    r"|burstiness|concurrency|elapsed_time|isl|osl|conc|ep|model_size|model_n_params"
)
RATE_WORDS = {"request_rate": ("inf", "infinity", "trace")}
TEXTS = re.compile(
    r"date|backend|endpoint_type|model_id|tokenizer_id|label|framework|precision|hw|model_(type|filename)|type_[kv]|gpu_info"
    r"|cpu_info|build_commit|test_time|dataset_name"
)
LISTS = {
    "input_lens": True,
    "output_lens": True,
    "ttfts": True,
    "itls": False,
    "errors": False,
    "generated_texts": False,
}  # of numbers?


def check_types(run: Result) -> None:
    """FactError naming file, key, found and due for a known key of a wrong type; null stands for nothing said."""
    for name, value in run.values.items():
        if value is None:
            continue
        if name in RATE_WORDS:
            due = f"a number, or {' or '.join(RATE_WORDS[name])}"
            fits = _is_number(value) or (isinstance(value, str) and value.strip().lower() in RATE_WORDS[name])
        elif name in LISTS:
            due, fits = "a list", isinstance(value, list)
            if fits and LISTS[name]:
                due, fits = "a list of numbers", all(map(_is_number, value))
        elif TEXTS.fullmatch(name):
            due, fits = "text", isinstance(value, str)
        elif NUMBERS.fullmatch(name):
            due, fits = "a number", _is_number(value)
        else:
            continue
        if not fits:
            raise FactError(f"{run.location}: {name}: expected {due}, got {shown(value)}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
