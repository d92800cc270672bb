"""Trains small networks with noise probes, writes their logs into the current folder, and prints what a probe should have read, computed
without the gradient of its weights: from the layer's outputs before and after the noise, and the gradient there."""
import json
import os

import torch
from noise_probe import NoiseProbe


def mlp(activation=torch.nn.Tanh):
    return torch.nn.Sequential(torch.nn.Linear(6, 10), activation(), torch.nn.Linear(10, 8), activation(), torch.nn.Linear(8, 3)), 2


def relu():
    return mlp(torch.nn.ReLU)


def cnn():
    conv, flat = torch.nn.Conv2d(1, 4, 3), torch.nn.Flatten()
    return torch.nn.Sequential(torch.nn.Unflatten(1, (1, 2, 3)), torch.nn.ZeroPad2d(1), conv, torch.nn.Tanh(), flat, torch.nn.Linear(24, 3)), 2


OPTIMISERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.05),
    "momentum": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.01),
}


def batch(rows):
    inputs = torch.randn(rows, 6)
    return inputs, inputs[:, :3].argmax(1)


def train(make, optimiser, learning_rate, jsonl=None, steps=12):
    torch.manual_seed(3)
    model, at = make()
    layer, seen = model[at], {}
    layer.register_forward_hook(lambda _, inputs, output: seen.update(clean=output.detach()))
    probe = NoiseProbe(layer, nodes=2, sigma=0.4, learning_rate=learning_rate, training_rate=0.05, jsonl=jsonl)

    def after(_, inputs, output):
        seen["shift"] = output.detach() - seen["clean"]
        output.register_hook(lambda gradient: seen.update(gradient=gradient))

    layer.register_forward_hook(after)
    known = [{"params": model.parameters()}] + ([probe.group()] if learning_rate else [])
    optimiser = OPTIMISERS[optimiser](known)
    expected = []
    for step in range(steps):
        inputs, targets = batch(16)
        model.eval()
        model(inputs)
        assert not seen["shift"].any()  # an evaluation has no noise
        model.train()
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        probe.record(step, loss)
        w, shift = probe.niw.detach(), seen["shift"]
        unit = shift if shift.dim() == 2 else shift[:, :, 0, 0]
        square = (unit @ torch.linalg.pinv(w).t()).square().mean()
        product = (seen["gradient"] * shift).sum()
        reading = product / (square * w.square().sum())
        expected.append({"step": step, "loss": loss.item(), "norm": w.norm().item(), "reading": reading.item()})
        optimiser.step()
    if jsonl is None:
        probe.save("log.npz")
    return expected


def frozen(make, sigma, steps):
    """The curvature along a bystander's weights in a network that stands still: by the log, and by autograd."""
    torch.manual_seed(5)
    model, at = make()
    inputs, targets = torch.randn(64, 6), torch.randint(0, 3, (64,))  # which no network can learn, so that some curvature remains
    last = torch.optim.LBFGS(model.parameters(), max_iter=4)

    def closure():
        last.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        return loss

    last.step(closure)
    bias = model[at].bias.detach().clone()

    def loss_of(b):
        model[at].bias.data.zero_()
        handle = model[at].register_forward_hook(lambda _, i, out: out + b.reshape([1, -1] + [1] * (out.dim() - 2)))
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        handle.remove()
        return loss

    hessian = torch.autograd.functional.hessian(loss_of, bias)
    model[at].bias.data.copy_(bias)
    probe = NoiseProbe(model[at], nodes=2, sigma=sigma)
    w = probe.niw.detach()
    for step in range(steps):
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        probe.record(step, loss)
    return probe, (torch.trace(w.t() @ hessian @ w) / w.square().sum()).item()


torch.set_default_dtype(torch.float64)
found = {}
for name, make in {"mlp": mlp, "relu": relu, "cnn": cnn}.items():
    for optimiser in OPTIMISERS:
        key = f"{name}-{optimiser}"
        found[key] = train(make, optimiser, 0.05)
        os.rename("log.npz", f"{key}.npz")
        assert train(make, optimiser, 0.05, jsonl=f"{key}.jsonl") == found[key]
    found[f"{name}-bystander"] = train(make, "sgd", 0)
    os.rename("log.npz", f"{name}-bystander.npz")
    train(make, "sgd", 0, jsonl=f"{name}-bystander.jsonl")
    if name == "relu":
        continue  # its noise reads more than the pointwise Hessian, which is all that autograd sees
    probe, hessian = frozen(make, 0.4, 300)
    probe.save(f"{name}-frozen.npz")
    found[f"{name}-frozen"] = hessian
print(json.dumps(found))
