"""What a number was measured on."""

import os
import platform
from pathlib import Path

import torch


def machine() -> str:
    """The processor, its cores and the version of PyTorch, for the record."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor() or platform.machine()
    return f"{cpu}, {os.cpu_count()} cores, one thread used, PyTorch {torch.__version__.split('+')[0]}"
