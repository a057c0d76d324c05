"""The script that Python runs inside the sandbox; it turns itself into the zygote.

Only a few files of this folder are visible there, and the repository is not: they are given a package of their own
name, so that they find each other without `autograder` (whose parts would import the judge's side).
"""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

# What is needed inside; `launch.py` makes these and nothing else of the repository visible.
FILES = (
    *("channel.py", "control.py", "guest.py", "kernel.py", "libraries.py", "manners.py"),
    *("repeats.py", "runner.py", "warden.py", "zygote.py"),
)

if __name__ == "__main__":
    package = ModuleType("sandbox_guest")
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules["sandbox_guest"] = package
    settings = json.loads(sys.argv[1])
    sys.path += settings["path"]
    importlib.import_module("sandbox_guest.zygote").main(settings)
