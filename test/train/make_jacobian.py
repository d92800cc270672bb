"""Makes jacobian.json: what PyTorch trains with a penalty on the Jacobian, all random numbers given. Needs torch, numpy."""

import json
from pathlib import Path

import numpy as np
import torch

WIDTHS, ROWS, BATCH, EPOCHS = [5, 7, 6, 3], 12, 4, 3
JACOBIAN, DROPOUT, INPUT_NOISE, SIGMA, RATE = 0.15, 0.3, 0.4, 1.2, 0.07
torch.set_default_dtype(torch.float64)


def case(activation, momentum, decay, dropout, factors, seed):
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(size=shape).astype(np.float32).astype(np.float64)
    x, y = normal(ROWS, WIDTHS[0]), rng.integers(0, WIDTHS[-1], ROWS)
    layers = range(len(WIDTHS) - 1)
    w = [0.7 / factors[l] * normal(WIDTHS[l + 1], WIDTHS[l]) for l in layers]
    w = [m.astype(np.float32).astype(np.float64) for m in w]
    b = [normal(WIDTHS[l + 1]) for l in layers]
    v = [normal(WIDTHS[l + 1], 2) for l in (0, 1)]
    noise = [normal(EPOCHS, ROWS, 2) for _ in v]
    on_input = normal(EPOCHS, ROWS, WIDTHS[0])
    directions = normal(EPOCHS, ROWS, WIDTHS[-1])
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    directions = directions.astype(np.float32).astype(np.float64)
    kept = [(rng.random((EPOCHS, ROWS, width)) >= dropout).astype(int) for width in WIDTHS[1:-1]]
    order = np.stack([rng.permutation(ROWS) for _ in range(EPOCHS)])
    parameters = [torch.tensor(p, requires_grad=True) for p in [*w, *b, *v]]
    W, B, V = parameters[:3], parameters[3:6], parameters[6:]
    optimizer = torch.optim.SGD(parameters, lr=RATE, momentum=momentum, weight_decay=decay)
    f = {"relu": torch.relu, "tanh": torch.tanh, "gelu": torch.nn.functional.gelu}[activation]
    losses, slopes = [], []
    for epoch in range(EPOCHS):
        for k in range(ROWS // BATCH):
            rows = order[epoch, k * BATCH : (k + 1) * BATCH]
            seen = torch.tensor(x[rows] + INPUT_NOISE * on_input[epoch, rows], requires_grad=True)
            a = seen
            for l in layers:
                a = factors[l] * a @ W[l].T + B[l]
                if l < len(V):
                    a = a + SIGMA * torch.tensor(noise[l][epoch, rows]) @ V[l].T
                if l < len(layers) - 1:
                    a = f(a) * torch.tensor(kept[l][epoch, rows]) / (1 - dropout)
            loss = torch.nn.functional.cross_entropy(a, torch.tensor(y[rows]))
            losses.append(loss.item())
            own = torch.autograd.grad(loss, V, retain_graph=True)
            slopes.append(sum((p * g).sum().item() for p, g in zip(V, own)))
            direction = torch.tensor(directions[epoch, rows])
            (u,) = torch.autograd.grad((a * direction).sum(), seen, create_graph=True)
            penalty = JACOBIAN * WIDTHS[-1] / 2 * (u * u).sum() / BATCH
            optimizer.zero_grad()
            (loss + penalty).backward()
            optimizer.step()
    flat = lambda arrays: [np.asarray(m).reshape(-1).tolist() for m in arrays]
    return {
        "activation": activation, "momentum": momentum, "weightDecay": decay, "dropout": dropout, "factors": factors,
        "x": x.reshape(-1).tolist(), "y": y.tolist(), "weights": flat(w), "biases": flat(b), "niw": flat(v),
        "noise": [flat(n) for n in noise], "inputNoise": flat(on_input), "directions": flat(directions),
        "kept": [flat(m) for m in kept], "order": order.tolist(),
        "loss": losses, "niwSlope": slopes, "ends": flat([p.detach().numpy() for p in parameters]),
    }


cases = [
    case("relu", 0.8, 0.01, DROPOUT, [1, 1, 1], 1),
    case("relu", 0, 0.02, 0, [0.5, 0.4, 0.4], 2),
    case("tanh", 0.8, 0.01, DROPOUT, [1, 1, 1], 3),
    case("gelu", 0, 0.02, 0, [0.5, 0.4, 0.4], 4),
]
settings = {"widths": WIDTHS, "rows": ROWS, "batch": BATCH, "epochs": EPOCHS, "jacobian": JACOBIAN,
            "inputNoise": INPUT_NOISE, "sigma": SIGMA, "learningRate": RATE}
Path(__file__).with_name("jacobian.json").write_text(json.dumps({"settings": settings, "cases": cases}))
