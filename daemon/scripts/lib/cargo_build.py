"""Runs cargo and tells how far it is."""

import json
import re
from pathlib import Path

import processes
from failure import SetupError

# cargo's own progress bar: `Building [=====>   ] 123/456: serde, tokio(build)`.
BAR = re.compile(r"\b(?:Building|Checking)\b.*?\]\s*(\d+)/(\d+)(?::\s*(.*))?$")
STATUS = re.compile(r"^\s*(Updating|Downloading|Downloaded|Locking|Blocking|Finished|Compiling|Checking)\b\s*(.*)$")
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# The crate that takes most of a first build; the name alone would tell nobody what is going on.
EXPLAINED = {"llama-cpp-sys-2(build)": "llama.cpp, the longest part"}


# A busy machine of two cores needs an hour for all of it; only what hangs takes longer than this, in seconds.
BUILD_LIMIT = 4 * 3600


def describe(line):
    """What a line of cargo's output says about the phase, or None when it says nothing about it."""
    line = COLOUR.sub("", line).rstrip()
    bar = BAR.search(line)
    if bar:
        done, total, crates = bar.groups()
        text = f"{done}/{total} crates"
        if crates:
            names = [name.strip() for name in crates.split(",")]
            explained = [EXPLAINED[name] for name in names if name in EXPLAINED]
            text += f": {explained[0] if explained else ', '.join(names)}"
        return text
    status = STATUS.match(line)
    if not status:
        return None
    word, rest = status.groups()
    if word in ("Updating", "Downloading", "Downloaded", "Locking"):
        return f"getting the dependencies ({rest.split(' ')[0]})" if rest else "getting the dependencies"
    if word == "Blocking":
        return "waiting for another cargo in this checkout"
    return None


def target_dir(root, env):
    """Where cargo puts what it builds."""
    text = processes.output_of(
        ["cargo", "metadata", "--no-deps", "--format-version", "1", "--locked", "--manifest-path", root / "Cargo.toml"], env=env, timeout=120
    )
    return Path(json.loads(text)["target_directory"]) if text else root / "target"


def run(arguments, root, env, task, log_path):
    """Runs `cargo ARGUMENTS` in `root`, keeping `task` up to date. Returns the exit code; the output is in `log_path`."""
    # The bar is drawn even though nobody looks at cargo's own output, because it alone knows the number of crates.
    env = dict(env, CARGO_TERM_PROGRESS_WHEN="always", CARGO_TERM_PROGRESS_WIDTH="200", CARGO_TERM_COLOR="never")

    def on_line(line):
        text = describe(line)
        if text:
            task.update(text)

    return processes.run_logged(["cargo", *arguments], log_path, cwd=root, env=env, on_line=on_line, limit=BUILD_LIMIT)


def build_daemon(root, env, task, log_path, profile="release", selection=("--package", "aiia")):
    """Builds what `selection` names, the program `aiia` among it; returns the program's path. `profile` is `release` or `dev`."""
    if run(["build", "--locked", *selection, "--profile", profile], root, env, task, log_path) != 0:
        raise SetupError(
            "The build failed; the end of its log is above.",
            f"The whole log is {log_path}. Running this again goes on where it stopped; after an interrupted build of native code, "
            "`cargo clean -p llama-cpp-sys-2` helps.",
            errors_of(log_path),
        )
    folder = "debug" if profile == "dev" else profile
    binary = target_dir(root, env) / folder / "aiia"
    if not binary.exists():
        raise SetupError(f"cargo ended well but {binary} is not there.", "Check build.target in cargo's configuration and run this again.")
    return binary


def errors_of(log_path, lines=40):
    """The end of cargo's log without its progress bars."""
    kept = [line for line in processes.tail(log_path, 400).splitlines() if line.strip() and not BAR.search(COLOUR.sub("", line))]
    return "\n".join(kept[-lines:])
