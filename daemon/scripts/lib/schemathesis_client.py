"""Schemathesis, which drives the HTTP API by its own OpenAPI document."""

import os
from pathlib import Path

import clients

VERSION = "4.32.5"
HINT = "Check the network, or set AIIA_SCHEMATHESIS to a folder with the Python package schemathesis, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns the folder of the Python package. Installs it below `cache` when it is not there."""
    given = environ.get("AIIA_SCHEMATHESIS")
    if given:
        task.done(f"given, {given}")
        return Path(given)
    steps = clients.Steps("Schemathesis", HINT, task, log_path, environ)
    folder = clients.install_once(cache, f"schemathesis-{VERSION}", steps, _install)
    task.done(f"schemathesis {VERSION}, {folder}")
    return folder / "python"


def _install(folder, steps):
    steps.pip_into("getting schemathesis", folder / "python", f"schemathesis=={VERSION}")
