"""Child processes whose output goes to a log file, which end when the script ends, and which can't outlive it."""

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

from failure import SetupError

_running = set()
_lock = threading.Lock()


def run_logged(command, log_path, cwd=None, env=None, on_line=None, append=False, limit=3600):
    """Runs `command`, writes both its outputs to `log_path` and gives each line (ended by \\n or \\r) to `on_line`.

    Returns the exit code. Standard input is closed: nothing may ask a question. After `limit` seconds the command is ended.
    """
    log_path = Path(log_path)
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with open(log_path, "ab" if append else "wb") as log:
        child = start(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        pending, late = b"", threading.Event()
        watchdog = threading.Timer(limit, lambda: (late.set(), end(child)))
        watchdog.daemon = True
        watchdog.start()
        try:
            while True:
                # A daemon left behind may hold the pipe open for ever; the command itself has then ended.
                if not select.select([child.stdout], [], [], 1.0)[0]:
                    if child.poll() is None:
                        continue
                    break
                chunk = os.read(child.stdout.fileno(), 65536)
                if not chunk:
                    break
                log.write(chunk)
                log.flush()
                *lines, pending = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
                if on_line:
                    for line in lines:
                        on_line(line.decode("utf-8", "replace"))
            code = child.wait()
        finally:
            watchdog.cancel()
            end(child)
            child.stdout.close()
    if late.is_set():
        raise SetupError(f"{command[0]} did not end within {limit / 60:.0f} minutes and was stopped.", f"Its log is {log_path}.", tail(log_path))
    return code


def start(command, **options):
    """Starts `command` in a process group of its own, remembered until `end`."""
    command = [str(part) for part in command]
    with _interrupts_later():
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        except OSError as error:
            raise SetupError(f"{command[0]} could not be started: {error.strerror or error}") from error
        with _lock:
            _running.add(child)
    return child


@contextlib.contextmanager
def _interrupts_later():
    """Holds an interrupt back until the end: one that came right behind the start of a child would leave a child nobody knows of."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = {number: signal.signal(number, lambda number, frame: came.append((number, frame))) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number, frame in came[:1]:
            if callable(before[number]):
                before[number](number, frame)
            elif before[number] is signal.SIG_DFL:
                raise KeyboardInterrupt


def end(child, grace=3.0):
    """Ends `child` and everything it started: asked first, killed after `grace` seconds."""
    if child.poll() is None:
        _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if child.poll() is None:
            _signal_group(child, signal.SIGKILL)
            child.wait()
    with _lock:
        _running.discard(child)


def end_all():
    """Ends every child that still runs."""
    with _lock:
        children = list(_running)
    for child in children:
        end(child)


def output_of(command, env=None, timeout=30):
    """What a short command prints, or None when it can't be run, fails or takes too long."""
    try:
        result = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, timeout=timeout, check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.decode("utf-8", "replace")


def tail(log_path, lines=40):
    """The last lines of a log, without overwritten progress."""
    try:
        with open(log_path, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 64 * 1024))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    kept = [line.rsplit("\r", 1)[-1] for line in text.rstrip().split("\n")]
    return "\n".join(kept[-lines:])


def _signal_group(child, number):
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        pass
