"""Trains small networks with noise injection nodes in PyTorch, float64, and writes what happened as replay files.

    python3 test/check/replay/make_cases.py test/check/replay/fixtures

Everything random (data, initial parameters, noise, order) is drawn here by NumPy, rounded to float32 and written to
the file; the training itself is torch.optim.SGD and autograd, and shares nothing with the project.
"""
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "gelu": F.gelu, "linear": lambda z: z}

CASES = {
    "relu-first": dict(widths=[20, 24, 24, 5], sigma=2.0),
    "relu-hidden-3-fixed": dict(
        widths=[12, 20, 16, 4], ninLayer=1, nodes=3, sigma=1.5, distribution="uniform", mode="fixed"
    ),
    "relu-mse": dict(widths=[9, 30, 3], loss="mse", sigma=0.7, learningRate=0.05),
    "relu-rest": dict(widths=[33, 17, 65, 7], nodes=2, sigma=1.0, batch=12, samples=50, epochs=6),
    "relu-catapult": dict(widths=[16, 32, 32, 32, 6], sigma=16.0, learningRate=0.1, batch=32, epochs=30),
    "tanh-first-3": dict(widths=[8, 16, 3], activation="tanh", loss="mse", nodes=3, sigma=1.0),
    "tanh-hidden": dict(widths=[10, 14, 14, 5], activation="tanh", ninLayer=1, sigma=1.2, distribution="rademacher"),
    "tanh-momentum-decay": dict(
        widths=[15, 20, 20, 4], activation="tanh", nodes=3, sigma=2.0, momentum=0.9, weightDecay=1e-3, learningRate=0.02
    ),
    "tanh-output": dict(widths=[6, 12, 4], activation="tanh", ninLayer=1, nodes=1, sigma=0.8, mode="fixed"),
    "gelu-hidden": dict(widths=[11, 18, 18, 6], activation="gelu", ninLayer=2, nodes=2, sigma=1.0, momentum=0.5),
    "gelu-mse-decay": dict(widths=[7, 21, 2], activation="gelu", loss="mse", sigma=1.0, weightDecay=0.01),
    "linear-catapult": dict(
        widths=[1, 50, 1], activation="linear", loss="mse", batch=64, epochs=150, catapult=2.6, learningRate=0.05
    ),
    "linear-divergent": dict(
        widths=[1, 20, 1], activation="linear", loss="mse", batch=64, epochs=24, catapult=6.0, learningRate=0.05
    ),
    "linear-softmax": dict(widths=[5, 3], activation="linear", nodes=1, sigma=3.0, batch=64, epochs=40),
    "relu-mse-hidden": dict(widths=[8, 15, 12, 3], loss="mse", ninLayer=1, nodes=2, sigma=0.8, learningRate=0.05),
    "tanh-mse-hidden": dict(
        widths=[7, 13, 11, 4], activation="tanh", loss="mse", ninLayer=1, sigma=1.1, distribution="uniform", mode="fixed"
    ),
}
DEFAULTS = dict(
    activation="relu",
    loss="cross-entropy",
    ninLayer=0,
    nodes=1,
    sigma=1.0,
    learningRate=0.1,
    batch=16,
    samples=64,
    epochs=12,
    mode="fresh",
    distribution="normal",
    momentum=0.0,
    weightDecay=0.0,
)


def unit_noise(rng, distribution, shape):
    if distribution == "normal":
        return rng.standard_normal(shape)
    if distribution == "uniform":
        return rng.uniform(-math.sqrt(3), math.sqrt(3), shape)
    return rng.integers(0, 2, shape) * 2.0 - 1.0


