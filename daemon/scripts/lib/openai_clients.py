"""OpenAI's own Python and JavaScript clients, for the tests of the API at /v1."""

import os
import shutil
from pathlib import Path

import build_tools
import processes
from failure import SetupError

PYTHON = "3.54.0"
JAVASCRIPT = "7.57.0"
HINT = "Check the network, or set AIIA_OPENAI_PYTHON to a folder with the Python package openai and AIIA_OPENAI_NODE to the npm package's, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns what the tests need in their environment. Installs both below `cache` when they are not there."""
    given = {name: environ.get(name) for name in ("AIIA_OPENAI_PYTHON", "AIIA_OPENAI_NODE")}
    if all(given.values()):
        task.done(f"given, {given['AIIA_OPENAI_PYTHON']}")
        return given
    folder = cache / "clients" / f"openai-{PYTHON}-{JAVASCRIPT}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _install(folder, task, log_path, environ)
        (folder / "complete").touch()
    task.done(f"openai {PYTHON} (Python) and {JAVASCRIPT} (JavaScript), {folder}")
    return {"AIIA_OPENAI_PYTHON": str(folder / "python"), "AIIA_OPENAI_NODE": str(folder / "node_modules" / "openai")}


def _install(folder, task, log_path, environ):
    def run(text, command):
        task.update(text)
        if processes.run_logged(command, log_path, cwd=folder, env=dict(environ), append=True) != 0:
            raise SetupError(f"OpenAI's clients could not be had: {text} failed.", HINT, processes.tail(log_path, 15))

    Path(log_path).parent.mkdir(parents=True, exist_ok=True)
    Path(log_path).unlink(missing_ok=True)
    pip = [*build_tools.pip_command(), "install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:", "--target", folder / "python"]
    run("getting the Python client", [*pip, f"openai=={PYTHON}"])
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    npm = shutil.which("npm", path=environ.get("PATH")) or "npm"
    run("getting the JavaScript client", [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", f"openai@{JAVASCRIPT}"])
