"""Writes .npy files of all kinds, whole and with altered headers, beside what NumPy reads from them.

    python3 test/data/make_arrays.py > test/data/fixtures/arrays.json      # NumPy (made with 1.24)

Each case is one file: its bytes, what was done to it, and the shape and values that NumPy finds in row-major order, or
null if NumPy refuses it. Values that are not finite are strings. It shares no code with the project.
"""
import base64
import io
import json
import math
import random
import struct
import warnings

import numpy as np
from numpy.lib import format as npy

warnings.simplefilter("ignore")
random.seed(17)
rng = np.random.default_rng(17)

TYPES = ["f2", "f4", "f8", "b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
OTHERS = ["c8", "c16", "S3", "U2", "M8[s]", "V4"]
SHAPES = [(), (0,), (1,), (7,), (2, 3), (3, 2), (4, 1), (1, 4), (2, 2, 2), (2, 0, 3), (1, 2, 3, 2)]


def sample(kind, shape):
    dtype = np.dtype(kind)
    count = math.prod(shape)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        special = [0.0, -0.0, float(info.max), float(info.tiny), float(np.nextafter(dtype.type(0), dtype.type(1)))]
        values = rng.standard_normal(count)
        for i in range(count):
            if random.random() < 0.3:
                values[i] = random.choice(special)
    elif dtype.kind == "b":
        values = rng.integers(0, 2, count)
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        low, high = max(info.min, -(2**53) + 1), min(info.max, 2**53 - 1)
        values = [random.choice([low, high, 0, 1, random.randint(low, high)]) for _ in range(count)]
    else:
        return np.zeros(shape, dtype)
    return np.array(values).astype(dtype).reshape(shape)


def written(array, version):
    out = io.BytesIO()
    npy.write_array(out, array, version=version)
    return out.getvalue()


def parts(data):
    wide = data[6] > 1
    size = struct.unpack("<I" if wide else "<H", data[8 : 12 if wide else 10])[0]
    first = 12 if wide else 10
    return wide, data[first : first + size].decode("latin1"), data[first + size :]


def assembled(data, header, version=None):
    version = version or data[6]
    body = parts(data)[2]
    text = header.encode("latin1")
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + body


def spelled(descr, fortran, shape):
    """The same dictionary as another writer might spell it."""
    quote = random.choice("'\"")
    blank = lambda: random.choice(["", "", " ", "  ", "\n", "\t"])
    suffix = random.choice(["", "", "L"])
    sizes = ",".join(f"{blank()}{n}{suffix}{blank()}" for n in shape)
    sizes += "," if len(shape) == 1 or (shape and random.random() < 0.3) else ""
    entries = [
        ("descr", f"{quote}{descr}{quote}"),
        ("fortran_order", str(fortran)),
        ("shape", f"({sizes})"),
    ]
    random.shuffle(entries)
    inner = f"{blank()},{blank()}".join(f"{quote}{k}{quote}{blank()}:{blank()}{v}" for k, v in entries)
    inner += random.choice(["", ",", ", "])
    return "{" + blank() + inner + blank() + "}" + " " * random.randrange(20) + random.choice(["", "\n"])


def altered(header):
    """A few characters of a header replaced, dropped, doubled or added."""
    text = list(header)
    for _ in range(random.choice([1, 1, 2, 3])):
        at = random.randrange(max(1, len(header.rstrip()))) if text else 0
        what = random.randrange(4)
        letter = random.choice("'\"{}()[],:LTFu<>=|0123456789 fibe\n-+._#")
        if what == 0:
            text[at : at + 1] = letter
        elif what == 1:
            del text[at : at + 1]
        elif what == 2:
            text[at:at] = text[at : at + random.randrange(1, 9)]
        else:
            text[at:at] = letter
    return "".join(text)


def found(data):
    stream = io.BytesIO(data)
    try:
        array = npy.read_array(stream, allow_pickle=False)
    except Exception:
        return None
    if stream.read(1):
        return None
    if array.dtype.kind not in "fbiu":
        return None
    values = []
    for value in array.ravel(order="C"):
        value = value.item()
        if isinstance(value, bool):
            value = int(value)
        values.append(value if math.isfinite(value) else str(value))
    return {"shape": list(array.shape), "values": values}


cases = []


def add(what, data):
    cases.append({"what": what, "file": base64.b64encode(data).decode(), "found": found(data)})


def any_array(kinds=TYPES, shapes=SHAPES):
    kind = random.choice("<>") + random.choice(kinds)
    array = sample(kind, random.choice(shapes))
    if random.random() < 0.5:
        array = np.asfortranarray(array)
    return array


for kind in TYPES:
    for order in "<>":
        for k, shape in enumerate(random.sample(SHAPES, 4)):
            array = sample(order + kind, shape)
            if k % 2:
                array = np.asfortranarray(array)
            version = random.choice([(1, 0), (2, 0), (3, 0)])
            add(f"{order}{kind} {shape} {version[0]}", written(array, version))
for kind in OTHERS:
    add(kind, written(np.zeros(3, kind), (1, 0)))
for value in [math.nan, math.inf, -math.inf]:
    for kind in ["<f2", ">f4", "<f8"]:
        add(f"{kind} {value}", written(np.array([1, value, 2], kind), (1, 0)))
for kind in ["<i8", ">u8"]:
    add(f"{kind} beyond 2^53", written(np.array([1, 2**53 + 1], kind), (1, 0)))
for _ in range(150):
    array = any_array()
    data = written(array, (1, 0))
    descr = array.dtype.str
    if array.dtype.itemsize == 1 or descr[0] == "<":
        descr = random.choice([descr, descr[1:], "=" + descr[1:], "|" + descr[1:] if descr[0] == "|" else descr])
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    header = spelled(descr, fortran, array.shape)
    add(f"spelled {header}", assembled(data, header, random.choice([1, 2, 3])))
for _ in range(300):
    array = any_array(shapes=[(3,), (2, 3), (1,)])
    data = written(array, (1, 0))
    header = altered(parts(data)[1].rstrip() + "\n")
    add(f"altered {header}", assembled(data, header))
for _ in range(60):
    data = bytearray(written(any_array(shapes=[(3,), (2, 3)]), (1, 0)))
    for _ in range(random.choice([1, 2])):
        data[random.randrange(len(data))] = random.randrange(256)
    add("bytes replaced", bytes(data))
for _ in range(20):
    data = written(any_array(shapes=[(3,), (2, 3)]), (1, 0))
    add("cut short", data[: random.randrange(len(data))])

print("[")
print(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]")
