"""Measure the CUDA device at hand: short cases, cold or warm L2 as each states, raw runs kept as JSON lines.

Its first run on a GPU is kept in ``costmodel/facts/measurements/h100-suite.csv``; it stopped early and timed the host's
launches. The second, of graphs on the device's own time line, is kept beside it (``h100-suite-graphs.csv``): 499 cases in 71
seconds. Tests need no GPU: operations run on a CPU in Triton's interpreter at tiny shapes, the timing on a device made of
arithmetic.
"""
