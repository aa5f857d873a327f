"""Written by ``python -m costmodel.evaluation.build``; never by hand."""
