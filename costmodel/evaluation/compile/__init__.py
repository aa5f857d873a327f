"""Formulas and schemes made ready to run: one walk over one graph, written as NumPy, C, gradient and residual."""
