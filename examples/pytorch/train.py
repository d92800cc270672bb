"""Trains an MLP in PyTorch and leaves what ninscope needs to read its curvature: the weights and the data.

    pip install torch numpy safetensors
    python train.py
    ninscope curvature model.safetensors --config curvature.json --layer 1
"""
import numpy as np
import torch
from safetensors.torch import save_file

torch.manual_seed(0)
rng = np.random.default_rng(0)
centres = rng.standard_normal((5, 20))
y = rng.integers(0, 5, 1000)
x = (centres[y] + rng.standard_normal((1000, 20))).astype(np.float32)

model = torch.nn.Sequential(
    torch.nn.Linear(20, 48), torch.nn.Tanh(), torch.nn.Linear(48, 32), torch.nn.Tanh(), torch.nn.Linear(32, 5)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
for epoch in range(20):
    for batch in torch.randperm(1000).split(50):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs[batch]), targets[batch]).backward()
        optimizer.step()

save_file(model.state_dict(), "model.safetensors")
np.savez("data.npz", x=x, y=y)

# What autograd says of the second layer: the Hessian with respect to its bias is the mean local Hessian.
model, inputs = model.double(), inputs.double()


def loss(shift):
    hidden = model[1](model[0](inputs))
    return torch.nn.functional.cross_entropy(model[4](model[3](model[2](hidden) + shift)), targets)


hessian = torch.autograd.functional.hessian(loss, torch.zeros(32, dtype=torch.float64))
print("largest eigenvalues", torch.linalg.eigvalsh(hessian).flip(0)[:4].tolist())
print("trace over units", (hessian.trace() / 32).item())
