"""The linear model in PyTorch, by training its network: python3 linear_torch.py FOLDER [SIGMAS.json]

Without sigmas one run, eager autograd; with them all runs of the ensemble at once, which share data and unit noise.
"""

import json
import os
import sys

import torch
from side import Start, serve

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
start = Start(sys.argv[1])
meta = start.meta
(_, width, _), batch, rows = meta["widths"], meta["batch"], meta["rows"]
sigmas = torch.tensor(json.loads(sys.argv[2]) if len(sys.argv) > 2 else [meta["sigma"]]).reshape(-1, 1, 1)
runs = len(sigmas)
inputs = torch.from_numpy(start.array("inputs", rows, 1))
targets = torch.from_numpy(start.array("targets", rows, 1))
given_noise = torch.from_numpy(start.array("noise", meta["steps"], batch, 1))
first, alpha = meta["factors"]


def initial(name, *shape):
    values = torch.from_numpy(start.array(name, *shape))
    return (values if runs == 1 else values.repeat(runs, 1, 1)).requires_grad_()


class Training:
    def __init__(self):
        self.w1, self.niw = initial("weights.0", 1, width), initial("niw", 1, width)
        self.w2 = initial("weights.1", width, 1)
        self.optimizer = torch.optim.SGD([self.w1, self.niw, self.w2], lr=meta["learningRate"])
        self.order, self.place = torch.randperm(rows), 0

    def step(self, x, y, noise):
        if runs == 1:
            z = torch.addcmul(first * (x @ self.w1), noise * float(sigmas), self.niw)
        else:
            z = torch.addcmul(first * x * self.w1, noise * sigmas, self.niw)
        each = (alpha * (z @ self.w2) - y).square().sum((-2, -1)) / (2 * batch)
        self.optimizer.zero_grad(set_to_none=True)
        each.sum().backward()
        self.optimizer.step()
        return each

    def run(self, steps):
        for _ in range(steps):
            if self.place + batch > rows:
                self.order, self.place = torch.randperm(rows), 0
            if batch == rows:
                x, y = inputs, targets
            else:
                index = self.order[self.place : self.place + batch]
                x, y = inputs[index], targets[index]
            self.place += batch
            self.step(x, y, torch.randn(batch, 1))


def losses(steps):
    """Of one run those of each step, of an ensemble each run's last."""
    training, made = Training(), []
    for k in range(steps):
        first_row = k * batch % (rows - rows % batch)
        part = slice(first_row, first_row + batch)
        made.append(training.step(inputs[part], targets[part], given_noise[k]).detach().reshape(-1))
    return torch.cat(made) if runs == 1 else made[-1]


serve({"torch": torch.__version__, "threads": torch.get_num_threads()}, {"step": Training().run}, losses)
