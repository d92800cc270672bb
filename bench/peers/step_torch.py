"""Training steps in PyTorch, eager: python3 step_torch.py FOLDER"""

import os
import sys

import torch
import torch.nn.functional as F
from side import Start, serve

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
start = Start(sys.argv[1])
meta = start.meta
widths, batch, rows, sigma = meta["widths"], meta["batch"], meta["rows"], meta["sigma"]
inputs = torch.from_numpy(start.array("inputs", rows, widths[0]))
labels = torch.from_numpy(start.array("targets", rows)).long()
given_noise = torch.from_numpy(start.array("noise", meta["steps"], batch, 1))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        with torch.no_grad():
            for l, layer in enumerate(self.layers):
                layer.weight.copy_(torch.from_numpy(start.array(f"weights.{l}", widths[l + 1], widths[l])))
                layer.bias.copy_(torch.from_numpy(start.array(f"bias.{l}", widths[l + 1])))
        self.niw = torch.nn.Parameter(torch.from_numpy(start.array("niw", widths[1])))

    def forward(self, x, noise):
        x = F.relu(torch.addcmul(self.layers[0](x), noise, self.niw))
        for layer in self.layers[1:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Training:
    def __init__(self):
        self.network = Network()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=meta["learningRate"], foreach=True)
        self.order = torch.randperm(rows)
        self.place = 0

    def step(self, x, y, noise):
        loss = F.cross_entropy(self.network(x, noise), y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss

    def run(self, steps):
        for _ in range(steps):
            if self.place + batch > rows:
                self.order, self.place = torch.randperm(rows), 0
            index = self.order[self.place : self.place + batch]
            self.place += batch
            self.step(inputs[index], labels[index], torch.randn(batch, 1).mul_(sigma))


def losses(steps):
    training = Training()
    for k in range(steps):
        part = slice(k * batch, (k + 1) * batch)
        yield training.step(inputs[part], labels[part], sigma * given_noise[k]).item()


serve({"torch": torch.__version__, "threads": torch.get_num_threads()}, {"step": Training().run}, losses)
