"""A Chromium for the tests: the one on the machine, else Debian's own packages in our cache, without root."""

import os
import re
import shutil
from pathlib import Path

import processes
from failure import SetupError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HINT = "Install Chromium (Debian: `apt install chromium fonts-dejavu-core`), or set AIIA_CHROMIUM to its program, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns the path of a Chromium that runs. Installs it below `cache` when there is none."""
    given = environ.get("AIIA_CHROMIUM")
    candidates = [given] if given else [shutil.which(name, path=environ.get("PATH")) for name in NAMES]
    launcher = cache / "clients" / "chromium" / "chromium"
    for program in [*filter(None, candidates), *([] if given else [launcher])]:
        found = version(program)
        if found:
            task.done(f"{found}, {program}")
            return Path(program)
    if given:
        raise SetupError(f"AIIA_CHROMIUM is {given}, which is no Chromium that runs.", "Correct it or unset it.")
    _install(launcher, task, log_path, environ)
    found = version(launcher)
    if not found:
        processes.run_logged([launcher, "--version"], log_path, append=True)  # says why
        raise SetupError("The Chromium that was installed does not run here.", HINT, processes.tail(log_path, 15))
    task.done(f"{found}, {launcher}")
    return launcher


def version(program):
    """The name and version of a Chromium; empty when it does not run."""
    text = processes.output_of([program, "--version"]) or ""
    match = re.search(r"(?:Chromium|Google Chrome) [\d.]+", text)
    return match.group() if match else ""


def launcher_script(tree):
    """Runs the tree's Chromium with the tree's libraries beside the machine's own."""
    roots = [*sorted(tree.glob("usr/lib/*-linux-*")), *sorted(tree.glob("lib/*-linux-*"))]
    # Some packages keep private libraries in a folder below, which they name by its place on an installed system.
    below = {library.parent for root in roots for library in root.rglob("*.so*")}
    libraries = ":".join(str(path) for path in [*roots, *sorted(below.difference(roots))])
    return f'#!/bin/sh\nexport LD_LIBRARY_PATH="{libraries}"\nexec "{tree}/usr/lib/chromium/chromium" "$@"\n'


def _install(launcher, task, log_path, environ):
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program, path=environ.get("PATH")):
            raise SetupError("No Chromium is here, and only on Debian can this script get one.", HINT)
    folder = launcher.parent
    shutil.rmtree(folder, ignore_errors=True)
    apt = folder / "apt"
    for name in ("lists/partial", "archives/partial"):
        (apt / name).mkdir(parents=True)
    # The machine's sources and what it has installed count; lists and downloads are our own.
    settings = {
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::http::Timeout": "30",
        "Acquire::Retries": "2",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    for text, arguments in (
        ("reading the package list", ["update"]),
        ("downloading Chromium and its libraries (100 MB)", ["--yes", "--download-only", "--reinstall", "install", "chromium", "fonts-dejavu-core"]),
    ):
        task.update(text)
        if processes.run_logged(["apt-get", "--quiet", *options, *arguments], log_path, append=True) != 0:
            raise SetupError(f"Chromium could not be had: {text} failed.", HINT, processes.tail(log_path, 15))
    tree = folder / "tree"
    task.update("unpacking")
    for archive in sorted((apt / "archives").glob("*.deb")):
        if processes.run_logged(["dpkg-deb", "--extract", archive, tree], log_path, append=True) != 0:
            raise SetupError(f"{archive.name} could not be unpacked.", f"See {log_path}.", processes.tail(log_path, 15))
    shutil.rmtree(apt)
    launcher.write_text(launcher_script(tree), encoding="utf-8")
    launcher.chmod(0o755)
