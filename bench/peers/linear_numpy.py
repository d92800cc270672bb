"""The linear model in NumPy: python3 linear_numpy.py FOLDER [SIGMAS.json]

Case `step` trains the network by hand-written gradients, one run or all at once; case `recursion` takes all runs
through the exact recursion for the reduced state, in float64. Runs of an ensemble share data and unit noise.
"""

import json
import sys

import numpy as np
from side import Start, serve

start = Start(sys.argv[1])
meta = start.meta
(_, width, _), batch, rows, rate = meta["widths"], meta["batch"], meta["rows"], meta["learningRate"]
sigmas = np.array(json.loads(sys.argv[2]) if len(sys.argv) > 2 else [meta["sigma"]], np.float32)
runs = len(sigmas)
inputs, targets = start.array("inputs", rows, 1), start.array("targets", rows, 1)
given_noise = start.array("noise", meta["steps"], batch, 1)
first, alpha = np.float32(meta["factors"][0]), np.float32(meta["factors"][1])
scale = np.float32(alpha * rate / batch)
draw = np.random.default_rng(0)


class Batches:
    """Batches of the data, which are shuffled once an epoch."""

    def __init__(self):
        self.x, self.y, self.place = inputs, targets, rows

    def next(self):
        if batch == rows:
            return inputs, targets
        if self.place + batch > rows:
            order = draw.permutation(rows)
            self.x, self.y, self.place = inputs[order], targets[order], 0
        part = slice(self.place, self.place + batch)
        self.place += batch
        return self.x[part], self.y[part]


class Single:
    def __init__(self):
        self.w1, self.niw = start.array("weights.0", 1, width), start.array("niw", 1, width)
        self.w2 = start.array("weights.1", width, 1)

    def step(self, x, y, noise):
        x, noise = x * first, noise * sigmas[0]
        z = x @ self.w1 + noise @ self.niw
        error = alpha * (z @ self.w2) - y
        pull = error * scale
        down = pull @ self.w2.T
        self.w2 -= z.T @ pull
        self.w1 -= x.T @ down
        self.niw -= noise.T @ down
        return [0.5 * np.vdot(error, error) / batch]


class Ensemble:
    def __init__(self):
        self.w1, self.niw = (np.tile(start.array(name, 1, width), (runs, 1, 1)) for name in ("weights.0", "niw"))
        self.w2 = np.tile(start.array("weights.1", width, 1), (runs, 1, 1))

    def step(self, x, y, noise):
        # All runs' hidden layers, [runs, batch, width], by one batched product of depth 2.
        u = np.empty((runs, batch, 2), np.float32)
        u[:, :, 0] = first * x[:, 0]
        u[:, :, 1] = noise[:, 0] * sigmas[:, None]
        z = u @ np.concatenate([self.w1, self.niw], 1)
        error = alpha * (z @ self.w2) - y
        pull = error * scale
        # The gradient of the first layer has rank one.
        along = u.transpose(0, 2, 1) @ pull
        rows_of_w2 = self.w2.transpose(0, 2, 1)
        down = along * rows_of_w2
        self.w2 -= z.transpose(0, 2, 1) @ pull
        self.w1 -= down[:, :1]
        self.niw -= down[:, 1:]
        return np.einsum("rij,rij->r", error, error) * np.float32(0.5 / batch)


class Recursion:
    def __init__(self):
        w1, niw, w2 = (start.array(name, width).astype(np.float64) for name in ("weights.0", "niw", "weights.1"))
        state = [w1 @ w1, w1 @ niw, niw @ niw, w1 @ w2, niw @ w2, w2 @ w2]
        self.state = [np.full(runs, value) for value in state]
        self.sigma = sigmas.astype(np.float64)

    def step(self, x, y, noise):
        x, y, e = (array[:, 0].astype(np.float64) for array in (x * first, y, noise))
        g11, g12, g22, v1, v2, s = self.state
        sigma, c = self.sigma, rate * float(alpha)
        s11, s12, s22 = x @ x / batch, sigma * (x @ e / batch), sigma**2 * (e @ e / batch)
        q1, q2, yy = x @ y / batch, sigma * (e @ y / batch), y @ y / batch
        f1, f2 = float(alpha) * v1, float(alpha) * v2
        e1, e2 = s11 * f1 + s12 * f2 - q1, s12 * f1 + s22 * f2 - q2
        loss = 0.5 * (f1 * (e1 - q1) + f2 * (e2 - q2) + yy)
        b1, b2 = c * e1, c * e2
        gb1, gb2 = g11 * b1 + g12 * b2, g12 * b1 + g22 * b2
        vb1, vb2 = v1 * b1, v2 * b2
        vb = vb1 + vb2
        self.state = [
            g11 - 2 * vb1 + s * b1 * b1,
            g12 - (v1 * b2 + b1 * v2) + s * b1 * b2,
            g22 - 2 * vb2 + s * b2 * b2,
            v1 - gb1 - (s - vb) * b1,
            v2 - gb2 - (s - vb) * b2,
            s - 2 * vb + b1 * gb1 + b2 * gb2,
        ]
        return loss


def repeated(training):
    batches = Batches()

    def run(steps):
        for _ in range(steps):
            training.step(*batches.next(), draw.standard_normal((batch, 1), np.float32))

    return run


def losses(steps):
    """Of one run those of each step, of an ensemble each run's last: by the network, then by the recursion."""
    made = []
    trainings = [Single()] if runs == 1 else [Ensemble(), Recursion()]
    for training in trainings:
        each = []
        for k in range(steps):
            first_row = k * batch % (rows - rows % batch)
            part = slice(first_row, first_row + batch)
            each.append(training.step(inputs[part], targets[part], given_noise[k]))
        made += each if runs == 1 else each[-1:]
    return np.concatenate(made)


network = Single() if runs == 1 else Ensemble()
serve({}, {"step": repeated(network), "recursion": repeated(Recursion())}, losses)
