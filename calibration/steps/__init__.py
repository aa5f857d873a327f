"""An implementation learnt from a handful of step times: rows, the law with free constants, the fit, the profile."""
