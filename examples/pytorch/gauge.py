"""Trains an MLP with noise nodes on its second layer, and writes what they read.

    pip install torch numpy
    python gauge.py
    ninscope gauge log.npz
"""
import torch
from noise_probe import NoiseProbe

torch.manual_seed(0)
centres = 0.5 * torch.randn(5, 20)
targets = torch.randint(0, 5, (1000,))
inputs = centres[targets] + torch.randn(1000, 20)

model = torch.nn.Sequential(
    torch.nn.Linear(20, 48), torch.nn.Tanh(), torch.nn.Linear(48, 32), torch.nn.Tanh(), torch.nn.Linear(32, 5)
)
probe = NoiseProbe(model[2], nodes=8, sigma=2, learning_rate=0.3)
optimizer = torch.optim.SGD([{"params": model.parameters()}, probe.group()], lr=0.3)

step = 0
for epoch in range(40):
    for batch in torch.randperm(1000).split(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs[batch]), targets[batch])
        loss.backward()
        probe.record(step, loss)
        optimizer.step()
        step += 1
probe.save("log.npz")