def make(name, case, seed):
    meta = {**DEFAULTS, **{k: v for k, v in case.items() if k != "catapult"}}
    rng = np.random.default_rng(seed)
    single = lambda a: np.asarray(a, dtype=np.float32)
    widths, at, nodes = meta["widths"], meta["ninLayer"], meta["nodes"]
    samples, epochs, batch = meta["samples"], meta["epochs"], meta["batch"]
    layers = range(len(widths) - 1)

    X = single(rng.standard_normal((samples, widths[0])))
    if meta["loss"] == "cross-entropy":
        y = rng.integers(0, widths[-1], samples).astype(np.int64)
    elif "catapult" in case:
        y = X.copy()
    else:
        y = single(np.tanh(X @ rng.standard_normal((widths[0], widths[-1]))))
    gain = 2.0 if meta["activation"] == "relu" else 1.0
    W0 = [single(rng.standard_normal((widths[l + 1], widths[l])) * math.sqrt(gain / widths[l])) for l in layers]
    b0 = [single(rng.standard_normal(widths[l + 1]) * 0.1) for l in layers]
    V0 = single(rng.standard_normal((widths[at + 1], nodes)) * math.sqrt(gain / widths[at]))
    if "catapult" in case:
        # The linear model of the theory, without bias at the start, at a chosen eta sigma^2 lambda.
        scale = 1 / math.sqrt(widths[1])
        W0 = [single(rng.standard_normal((widths[1], 1)) * scale), single(rng.standard_normal((1, widths[1])) * scale)]
        V0 = single(rng.standard_normal((widths[1], 1)) * scale)
        b0 = [np.zeros_like(b) for b in b0]
        curvature = float((W0[1] ** 2).sum() + (V0**2).sum())
        meta["sigma"] = math.sqrt(case["catapult"] / (meta["learningRate"] * curvature))
    noise = single(unit_noise(rng, meta["distribution"], (epochs, samples, nodes)))
    if meta["mode"] == "fixed":
        noise[:] = noise[0]
    order = np.stack([rng.permutation(samples) for _ in range(epochs)]).astype(np.uint32)

    parameter = lambda a: torch.tensor(a.astype(np.float64), requires_grad=True)
    W, b, V = [parameter(w) for w in W0], [parameter(v) for v in b0], parameter(V0)
    inputs = torch.tensor(X.astype(np.float64))
    targets = torch.tensor(y if meta["loss"] == "cross-entropy" else y.astype(np.float64))
    activation = ACTIVATIONS[meta["activation"]]

    def forward(x, eps=None, shift=None):
        for l in layers:
            z = x @ W[l].T + b[l]
            if l == at and eps is not None:
                z = z + eps @ V.T
            if l == at and shift is not None:
                z = z + shift
            x = activation(z) if l < len(widths) - 2 else z
        return x

    def loss_of(outputs, wanted):
        if meta["loss"] == "cross-entropy":
            return F.cross_entropy(outputs, wanted)
        return 0.5 * ((outputs - wanted) ** 2).sum(1).mean()

    hessian = torch.autograd.functional.hessian(
        lambda shift: loss_of(forward(inputs, shift=shift), targets), torch.zeros(widths[at + 1])
    )
    optimizer = torch.optim.SGD(
        [*W, *b, V], lr=meta["learningRate"], momentum=meta["momentum"], weight_decay=meta["weightDecay"]
    )
    losses, norms, clean = [], [], []
    for epoch in range(epochs):
        for k in range(samples // batch):
            visited = torch.tensor(order[epoch, k * batch : (k + 1) * batch].astype(np.int64))
            eps = meta["sigma"] * torch.tensor(noise[epoch].astype(np.float64))[visited]
            loss = loss_of(forward(inputs[visited], eps), targets[visited])
            losses.append(loss.item())
            norms.append(V.detach().norm().item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            clean.append(loss_of(forward(inputs), targets).item())

    arrays = dict(X=X, y=y, V0=V0, noise=noise, order=order, H=hessian.numpy())
    for l in layers:
        arrays.update({f"W0_{l}": W0[l], f"b0_{l}": b0[l]})
    # Of a diverged run, what there was before the first number that is not finite.
    finite = lambda series: np.array(series)[: int(np.isfinite(series).cumprod().sum())]
    arrays.update(loss=finite(losses), niw_norm=finite(norms), clean_loss=finite(clean))
    if math.isfinite(losses[-1]):
        arrays.update(V1=V.detach().numpy())
        for l in layers:
            arrays.update({f"W1_{l}": W[l].detach().numpy(), f"b1_{l}": b[l].detach().numpy()})
    text = json.dumps(meta).encode()
    arrays["meta"] = np.frombuffer(text, dtype=np.uint8)
    np.savez_compressed(f"{sys.argv[1]}/{name}.npz", **arrays)
    print(
        f"{name}: loss {losses[0]:.3g} -> max {max(losses):.3g} -> {losses[-1]:.3g};"
        f" |V| {norms[0]:.3g} -> max {max(norms):.3g} -> {norms[-1]:.3g}"
    )


for i, (name, case) in enumerate(CASES.items()):
    make(name, case, 1000 + i)
