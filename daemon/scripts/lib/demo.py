"""The main job on a sample with a bug: an explanation and a fix as a diff, then how to go on in an editor."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from failure import SetupError
from progress import human_duration

SAMPLE = "daemon/scripts/sample/measurements.py"
# Finds the line with the bug, so that the sample can be edited freely.
BUG_LINE_CONTAINS = "len(values) + 1"
LIMIT_SECONDS = 900


def run(root, binary):
    """Explains and fixes a copy of the sample, in a folder of its own so that the checkout stays clean."""
    folder = Path(tempfile.mkdtemp(prefix="aiia-sample-"))
    sample = folder / Path(SAMPLE).name
    shutil.copy(root / SAMPLE, sample)
    text = sample.read_text(encoding="utf-8")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if BUG_LINE_CONTAINS in line)
    print(f"\nThe sample {sample}, line {line} has a bug:\n")
    for number, content in enumerate(text.splitlines(), 1):
        if line - 6 <= number <= line:
            print(f"  {number:3} {content}")
    _step(binary, ["explain", f"{sample}:{line}"], folder)
    _step(binary, ["fix", f"{sample}:{line}"], folder)
    print(f"The file is unchanged: `{binary} fix {sample}:{line} --write` applies the fix after showing it.")


def how_to_go_on(root, binary, installed):
    """What the user can do next, one line each."""
    program = "aiia" if installed else str(binary)
    editors = root / "daemon" / "editors"
    lines = [
        "",
        "Connect an editor:",
        f"  Neovim         copy {editors / 'neovim' / 'lsp' / 'aiia.lua'} into ~/.config/nvim/lsp/",
        f"                 and add vim.lsp.enable('aiia') to init.lua ({editors / 'neovim' / 'README.md'})",
        f"  Helix, Emacs   {editors}/helix/README.md, {editors}/emacs/README.md",
        f"  Kakoune        {editors}/kakoune/README.md",
        f"  other editors  a language server for every file type, started by: {program} lsp",
        "",
        f"Browser page:    {program} open",
        f"Terminal:        {program} explain|fix|optimize|test FILE:LINE",
        f"Stop it all:     {program} stop",
    ]
    if not installed:
        lines += ["", f"Nothing was installed outside the checkout and the user's cache and data. To have `aiia` on the PATH: {sys.argv[0]} --install"]
    print("\n".join(lines))


def link_program(binary, environ=os.environ):
    """Links the program into ~/.local/bin; returns whether that folder is on the PATH."""
    folder = Path(environ.get("HOME") or Path.home()) / ".local" / "bin"
    link = folder / "aiia"
    if link.exists() and not link.is_symlink():
        raise SetupError(f"{link} is there and is not a link of ours.", "Move it away, then run this again with --install.")
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / ".aiia.new"
    new.unlink(missing_ok=True)
    new.symlink_to(binary)
    os.replace(new, link)
    return str(folder) in environ.get("PATH", "").split(os.pathsep)


def _step(binary, arguments, folder):
    print(f"\n$ aiia {' '.join(arguments)}", flush=True)
    begun = time.monotonic()
    try:
        code = subprocess.run([str(binary), *arguments], cwd=folder, stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"`aiia {arguments[0]}` did not end within {human_duration(LIMIT_SECONDS)}.", f"See `{binary} doctor`.") from error
    if code != 0:
        raise SetupError(f"`aiia {arguments[0]}` failed (exit code {code}).", f"`{binary} doctor` tells what is wrong and what mends it.")
    print(f"\n({arguments[0]} took {human_duration(time.monotonic() - begun)})", flush=True)
