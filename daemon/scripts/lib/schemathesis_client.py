"""Schemathesis, which drives the HTTP API by its own OpenAPI document."""

import os
import shutil
from pathlib import Path

import build_tools
import processes
from failure import SetupError

VERSION = "4.32.5"
HINT = "Check the network, or set AIIA_SCHEMATHESIS to a folder with the Python package schemathesis, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns the folder of the Python package. Installs it below `cache` when it is not there."""
    given = environ.get("AIIA_SCHEMATHESIS")
    if given:
        task.done(f"given, {given}")
        return Path(given)
    folder = cache / "clients" / f"schemathesis-{VERSION}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        Path(log_path).parent.mkdir(parents=True, exist_ok=True)
        Path(log_path).unlink(missing_ok=True)
        task.update("getting schemathesis")
        pip = [*build_tools.pip_command(), "install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:", "--target", folder / "python"]
        if processes.run_logged([*pip, f"schemathesis=={VERSION}"], log_path, cwd=folder, env=dict(environ)) != 0:
            raise SetupError("Schemathesis could not be had.", HINT, processes.tail(log_path, 15))
        (folder / "complete").touch()
    task.done(f"schemathesis {VERSION}, {folder}")
    return folder / "python"
