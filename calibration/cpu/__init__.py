"""The CPU as a target device: the whole loop of measuring, fitting, predicting and checking, on any machine."""
