"""Makes regularisers.json: what PyTorch trains with dropout and noise on the inputs, all random numbers given. Needs torch, numpy."""

import json
from pathlib import Path

import numpy as np
import torch

WIDTHS, ROWS, BATCH, EPOCHS = [5, 7, 6, 3], 12, 4, 3
DROPOUT, INPUT_NOISE, SIGMA, RATE = 0.3, 0.4, 1.2, 0.07
torch.set_default_dtype(torch.float64)


def case(activation, momentum, decay, seed):
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(size=shape).astype(np.float32).astype(np.float64)
    x, y = normal(ROWS, WIDTHS[0]), rng.integers(0, WIDTHS[-1], ROWS)
    layers = range(len(WIDTHS) - 1)
    w = [0.7 * normal(WIDTHS[l + 1], WIDTHS[l]) for l in layers]
    w = [m.astype(np.float32).astype(np.float64) for m in w]
    b = [normal(WIDTHS[l + 1]) for l in layers]
    v = normal(WIDTHS[1], 2)
    noise, on_input = normal(EPOCHS, ROWS, 2), normal(EPOCHS, ROWS, WIDTHS[0])
    kept = [(rng.random((EPOCHS, ROWS, width)) > DROPOUT).astype(int) for width in WIDTHS[1:-1]]
    order = np.stack([rng.permutation(ROWS) for _ in range(EPOCHS)])
    parameters = [torch.tensor(p, requires_grad=True) for p in [*w, *b, v]]
    W, B, V = parameters[:3], parameters[3:6], parameters[6]
    optimizer = torch.optim.SGD(parameters, lr=RATE, momentum=momentum, weight_decay=decay)
    f = {"relu": torch.relu, "tanh": torch.tanh, "gelu": torch.nn.functional.gelu}[activation]
    losses = []
    for epoch in range(EPOCHS):
        for k in range(ROWS // BATCH):
            rows = order[epoch, k * BATCH : (k + 1) * BATCH]
            a = torch.tensor(x[rows] + INPUT_NOISE * on_input[epoch, rows])
            for l in layers:
                a = a @ W[l].T + B[l]
                if l == 0:
                    a = a + SIGMA * torch.tensor(noise[epoch, rows]) @ V.T
                if l < len(layers) - 1:
                    a = f(a) * torch.tensor(kept[l][epoch, rows]) / (1 - DROPOUT)
            loss = torch.nn.functional.cross_entropy(a, torch.tensor(y[rows]))
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    flat = lambda arrays: [np.asarray(m).reshape(-1).tolist() for m in arrays]
    return {
        "activation": activation, "momentum": momentum, "weightDecay": decay,
        "x": x.reshape(-1).tolist(), "y": y.tolist(), "weights": flat(w), "biases": flat(b), "niw": flat([v]),
        "noise": flat(noise), "inputNoise": flat(on_input), "kept": [flat(m) for m in kept], "order": order.tolist(),
        "loss": losses, "ends": flat([p.detach().numpy() for p in parameters]),
    }


cases = [case("relu", 0, 0, 1), case("tanh", 0.8, 0.01, 2), case("gelu", 0, 0.02, 3)]
settings = {"widths": WIDTHS, "rows": ROWS, "batch": BATCH, "epochs": EPOCHS, "dropout": DROPOUT,
            "inputNoise": INPUT_NOISE, "sigma": SIGMA, "learningRate": RATE}
Path(__file__).with_name("regularisers.json").write_text(json.dumps({"settings": settings, "cases": cases}))
