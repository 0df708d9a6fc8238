"""A real Neovim for the tests: the one on the PATH when it is new enough, else Debian's own packages in our cache, without root."""

import glob
import os
import re
import shutil
from pathlib import Path

import processes
from failure import SetupError

# `vim.lsp.config` and `vim.lsp.enable` came with this version.
AT_LEAST = (0, 11)
# The Debian suite that has a new enough one.
SUITE = "forky"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
HINT = "Install Neovim 0.11 or newer (macOS: `brew install neovim`), or set AIIA_NVIM to its program, then run this again."


def prepare(cache, task, log_path, environ=os.environ):
    """Returns the path of a Neovim that is new enough. Installs it below `cache` when there is none."""
    given = environ.get("AIIA_NVIM")
    if given:
        if version(given) < AT_LEAST:
            raise SetupError(f"AIIA_NVIM is {given}, which is no Neovim 0.11 or newer.", "Correct it or unset it.")
        task.done(f"{_name(version(given))}, {given}")
        return Path(given)
    on_path = shutil.which("nvim", path=environ.get("PATH"))
    if on_path and version(on_path) >= AT_LEAST:
        task.done(f"{_name(version(on_path))}, {on_path}")
        return Path(on_path)
    launcher = cache / "clients" / "neovim" / "nvim"
    if version(launcher) < AT_LEAST:
        _install(launcher, task, log_path, environ)
    found = version(launcher)
    if found < AT_LEAST:
        raise SetupError(f"The Neovim in {launcher.parent} does not run here.", HINT, processes.tail(log_path, 15))
    task.done(f"{_name(found)}, {launcher}")
    return launcher


def version(program):
    """The version of a Neovim as a tuple; () when it does not run."""
    text = processes.output_of([program, "--headless", "--version"]) or ""
    match = re.search(r"^NVIM v(\d+)\.(\d+)\.(\d+)", text, re.M)
    return tuple(int(part) for part in match.groups()) if match else ()


def launcher_script(loader, tree):
    """Runs the tree's Neovim with the tree's own C library, whatever the machine has."""
    libraries = Path(loader).parent
    return (
        "#!/bin/sh\n"
        f"export VIMRUNTIME={_quoted(tree / 'usr/share/nvim/runtime')}\n"
        f"exec {_quoted(loader)} --library-path {_quoted(libraries)} {_quoted(tree / 'usr/bin/nvim')} \"$@\"\n"
    )


def _install(launcher, task, log_path, environ):
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program, path=environ.get("PATH")):
            raise SetupError("No Neovim 0.11 or newer is here, and only on Debian can this script get one.", HINT)
    mirror = _mirror()
    if not mirror or not os.path.exists(KEYRING):
        raise SetupError("No Neovim 0.11 or newer is here, and apt knows no Debian mirror with its keys to get one from.", HINT)
    folder = launcher.parent
    new = folder.with_name(f"neovim.new-{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    try:
        tree = new / "tree"
        archives = _download(new / "apt", mirror, task, log_path)
        task.update("unpacking")
        for archive in archives:
            if processes.run_logged(["dpkg-deb", "--extract", archive, tree], log_path, append=True) != 0:
                raise SetupError(f"{archive.name} could not be unpacked.", f"See {log_path}.", processes.tail(log_path, 15))
        shutil.rmtree(new / "apt")
        # Debian's Neovim looks for these in /usr/lib/nvim; beside the runtime files they are found wherever the tree is.
        if (tree / "usr/lib/nvim/parser").is_dir() and not (tree / "usr/share/nvim/runtime/parser").exists():
            (tree / "usr/share/nvim/runtime/parser").symlink_to("../../../lib/nvim/parser")
        # Absolute paths go into the launcher, so it is written for the final place.
        loaders = glob.glob(str(tree / "usr/lib/*-linux-*/ld-linux-*.so.*")) + glob.glob(str(tree / "usr/lib/*-linux-*/ld64.so.*"))
        if not loaders:
            raise SetupError("The unpacked C library has no loader.", HINT)
        loader = folder / "tree" / Path(loaders[0]).relative_to(tree)
        (new / "nvim").write_text(launcher_script(loader, folder / "tree"), encoding="utf-8")
        (new / "nvim").chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _download(folder, mirror, task, log_path):
    """Lets apt resolve and download Neovim and all it needs, with a state of its own: the system's is neither used nor touched."""
    for name in ("lists/partial", "archives/partial", "empty"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n", encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": folder / "empty",
        "Dir::Etc::preferences": folder / "none",
        "Dir::Etc::preferencesparts": folder / "empty",
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder,
        "Dir::Cache::archives": folder / "archives",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        # A stored copy of the suite may be older than its own date of validity.
        "Acquire::Check-Valid-Until": "false",
        "Acquire::http::Timeout": "30",
        "Acquire::Retries": "2",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    for text, arguments in (
        (f"reading Debian {SUITE}'s package list", ["update"]),
        ("downloading Neovim and its libraries (12 MB)", ["--yes", "--download-only", "install", "neovim"]),
    ):
        task.update(text)
        if processes.run_logged(["apt-get", "--quiet", *options, *arguments], log_path, append=True) != 0:
            raise SetupError(f"Neovim could not be had: {text} failed.", HINT, processes.tail(log_path, 15))
    archives = sorted((folder / "archives").glob("*.deb"))
    if not any(archive.name.startswith("neovim_") for archive in archives):
        raise SetupError("apt brought no Neovim.", HINT, processes.tail(log_path, 15))
    return archives


def _mirror():
    """The Debian mirror this machine is set to use."""
    text = processes.output_of(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(RELEASE)|$(REPO_URI)", "Created-By: Packages"]) or ""
    for line in text.splitlines():
        origin, _, address = line.split("|", 2)
        if origin == "Debian" and "security" not in address:
            return address
    return None


def _quoted(path):
    return "'" + str(path).replace("'", "'\\''") + "'"


def _name(found):
    return "Neovim " + ".".join(str(part) for part in found)
