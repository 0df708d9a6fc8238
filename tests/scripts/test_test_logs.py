import support
import test_logs

TAP = """TAP version 13
# Subtest: the first
ok 1 - the first
  ---
  duration_ms: 3
  ...
# Subtest: the second
not ok 2 - the second
  ---
  error: |-
    waited in vain

    for a button
  ...
# Subtest: the third
ok 3 - the third
# pass 2
# fail 1
"""

LIBTEST = """running 3 tests
test a ... ok
test b ... FAILED

failures:

---- b stdout ----

thread 'b' panicked at src/lib.rs:1:
left is not right
---- c stdout ----
c failed too

failures:
    b
    c

test result: FAILED. 1 passed; 2 failed
"""


class Failures(support.ScratchTest):
    def of(self, text):
        log = self.folder / "step.log"
        log.write_text(text)
        return test_logs.failures(log)

    def test_tap(self):
        self.assertEqual(
            self.of(TAP).splitlines(),
            ["not ok 2 - the second", "  ---", "  error: |-", "    waited in vain", "", "    for a button", "  ..."],
        )

    def test_libtest(self):
        self.assertEqual(
            self.of(LIBTEST),
            "---- b stdout ----\n\nthread 'b' panicked at src/lib.rs:1:\nleft is not right\n\n---- c stdout ----\nc failed too",
        )

    def test_a_long_one_is_cut_and_says_so(self):
        long = "not ok 1 - long\n" + "  line\n" * 100
        self.assertEqual(self.of(long).splitlines()[-1], "… and 61 more lines")

    def test_nothing_failed(self):
        self.assertEqual(self.of("error: could not compile `a`\n"), "")


class Summary(support.ScratchTest):
    def check(self, text, expected):
        log = self.folder / "step.log"
        log.write_text(text)
        self.assertEqual(test_logs.summary(log), expected)

    def test_counts(self):
        self.check(TAP, "2 passed")
        self.check("test result: ok. 3 passed; 0 failed\ntest result: ok. 4 passed; 0 failed\n", "7 passed in 2 suites")
        self.check("Ran 12 tests in 0.1s\n", "12 passed")
        self.check("", "ok")
