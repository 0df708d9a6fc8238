"""What the script tests share: the scripts' library on the path, a scratch folder, a task that remembers what it was told."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "daemon" / "scripts"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SCRIPTS / "lib"))


class RecordedTask:
    """Stands for a line of the display."""

    def __init__(self):
        self.updates, self.notes, self.result = [], [], None

    def update(self, text):
        self.updates.append(text)

    def note(self, text):
        self.notes.append(text)

    def done(self, text):
        self.result = text

    def failed(self, text):
        self.result = f"failed: {text}"


class ScratchTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="aiia-script-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def program(self, name, body):
        """A shell script `bin/NAME` in the scratch folder; returns its path."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path
