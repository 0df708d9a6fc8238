import os
import signal
import sys
import time
import unittest

import support
import processes
from failure import SetupError


class RunLogged(support.ScratchTest):
    def run_python(self, code, **options):
        self.log = self.folder / "logs" / "command.log"
        return processes.run_logged([sys.executable, "-c", code], self.log, **options)

    def test_output_code_and_lines(self):
        lines = []
        code = self.run_python("import sys; sys.stdout.write('a\\rb\\n'); sys.stdout.flush(); sys.stderr.write('c\\n'); sys.exit(3)", on_line=lines.append)
        self.assertEqual((code, lines, self.log.read_bytes()), (3, ["a", "b", "c"], b"a\rb\nc\n"))

    def test_standard_input_is_closed(self):
        self.assertEqual(self.run_python("import sys; sys.exit(len(sys.stdin.read()))"), 0)

    def test_a_program_that_is_not_there(self):
        with self.assertRaisesRegex(SetupError, "no-such-program could not be started: No such file"):
            processes.run_logged(["no-such-program"], self.folder / "log")

    def test_the_limit_ends_the_command(self):
        begun = time.monotonic()
        with self.assertRaisesRegex(SetupError, "did not end within"):
            self.run_python("import signal; signal.pause()", limit=0.2)
        self.assertLess(time.monotonic() - begun, 60)

    def test_a_daemon_that_keeps_the_pipe_is_not_waited_for(self):
        pids = []
        daemon = "import os, signal, sys\nif os.fork(): sys.exit(0)\nos.setsid()\nprint(os.getpid(), flush=True)\nsignal.pause()"
        code = self.run_python(daemon, on_line=lambda line: pids.append(int(line)))
        os.kill(pids[0], signal.SIGKILL)
        self.assertEqual(code, 0)

    def test_an_interrupt_right_behind_the_start_loses_no_child(self):
        real, children = processes.subprocess.Popen, []

        def interrupted(*arguments, **options):
            children.append(real(*arguments, **options))
            os.kill(os.getpid(), signal.SIGINT)
            return children[-1]

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        processes.subprocess.Popen = interrupted
        try:
            with self.assertRaises(KeyboardInterrupt):
                processes.start(["tail", "-f", "/dev/null"])
        finally:
            processes.subprocess.Popen = real
            signal.signal(signal.SIGINT, before)
        processes.end_all()
        self.assertIsNotNone(children[0].poll())

    def test_tail_drops_overwritten_progress(self):
        log = self.folder / "log"
        log.write_bytes(b"one\nold\rnew\nthree\n")
        self.assertEqual(processes.tail(log, 2), "new\nthree")
        self.assertEqual(processes.tail(self.folder / "none"), "")
