"""Seconds in PyTorch on CUDA, in float32: the product of two 4096 x 4096 matrices; a training step of 784-512-512-512-10 at
batch 128, eager and as a CUDA graph; and a step of 64 replicas by vmap."""

import json
import sys
import time

try:
    import torch
    from torch.func import functional_call, grad, stack_module_state, vmap
except ImportError:
    sys.exit("PyTorch is not installed")
if not torch.cuda.is_available():
    sys.exit("PyTorch has no CUDA here")

torch.backends.cuda.matmul.allow_tf32 = False


def network():
    widths = [785, 512, 512, 512, 10]
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).cuda()


def timed(step, steps=200):
    for _ in range(20):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / steps


x = torch.randn(128, 785, device="cuda")
y = torch.randint(0, 10, (128,), device="cuda")
model = network()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


def eager():
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()


models = [network() for _ in range(64)]
parameters, buffers = stack_module_state(models)
parameters = {name: value.detach() for name, value in parameters.items()}


def loss(p):
    return torch.nn.functional.cross_entropy(functional_call(models[0], p, (x,)), y)


gradient = vmap(grad(loss))


def ensemble():
    with torch.no_grad():
        for name, g in gradient(parameters).items():
            parameters[name].sub_(g, alpha=0.01)




def graph():
    """The eager step, recorded once: its launches cost the host nothing more."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(5):
            eager()
    torch.cuda.synchronize()
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        eager()
    return recorded.replay


square = torch.randn(4096, 4096, device="cuda")
times = {
    "product": timed(lambda: square @ square, 20),
    "eager": timed(eager),
    "vmap": timed(ensemble, 50),
    "graph": timed(graph()),
}
print(json.dumps({"device": torch.cuda.get_device_name(), "torch": torch.__version__, **times}))
