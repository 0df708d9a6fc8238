"""Progress of several tasks at once: live lines with a spinner on a terminal, plain lines now and then elsewhere."""

import shutil
import sys
import threading
import time

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAME_SECONDS = 0.1
PLAIN_SECONDS = 10.0


def human_size(count):
    """`count` bytes as people read them, in decimal units: 93 kB, 98.4 MB, 1.12 GB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    if unit in ("B", "kB"):
        return f"{value:.0f} {unit}"
    return f"{value:.1f} {unit}" if unit == "MB" else f"{value:.2f} {unit}"


def human_duration(seconds):
    """`seconds` as people read them: 0.4 s, 12 s, 3 min 05 s, 1 h 02 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Rate:
    """Bytes a second over the last few seconds, so that a stall shows and a resumed download does not look fast."""

    def __init__(self, window=8.0):
        self._window = window
        self._samples = []

    def add(self, now, done):
        """Notes that `done` bytes were there at time `now` (seconds)."""
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > self._window:
            self._samples.pop(0)

    def per_second(self):
        """The rate, or 0 while it can't be known."""
        if len(self._samples) < 2:
            return 0.0
        (begin, first), (end, last) = self._samples[0], self._samples[-1]
        return max(0.0, (last - first) / (end - begin)) if end > begin else 0.0


def download_status(done, total, rate):
    """One line: size, share, rate and time left."""
    share = min(100, done * 100 // total) if total else 0
    text = f"{human_size(done)} of {human_size(total)} ({share} %)"
    if rate > 0:
        text += f", {human_size(rate)}/s, {human_duration((total - done) / rate)} left"
    return text


class Task:
    """One line of the display. Safe to update from any thread."""

    def __init__(self, display, name):
        self._display = display
        self.name = name
        self.text = ""
        self.begun = time.monotonic()
        self.ended = False

    def update(self, text):
        """Replaces what the line says."""
        self.text = text

    def note(self, text):
        """Prints a line that stays."""
        self._display._print(f"  {self.name}: {text}")

    def done(self, text):
        """Ends the task well; the line stays, with the time it took."""
        self._end("✓", text)

    def failed(self, text):
        """Ends the task badly; the line stays."""
        self._end("✗", text)

    def _end(self, mark, text):
        if not self.ended:
            self.ended = True
            took = human_duration(time.monotonic() - self.begun)
            self._display._remove(self, f"{mark} {self.name}: {text} ({took})")


class Display:
    """Shows the running tasks on `stream` until closed."""

    def __init__(self, stream=None, terminal=None):
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._tasks = []
        self._lock = threading.RLock()
        self._drawn = 0
        self._frame = 0
        self._closed = threading.Event()
        self._thread = None

    def task(self, name, text=""):
        """Begins a task."""
        task = Task(self, name)
        task.text = text
        with self._lock:
            self._tasks.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, daemon=True)
                self._thread.start()
        if not self._terminal:
            self._print(f"  {name}: {text}" if text else f"  {name} …")
        return task

    def close(self):
        """Stops drawing and takes unfinished lines away."""
        self._closed.set()
        with self._lock:
            self._erase()
            self._tasks.clear()
            self._stream.flush()

    def _loop(self):
        while not self._closed.wait(FRAME_SECONDS if self._terminal else PLAIN_SECONDS):
            with self._lock:
                if self._closed.is_set():
                    return
                if self._terminal:
                    self._erase()
                    self._draw()
                else:
                    for task in self._tasks:
                        took = human_duration(time.monotonic() - task.begun)
                        self._stream.write(f"  {task.name}: {task.text} (after {took})\n")
                self._stream.flush()

    def _draw(self):
        width = max(20, shutil.get_terminal_size().columns - 1)
        self._frame += 1
        mark = SPINNER[self._frame % len(SPINNER)]
        for task in self._tasks:
            self._stream.write(f"{mark} {task.name}: {task.text}"[:width] + "\n")
        self._drawn = len(self._tasks)

    def _erase(self):
        if self._terminal and self._drawn:
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
        self._drawn = 0

    def _print(self, line):
        with self._lock:
            self._erase()
            self._stream.write(line + "\n")
            if self._terminal:
                self._draw()
            self._stream.flush()

    def _remove(self, task, line):
        with self._lock:
            if task in self._tasks:
                self._tasks.remove(task)
            self._print(line)
