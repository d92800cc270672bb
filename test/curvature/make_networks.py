"""Networks as other people store them, with what PyTorch's autograd finds of them in float64.

Writes twelve safetensors files to fixtures/networks, by the format's published description, and expected.json: the data,
and for each file the mean loss and the largest eigenvalues of the Hessian of that loss with respect to a shift of each
layer's pre-activations that all samples share (its bias, whether it has one or not).

    python3 test/curvature/make_networks.py
"""

import json
import pathlib
import struct

import torch

FOLDER = pathlib.Path(__file__).parent / "fixtures" / "networks"
SAMPLES, INPUTS, CLASSES = 40, 6, 3
TYPES = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64}
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "gelu": torch.nn.functional.gelu}

random = torch.Generator().manual_seed(20240611)


def normals(*shape):
    return torch.randn(*shape, generator=random, dtype=torch.float64)


def as_bytes(tensor):
    return tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()


def write(path, dtype, tensors, metadata):
    header, parts, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        data = as_bytes(tensor)
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        parts.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def loss_of(logits, targets, loss):
    if loss == "cross-entropy":
        return torch.nn.functional.cross_entropy(logits, targets)
    if targets.dtype == torch.int64:
        targets = torch.nn.functional.one_hot(targets, logits.shape[1]).double()
    return ((logits - targets) ** 2).sum(1).mean() / 2


def forward(layers, activation, inputs, shifted=None, shift=None):
    values = inputs
    for l, (weight, bias) in enumerate(layers):
        values = values @ weight.T
        if bias is not None:
            values = values + bias
        if l == shifted:
            values = values + shift
        if l < len(layers) - 1:
            values = ACTIVATIONS[activation](values)
    return values


def case(name, widths, names, activation, loss, targets, dtype="F32", **habits):
    """`names` of the layers; a bias is at `no_bias` left out; `tied` layers share a weight; `aliases` go to the metadata."""
    kind = TYPES[dtype]
    tensors, layers = {}, []
    aliases = dict(habits.get("aliases", {}))
    joint = habits.get("joint", ".")
    for l, layer in enumerate(names):
        weight_name, bias_name = f"{layer}{joint}weight", f"{layer}{joint}bias"
        if weight_name in aliases:
            weight = tensors[aliases[weight_name]]
        else:
            weight = (1.3 * normals(widths[l + 1], widths[l]) / widths[l] ** 0.5).to(kind)
            tensors[weight_name] = weight
        bias = None
        if l not in habits.get("no_bias", ()):
            bias = (0.3 * normals(widths[l + 1])).to(kind)
            tensors[bias_name] = bias
        layers.append((weight.double(), None if bias is None else bias.double()))
    if habits.get("shuffled"):
        order = torch.randperm(len(tensors), generator=random).tolist()
        tensors = dict([list(tensors.items())[i] for i in order])
    write(FOLDER / f"{name}.safetensors", dtype, tensors, {"format": "pt", **aliases})

    wanted = DATA[targets]
    found = loss_of(forward(layers, activation, DATA["inputs"]), wanted, loss)
    eigenvalues = []
    for l in range(len(layers)):
        hessian = torch.autograd.functional.hessian(
            lambda shift: loss_of(forward(layers, activation, DATA["inputs"], l, shift), wanted, loss),
            torch.zeros(widths[l + 1], dtype=torch.float64),
        )
        values = torch.linalg.eigvalsh(hessian).flip(0)
        eigenvalues.append(values[:5].tolist())
    return {
        "name": name,
        "weights": [f"{layer}{joint}weight" for layer in names],
        "activation": activation,
        "loss": loss,
        "targets": targets,
        "meanLoss": found.item(),
        "eigenvalues": eigenvalues,
    }


DATA = {
    "inputs": normals(SAMPLES, INPUTS).float().double(),
    "classes": torch.randint(0, CLASSES, (SAMPLES,), generator=random),
    "pairs": normals(SAMPLES, 2).float().double(),
}

backbone = ["backbone.0", "backbone.2", "classifier"]
CASES = [
    case("sequential", [6, 16, 12, 3], ["net.0", "net.2", "net.4"], "tanh", "cross-entropy", "classes"),
    case(
        "beyond-ten",
        [6] + [8] * 11 + [3],
        [f"layers.{2 * l}" for l in range(12)],
        *("tanh", "cross-entropy", "classes"),
        shuffled=True,
    ),
    case(
        "nested",
        [6, 10, 10, 10, 3],
        ["encoder.block.0.fc1", "encoder.block.0.fc2", "encoder.block.1.fc1", "head.out"],
        *("gelu", "cross-entropy", "classes"),
        dtype="F64",
    ),
    case(
        "data-parallel",
        [6, 12, 12, 3],
        ["module.fc1", "module.fc2", "module.fc3"],
        *("relu", "cross-entropy", "classes"),
    ),
    case(
        "compiled",
        [6, 14, 9, 2],
        ["_orig_mod.module.net.0", "_orig_mod.module.net.3", "_orig_mod.module.net.6"],
        *("tanh", "mse", "pairs"),
    ),
    case(
        "without-biases",
        [6, 11, 11, 11, 3],
        ["fc1", "fc2", "fc3", "fc4"],
        *("tanh", "cross-entropy", "classes"),
        no_bias=(0, 2, 3),
    ),
    case(
        "tied",
        [6, 12, 12, 12, 3],
        ["fc1", "fc2", "fc3", "fc4"],
        *("tanh", "cross-entropy", "classes"),
        aliases={"fc3.weight": "fc2.weight"},
    ),
    case(
        "half",
        [6, 16, 10, 3],
        ["model.0", "model.2", "model.4"],
        *("relu", "cross-entropy", "classes"),
        dtype="F16",
    ),
    case(
        "brain-half",
        [6, 13, 8, 2],
        ["mlp.layers.0.linear", "mlp.layers.1.linear", "mlp.layers.2.linear"],
        *("gelu", "mse", "pairs"),
        dtype="BF16",
    ),
    case(
        "descriptive",
        [6, 14, 20, 9, 3],
        ["in_proj", "mlp_up", "mlp_down", "out_proj"],
        *("tanh", "cross-entropy", "classes"),
        dtype="F64",
        shuffled=True,
    ),
    case(
        "wide",
        [6, 160, 2],
        ["dense", "output"],
        *("tanh", "mse", "pairs"),
        joint="_",
    ),
    case(
        "registered-twice",
        [6, 10, 7, 3],
        backbone,
        *("gelu", "mse", "classes"),
        aliases={
            f"layers.{l}.{part}": f"{layer}.{part}"
            for l, layer in enumerate(backbone)
            for part in ("weight", "bias")
        },
    ),
]
written = {
    "data": {name: values.tolist() for name, values in DATA.items()},
    "cases": CASES,
}
(FOLDER / "expected.json").write_text(json.dumps(written, separators=(",", ":")) + "\n")
