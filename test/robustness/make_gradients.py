"""Gradients of each sample's loss with respect to its inputs, by PyTorch's autograd in float64.

    python3 test/robustness/make_gradients.py > test/robustness/fixtures/gradients.json

Each case is a small network with the normalisation of its inputs, some samples, the network's outputs and the gradients.
It shares no code with the project.
"""

import json

import torch

random = torch.Generator().manual_seed(7)
INPUTS, SAMPLES, CLASSES = 12, 7, 4
ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "gelu": torch.nn.functional.gelu,
    "linear": lambda z: z,
}


def numbers(*shape):
    """float32 numbers, so that every machine starts from the same."""
    return torch.randn(*shape, generator=random).double()


def case(name, hidden, activation, loss, scale, shift, factor=1.0, bias=True):
    widths = [INPUTS, *hidden, CLASSES]
    layers = [
        (numbers(n, m) * (1 if factor != 1 else (2 / m) ** 0.5), numbers(n) * 0.3 if bias else None)
        for m, n in zip(widths, widths[1:])
    ]
    layers = [(w.float().double(), None if b is None else b.float().double()) for w, b in layers]
    x = torch.rand(SAMPLES, INPUTS, generator=random).double().requires_grad_()
    labels = torch.randint(0, CLASSES, (SAMPLES,), generator=random)
    factors = [factor / m**0.5 if factor != 1 else 1.0 for m in widths[:-1]]
    values = scale * x + shift
    for l, ((weight, b), c) in enumerate(zip(layers, factors)):
        values = c * values @ weight.T + (0 if b is None else b)
        if l < len(layers) - 1:
            values = ACTIVATIONS[activation](values)
    if loss == "cross-entropy":
        total = torch.nn.functional.cross_entropy(values, labels, reduction="sum")
    else:
        total = ((values - torch.nn.functional.one_hot(labels, CLASSES)) ** 2).sum() / 2
    (gradient,) = torch.autograd.grad(total, x)
    return {
        "name": name,
        "network": {
            "widths": widths,
            "activation": activation,
            "loss": loss,
            "bias": bias,
            "factors": factors,
        },
        "scale": scale,
        "shift": shift,
        "weights": [w.flatten().tolist() for w, _ in layers],
        "biases": [[] if b is None else b.tolist() for _, b in layers],
        "inputs": x.flatten().tolist(),
        "labels": labels.tolist(),
        "outputs": values.flatten().tolist(),
        "gradients": gradient.flatten().tolist(),
    }


print(
    json.dumps(
        [
            case("relu", [10, 9], "relu", "cross-entropy", 2.5, -0.7),
            case("tanh", [11], "tanh", "cross-entropy", 2.8, -0.8),
            case("gelu", [8, 8], "gelu", "cross-entropy", 1.0, 0.0),
            case("linear", [6], "linear", "cross-entropy", 3.0, 0.1),
            case("no hidden layer", [], "relu", "cross-entropy", 2.0, -0.3),
            case("squared error", [10], "relu", "mse", 2.5, -0.7),
            case("squared error, gelu", [7, 6], "gelu", "mse", 0.5, 0.5),
            case("ntk", [16], "tanh", "cross-entropy", 2.8, -0.8, factor=1.4),
            case("no biases", [9, 7, 6], "relu", "cross-entropy", 2.5, -0.7, bias=False),
        ],
        separators=(",", ":"),
    )
)
