"""Measure the CUDA device at hand: short cases, cold or warm L2 as each states, raw runs kept as JSON lines.

No figure in this repository was measured by this suite; it is proven on a CPU in Triton's interpreter, at tiny shapes, with a
clock that a test passes in.
"""
