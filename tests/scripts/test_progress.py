import io
import unittest

import support
from progress import Display, Rate, download_status, human_duration, human_size


class Wording(unittest.TestCase):
    def test_sizes(self):
        for count, text in [(0, "0 B"), (999, "999 B"), (93_000, "93 kB"), (98_362_432, "98.4 MB"), (1_117_320_768, "1.12 GB"), (2e12, "2000.00 GB")]:
            self.assertEqual(human_size(count), text)

    def test_durations(self):
        for seconds, text in [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3725, "1 h 02 min")]:
            self.assertEqual(human_duration(seconds), text)

    def test_download_status(self):
        self.assertEqual(download_status(250, 1000, 0), "250 B of 1 kB (25 %)")
        self.assertEqual(download_status(250, 1000, 50), "250 B of 1 kB (25 %), 50 B/s, 15 s left")


class Rates(unittest.TestCase):
    def test_only_the_window_counts(self):
        rate = Rate(window=5)
        for now, done in [(0, 0), (1, 1000), (10, 1000), (12, 1020)]:
            rate.add(now, done)
        self.assertEqual(rate.per_second(), 10)

    def test_unknown_is_zero(self):
        rate = Rate()
        rate.add(1, 5)
        self.assertEqual(rate.per_second(), 0)


class Displays(unittest.TestCase):
    def test_plain_output_has_no_control_characters_and_keeps_results(self):
        stream = io.StringIO()
        display = Display(stream, terminal=False)
        task = display.task("Model", "looking")
        task.update("half")
        task.done("there")
        display.close()
        self.assertNotIn("\x1b", stream.getvalue())
        self.assertRegex(stream.getvalue(), r"^  Model: looking\n✓ Model: there \(0\.0 s\)\n$")

    def test_a_task_ends_once(self):
        stream = io.StringIO()
        display = Display(stream, terminal=False)
        task = display.task("Build")
        task.failed("stopped")
        task.done("built")
        display.close()
        self.assertNotIn("built", stream.getvalue())

    def test_terminal_lines_are_erased_when_closed(self):
        stream = io.StringIO()
        display = Display(stream, terminal=True)
        display.task("Build", "1/2 crates").note("kept")
        display.close()
        self.assertTrue(stream.getvalue().endswith("\x1b[1A\x1b[J"))
        self.assertIn("  Build: kept\n", stream.getvalue())
