"""The work that calibration times: kernels for the device at hand, each held against ``costmodel.codecs``."""
