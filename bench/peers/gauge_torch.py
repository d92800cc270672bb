"""Training steps in PyTorch with and without examples/pytorch/noise_probe.py: python3 gauge_torch.py '{"widths": ..., ...}'"""

import json
import os
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from side import serve

sys.path.append(str(Path(__file__).parents[2] / "examples" / "pytorch"))
from noise_probe import NoiseProbe

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
given = json.loads(sys.argv[1])
widths, batch, rate = given["widths"], given["batch"], 0.01
x, y = torch.randn(batch, widths[0]), torch.randint(widths[-1], (batch,))


def training(probed):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    groups = [{"params": list(model.parameters())}]
    probe = None
    if probed:
        probe = NoiseProbe(model[2], nodes=given["nodes"], sigma=given["sigma"], learning_rate=rate)
        groups.append(probe.group())
    optimizer = torch.optim.SGD(groups, lr=rate, foreach=True)

    def run(steps):
        start = time.process_time()
        for step in range(steps):
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if probe:
                probe.record(step, loss)
            else:
                loss.item()
            optimizer.step()
        if probe:
            probe.rows.clear()  # what the log would hold; here it would fill the memory
        return time.process_time() - start

    return run


serve({"torch": torch.__version__}, {"without": training(False), "with": training(True)})
