"""A Python that has xllamacpp, llama.cpp's own server, for the tests and benchmarks beside it."""

import os
import sys
from pathlib import Path

import clients

VERSION = "2026.10.11549"
HINT = "Check the network, or set AIIA_LLAMA_PYTHON to a Python that has the package xllamacpp, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns that Python. Makes one below `cache` when it is not there."""
    given = environ.get("AIIA_LLAMA_PYTHON")
    if given:
        task.done(f"given, {given}")
        return Path(given)
    steps = clients.Steps("llama.cpp's server", HINT, task, log_path, environ)
    folder = clients.install_once(cache, f"llama-server-{VERSION}", steps, _install)
    task.done(f"xllamacpp {VERSION}, {folder}")
    return folder / "bin" / "python"


def _install(folder, steps):
    steps.run("making a virtual environment", [sys.executable, "-m", "venv", folder], folder)
    steps.run("getting the server", [folder / "bin" / "python", "-m", "pip", *clients.PIP, f"xllamacpp=={VERSION}"], folder)
