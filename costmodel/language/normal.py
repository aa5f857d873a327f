"""Quantiles of the normal distribution that intervals are made of."""

Z90 = 1.6448536269514722  # two-sided 90 %
