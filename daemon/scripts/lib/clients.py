"""Programs that the tests need: each is installed once, below the cache."""

import shutil
from pathlib import Path

import build_tools
import processes
from failure import SetupError

PIP = ("install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:")


class Steps:
    """The commands of an installation, one after the other, in one log."""

    def __init__(self, what, hint, task, log_path, environ):
        self.what, self.hint, self.task, self.log_path, self.environ = what, hint, task, Path(log_path), dict(environ)

    def run(self, text, command, cwd):
        """Runs a command in `cwd`; `text` says what it does."""
        self.task.update(text)
        if processes.run_logged(command, self.log_path, cwd=cwd, env=self.environ, append=True) != 0:
            raise SetupError(f"{self.what} could not be had: {text} failed.", self.hint, processes.tail(self.log_path, 15))

    def pip_into(self, text, folder, requirement):
        """Installs a Python package into a folder of its own."""
        self.run(text, [*build_tools.pip_command(), *PIP, "--target", folder, requirement], folder.parent)


def install_once(cache, name, steps, install):
    """Returns the folder of `name`, which `install(folder, steps)` fills when it is not there as a whole."""
    folder = cache / "clients" / name
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        steps.log_path.parent.mkdir(parents=True, exist_ok=True)
        steps.log_path.unlink(missing_ok=True)
        install(folder, steps)
        (folder / "complete").touch()
    return folder
