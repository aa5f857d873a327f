"""The work that calibration times: kernels for the device at hand, each compared with ``costmodel.codecs`` in the tests."""
