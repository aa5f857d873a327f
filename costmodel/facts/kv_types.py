"""Formats of a cached number that kernels were measured with, by the names of the tables, and the bytes that each takes.

The integer formats are those of costmodel's own kernels: groups of 32 numbers along the head, an int8 group with one fp32
scale, an int4 group with a 16-bit scale and zero; both are counted into the bytes.
"""

KV_BYTES = {"bfloat16": 2.0, "float16": 2.0, "float32": 4.0, "fp8": 1.0, "int8": 1.125, "int4": 0.625}
