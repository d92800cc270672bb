"""The linear model in PyTorch, by training its network: python3 linear_torch.py FOLDER [SIGMAS.json]

Without sigmas one run, eager autograd; with them all runs of the ensemble at once, which share data and unit noise.
"""

import json
import os
import sys

import torch
import torch.nn.functional as F
from side import Start, serve

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
start = Start(sys.argv[1])
meta = start.meta
(_, width, _), batch, rows = meta["widths"], meta["batch"], meta["rows"]
sigmas = torch.tensor(json.loads(sys.argv[2]) if len(sys.argv) > 2 else [meta["sigma"]]).reshape(-1, 1, 1)
runs, sigma = len(sigmas), float(sigmas[0])
inputs = torch.from_numpy(start.array("inputs", rows, 1))
targets = torch.from_numpy(start.array("targets", rows, 1))
given_noise = torch.from_numpy(start.array("noise", meta["steps"], batch, 1))
first, alpha = meta["factors"]
inputs *= first


def initial(name, *shape):
    values = torch.from_numpy(start.array(name, *shape))
    return (values if runs == 1 else values.repeat(runs, 1, 1)).requires_grad_()


class Training:
    def __init__(self):
        self.w1, self.niw = initial("weights.0", 1, width), initial("niw", 1, width)
        self.w2 = initial("weights.1", width, 1)
        self.optimizer = torch.optim.SGD([self.w1, self.niw, self.w2], lr=meta["learningRate"])
        self.x, self.y, self.place = inputs, targets, rows

    def step(self, x, y, noise):
        """One update of each run; returns what they predicted before it."""
        if runs == 1:
            z = torch.addcmul(x @ self.w1, noise.mul_(sigma), self.niw)
        else:
            z = torch.addcmul(x * self.w1, noise * sigmas, self.niw)
        predicted = alpha * (z @ self.w2)
        loss = F.mse_loss(predicted, y.expand_as(predicted), reduction="sum") * (0.5 / batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return predicted

    def batch(self):
        """The next of the data, which are shuffled once an epoch."""
        if batch == rows:
            return inputs, targets
        if self.place + batch > rows:
            order = torch.randperm(rows)
            self.x, self.y, self.place = inputs[order], targets[order], 0
        part = slice(self.place, self.place + batch)
        self.place += batch
        return self.x[part], self.y[part]

    def run(self, steps):
        for _ in range(steps):
            self.step(*self.batch(), torch.randn(batch, 1))


def losses(steps):
    """Of one run those of each step, of an ensemble each run's last."""
    training, made = Training(), []
    for k in range(steps):
        first_row = k * batch % (rows - rows % batch)
        x, y = inputs[first_row : first_row + batch], targets[first_row : first_row + batch]
        predicted = training.step(x, y, given_noise[k].clone()).detach()
        made.append((predicted - y).square().mean((-2, -1)).reshape(-1) / 2)
    return torch.cat(made) if runs == 1 else made[-1]


serve({"torch": torch.__version__, "threads": torch.get_num_threads()}, {"step": Training().run}, losses)
