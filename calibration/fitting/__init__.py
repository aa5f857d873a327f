"""A formula fitted to rows, whatever the kernel: residual, layout of the parameters, least squares, spread, covariance."""
