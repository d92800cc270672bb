"""Matrix products by NumPy's BLAS: python3 product_numpy.py m k n"""

import sys

import numpy as np
from side import serve

m, k, n = map(int, sys.argv[1:])
draw = np.random.default_rng(0)
x, w, delta = (draw.standard_normal(shape, np.float32) for shape in [(m, k), (n, k), (m, n)])
out = [np.empty_like(array) for array in (delta, x, w)]


def times(a, b, into):
    def run(units):
        for _ in range(units):
            np.matmul(a, b, out=into)

    return run


# NumPy has no product that adds to its result: the update here is a plain product, which favours NumPy.
serve(
    {},
    {
        "forward": times(x, w.T, out[0]),
        "backward": times(delta, w, out[1]),
        "update": times(delta.T, x, out[2]),
    },
)
