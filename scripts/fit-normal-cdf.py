"""Fits the polynomial of `normalCdf` in assembly/math32.ts: Phi(-a) = exp(-a^2/2) t P(t), t = 1/(1 + C a).

Iteratively reweighted least squares on Chebyshev nodes, relative error. Run: python3 scripts/fit-normal-cdf.py
"""
import math

import numpy as np

C, DEGREE, REACH = 0.35, 8, 14.0


def mills(a):
    """Phi(-a) exp(a^2/2)."""
    z = a / math.sqrt(2)
    if z < 3:
        return 0.5 * math.erfc(z) * math.exp(z * z)
    fraction = 0.0
    for n in range(200, 0, -1):
        fraction = n / 2 / (z + fraction)
    return 0.5 / math.sqrt(math.pi) / (z + fraction)


t = 0.5 * (1 + np.cos(np.pi * (np.arange(2000) + 0.5) / 2000))
t = t[t > 1 / (1 + C * REACH)]
target = np.array([mills(a) for a in (1 / t - 1) / C]) / t
basis = np.vander(t, DEGREE + 1, increasing=True) / target[:, None]
weights = np.ones_like(t)
for _ in range(60):
    coefficients = np.linalg.lstsq(basis * weights[:, None], weights, rcond=None)[0]
    error = np.abs(basis @ coefficients - 1)
    weights *= 0.3 + error / error.max()
    weights /= weights.mean()
for i, c in enumerate(coefficients.astype(np.float32)):
    print(f"const P{i}: f32 = {c!r};")
print(f"// largest relative error {error.max():.1e}")
