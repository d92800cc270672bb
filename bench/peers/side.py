"""A side of the benchmark in Python: it answers requests, a line of JSON each, until its input ends."""

import ctypes
import json
import sys
import time
from pathlib import Path

import numpy as np


def serve(ready, cases, losses=None):
    """`cases` take a number of units and make them, and may return their time in seconds; `losses` takes a number of steps and returns a list of numbers."""
    say({"ready": {**ready, "numpy": np.__version__, "blas": blas()}})
    for line in sys.stdin:
        request = json.loads(line)
        if "losses" in request:
            say({"losses": [float(value) for value in losses(request["losses"])]})
            continue
        run, units = cases[request["case"]], request["run"]
        start = time.perf_counter()
        own = run(units)
        say({"seconds": time.perf_counter() - start if own is None else own})


def say(message):
    print(json.dumps(message), flush=True)


class Start:
    """What the driver wrote for all sides: settings as attributes of `meta`, arrays by name."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.meta = json.loads((self.folder / "meta.json").read_text())

    def array(self, name, *shape):
        return np.fromfile(self.folder / name, np.float32).reshape(shape)

    def has(self, name):
        return (self.folder / name).exists()


def blas():
    """The BLAS that this process has loaded: libraries, and what OpenBLAS says of itself."""
    np.ones((64, 64), np.float32) @ np.ones((64, 64), np.float32)
    with open("/proc/self/maps") as maps:
        paths = sorted({line.split()[-1] for line in maps if "blas" in line.lower() or "mkl" in line.lower()})
    for path in paths:
        library = ctypes.CDLL(path)
        if not hasattr(library, "openblas_get_config"):
            continue
        library.openblas_get_config.restype = library.openblas_get_corename.restype = ctypes.c_char_p
        core, config = library.openblas_get_corename().decode(), library.openblas_get_config().decode()
        return {"libraries": paths, "config": config, "core": core, "threads": library.openblas_get_num_threads()}
    return {"libraries": paths}
