import unittest

import support
import cargo_build


class Phases(unittest.TestCase):
    def check(self, line, expected):
        self.assertEqual(cargo_build.describe(line), expected)

    def test_progress_bar(self):
        self.check("    Building [=====>      ] 12/345: serde, tokio(build)", "12/345 crates: serde, tokio(build)")
        self.check("\x1b[1m\x1b[36m    Building\x1b[0m [==>   ] 3/9: aiia(bin)", "3/9 crates: aiia(bin)")

    def test_the_long_part_is_explained(self):
        self.check("    Building [====> ] 300/345: llama-cpp-sys-2(build), axum", "300/345 crates: llama.cpp, the longest part")

    def test_other_phases(self):
        self.check("    Updating crates.io index", "getting the dependencies (crates.io)")
        self.check("    Blocking waiting for file lock on build directory", "waiting for another cargo in this checkout")

    def test_what_says_nothing(self):
        for line in ["", "   Compiling serde v1.0.0", "warning: unused variable `x`", "test a::b ... ok"]:
            self.check(line, None)


class Logs(support.ScratchTest):
    def test_errors_come_without_bars(self):
        log = self.folder / "build.log"
        log.write_bytes(b"   Compiling a\r    Building [=> ] 1/2: a\r\nerror[E0308]: mismatched types\n\n    Building [=> ] 1/2: a\r")
        self.assertEqual(cargo_build.errors_of(log), "error[E0308]: mismatched types")
