"""The numbers behind the smooth functions: stable NumPy code, without SymPy, for generated evaluators.

Powers are never formed: (a^p + b^p)^(1/p) goes through exp and log1p of p·ln(b/a), so p = 60 neither overflows nor
loses digits. All take scalars or arrays and broadcast.
"""

import numpy as np


def PNorm(a, b, p):
    z = p * np.log(b / a)
    return np.where(z > 0, b, a) * np.exp(np.log1p(np.exp(-np.abs(z))) / p)


def PNormWeight(a, b, p):
    z = p * np.log(b / a)
    e = np.exp(-np.abs(z))
    return np.where(z > 0, e, 1.0) / (1.0 + e)


def PNormEntropy(a, b, p):
    z = np.abs(p * np.log(b / a))
    e = np.exp(-z)
    return np.log1p(e) + z * e / (1.0 + e)


def PositivePart(x):
    return np.maximum(0.0, x)


def Indicator(x):
    return np.where(np.asarray(x) > 0, 1.0, 0.0)


Ceil = np.ceil
Floor = np.floor
Minimum = np.minimum
Maximum = np.maximum
KERNELS = {f.__name__: f for f in (PNorm, PNormWeight, PNormEntropy, PositivePart, Indicator)} | {
    "Ceil": Ceil,
    "Floor": Floor,
    "Minimum": Minimum,
    "Maximum": Maximum,
}
