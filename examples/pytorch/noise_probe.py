"""Noise nodes for a layer of your network, and a log of them that `ninscope gauge` reads. Copy this file into your project.

    probe = NoiseProbe(model[2], nodes=8, sigma=0.3, learning_rate=0.1)      # before the optimiser is made
    optimizer = torch.optim.SGD([{"params": model.parameters()}, probe.group()], lr=0.1)
    ...
        loss.backward()
        probe.record(step, loss)                                             # after backward(), before optimizer.step()
        optimizer.step()
    probe.save("log.npz")                                                    # then: ninscope gauge log.npz
"""
import json

import numpy as np
import torch


class NoiseProbe(torch.nn.Module):
    """While `layer` (Linear or Conv2d) trains, adds `W eps` to what it computes: `eps` are `nodes` normal numbers of standard
    deviation `sigma` for each sample, which all pixels of a channel share; `W` is the parameter `niw` [width, nodes].

    learning_rate: that of `W`, which `group()` gives to the optimiser. 0: `W` never changes and only reads.
    training_rate: that of the layer, if it is another one.
    jsonl: path of a file, made anew, that gets a line for each record at once, for `ninscope gauge --follow`. The probe then keeps no
    records in memory, and has nothing to save."""

    def __init__(self, layer, nodes=8, sigma=0.1, learning_rate=0.0, training_rate=None, jsonl=None):
        super().__init__()
        weight = layer.weight.detach()
        start = torch.randn(len(weight), nodes, dtype=torch.promote_types(weight.dtype, torch.float32), device=weight.device)
        self.niw = torch.nn.Parameter(start / weight[0].numel() ** 0.5)
        self.meta = {"width": len(weight), "nodes": nodes, "sigma": sigma, "learningRate": learning_rate}
        if training_rate is not None:
            self.meta["trainingRate"] = training_rate
        self.squares, self.rows, self.start = [], [], None
        self.file = open(jsonl, "w") if jsonl else None
        layer.register_forward_hook(self._add_noise)

    def group(self):
        """The optimiser's parameter group of `W`. It has no weight decay, which would shrink `W` as curvature does."""
        return {"params": [self.niw], "lr": self.meta["learningRate"], "weight_decay": 0}

    def _add_noise(self, layer, inputs, output):
        if not layer.training:
            return output
        batch, nodes = len(output), self.meta["nodes"]
        eps = self.meta["sigma"] * torch.randn(batch, nodes, dtype=self.niw.dtype, device=output.device)
        self.meta.setdefault("batch", batch)
        self.squares.append(eps.square().mean())
        if output.dim() == 2 and output.dtype == eps.dtype:
            return torch.addmm(output, eps, self.niw.t())  # one pass over the output instead of two
        shared = [1] * (output.dim() - 2)  # by a convolution's pixels, which follow the channels; by a sequence's places, before the units
        convolves = isinstance(layer, torch.nn.modules.conv._ConvNd)
        shape = [batch, -1] + shared if convolves else [batch] + shared + [-1]
        return output + (eps @ self.niw.t()).reshape(shape).to(output.dtype)

    def record(self, step, loss=None):
        """Notes one step, after backward() and before the optimiser's step. `loss` is the batch mean that backward() began from."""
        if self.niw.grad is None:
            raise RuntimeError("the noise weights have no gradient: call record() after backward(), with the layer in training mode")
        w, g = (x.detach().cpu().numpy() for x in (self.niw, self.niw.grad))
        loss = float("nan") if loss is None else float(loss)
        square, self.squares = sum(map(float, self.squares)) / len(self.squares), []
        if self.meta["learningRate"] == 0:
            self.niw.grad = None  # an optimiser that does not know W does not clear its gradient either
        if self.file is None:
            at = len(self.rows) % 128
            if at == 0:  # many small arrays between its own would make PyTorch fetch memory anew at each step
                self.block = np.empty((128, 2, *w.shape), w.dtype)
            self.block[at] = w, g
            self.rows.append((step, loss, *self.block[at], square))
            return
        if self.start is None:
            self.start = w.astype(float)
            self._write({"ninscope": "gauge", **self.meta})
        w, g, start = w.astype(float), g.astype(float), self.start
        line = {"loss": loss, "norm": np.sqrt((w * w).sum()), "memory": (w * start).sum() / (start * start).sum(),
                "product": (w * g).sum(), "gradient": np.sqrt((g * g).sum()), "noiseSquare": square}
        self._write({"step": step, **{name: float(x) if np.isfinite(x) else None for name, x in line.items()}})

    def _write(self, line):
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    def save(self, path):
        """Writes all records as one .npz file."""
        step, loss, niw, gradient, square = (np.array(column) for column in zip(*self.rows))
        meta = np.frombuffer(json.dumps(self.meta).encode(), np.uint8)
        np.savez(path, meta=meta, step=step, loss=loss, niw=niw, gradient=gradient, noiseSquare=square)
