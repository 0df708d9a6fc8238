"""OpenAI's own Python and JavaScript clients, for the tests of the API at /v1."""

import os
import shutil

import clients

PYTHON = "3.54.0"
JAVASCRIPT = "7.57.0"
HINT = "Check the network, or set AIIA_OPENAI_PYTHON to a folder with the Python package openai and AIIA_OPENAI_NODE to the npm package's, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns what the tests need in their environment. Installs both below `cache` when they are not there."""
    given = {name: environ.get(name) for name in ("AIIA_OPENAI_PYTHON", "AIIA_OPENAI_NODE")}
    if all(given.values()):
        task.done(f"given, {given['AIIA_OPENAI_PYTHON']}")
        return given
    steps = clients.Steps("OpenAI's clients", HINT, task, log_path, environ)
    folder = clients.install_once(cache, f"openai-{PYTHON}-{JAVASCRIPT}", steps, _install)
    task.done(f"openai {PYTHON} (Python) and {JAVASCRIPT} (JavaScript), {folder}")
    return {"AIIA_OPENAI_PYTHON": str(folder / "python"), "AIIA_OPENAI_NODE": str(folder / "node_modules" / "openai")}


def _install(folder, steps):
    steps.pip_into("getting the Python client", folder / "python", f"openai=={PYTHON}")
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    npm = shutil.which("npm", path=steps.environ.get("PATH")) or "npm"
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    steps.run("getting the JavaScript client", [npm, "install", *quiet, f"openai@{JAVASCRIPT}"], folder)
