"""Prints what this Python has, as JSON."""

import json
import platform

import numpy
from side import blas

try:
    import torch

    version = torch.__version__
except ImportError:
    version = None

print(json.dumps({"python": platform.python_version(), "numpy": numpy.__version__, "torch": version, "blas": blas()}))
