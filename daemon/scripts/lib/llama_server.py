"""A Python that has xllamacpp, llama.cpp's own server, for the tests and benchmarks beside it."""

import os
import shutil
import sys
from pathlib import Path

import processes
from failure import SetupError

VERSION = "2026.10.11549"
HINT = "Check the network, or set AIIA_LLAMA_PYTHON to a Python that has the package xllamacpp, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns that Python. Makes one below `cache` when it is not there."""
    given = environ.get("AIIA_LLAMA_PYTHON")
    if given:
        task.done(f"given, {given}")
        return Path(given)
    folder = cache / "clients" / f"llama-server-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        Path(log_path).parent.mkdir(parents=True, exist_ok=True)
        Path(log_path).unlink(missing_ok=True)
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:", f"xllamacpp=={VERSION}"]
        for text, command in [("making a virtual environment", [sys.executable, "-m", "venv", folder]), ("getting the server", install)]:
            task.update(text)
            if processes.run_logged(command, log_path, env=dict(environ), append=True) != 0:
                raise SetupError(f"llama.cpp's server could not be had: {text} failed.", HINT, processes.tail(log_path, 15))
        (folder / "complete").touch()
    task.done(f"xllamacpp {VERSION}, {folder}")
    return python
