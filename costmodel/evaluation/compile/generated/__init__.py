"""Written by ``python -m costmodel.evaluation.compile.generate``; never by hand."""
