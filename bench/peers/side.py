"""A side of the benchmark in Python: it answers requests, a line of JSON each, until its input ends."""

import ctypes
import json
import re
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


# Libraries that are made for speed, by a part of their file's name or of the name that PyTorch and NumPy give them.
FAST = {
    "openblas": "OpenBLAS",
    "open": "OpenBLAS",
    "mkl": "MKL",
    "blis": "BLIS",
    "atlas": "ATLAS",
    "accelerate": "Accelerate",
    "veclib": "Accelerate",
    "armpl": "ArmPL",
    "nvpl": "NVPL",
}


def blas():
    """The BLAS that multiplies here: its name, null if none that is known to be fast was found; its libraries; and what OpenBLAS says of itself."""
    np.ones((64, 64), np.float32) @ np.ones((64, 64), np.float32)
    built = linked_into_torch()
    if built:
        return {"name": built, "libraries": []}
    paths = loaded()
    for path in paths:
        # The wheels of NumPy put a prefix and a suffix on OpenBLAS's functions.
        for name in ("openblas_{}", "openblas_{}64_", "scipy_openblas_{}", "scipy_openblas_{}64_"):
            found = openblas(path, name)
            if found:
                return {**found, "libraries": paths}
    names = [Path(path).name for path in paths] or [numpys()]
    return {"name": next((name for text in names if (name := known(text))), None), "libraries": paths}


def known(text):
    return next((name for part, name in FAST.items() if part in text.lower()), None)


def linked_into_torch():
    """PyTorch's wheels contain their BLAS. "generic" is the library that the system provides."""
    torch = sys.modules.get("torch")
    found = torch and re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return known(found[1]) if found else None


def loaded():
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return []
    paths = {line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines() if ".so" in line}
    return sorted(path for path in paths if re.search("blas|mkl|blis|armpl|nvpl|atlas", Path(path).name.lower()))


def openblas(path, name):
    library = ctypes.CDLL(path)
    if not hasattr(library, name.format("get_config")):
        return None
    config, core = (getattr(library, name.format(what)) for what in ("get_config", "get_corename"))
    config.restype = core.restype = ctypes.c_char_p
    threads = getattr(library, name.format("get_num_threads"))()
    core, config = core().decode(), config().decode()
    version = config.split()[1]
    return {"name": f"OpenBLAS {version} for {core}", "config": config, "core": core, "threads": threads}


def numpys():
    """What NumPy says it was built with; older versions do not."""
    config = getattr(np.__config__, "CONFIG", {})
    return config.get("Build Dependencies", {}).get("blas", {}).get("name", "")
