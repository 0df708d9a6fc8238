"""What the log of a step of `tests/run` says: how much passed, and which tests failed and why."""

import re

# Of one failing test no more than this is shown; the log has the rest.
LINES_OF_A_TEST = 40


def summary(log):
    """What the log at path `log` says about the tests in it, in a few words."""
    passed = suites = 0
    for line in _lines(log):
        if line.startswith("test result: ok. "):
            passed, suites = passed + int(line.split()[3]), suites + 1
        elif line.startswith("# pass "):
            return f"{line.split()[2]} passed"
        elif line.startswith("Ran ") and " test" in line:
            return f"{line.split()[1]} passed"
    return f"{passed} passed in {suites} suites" if suites else "ok"


def failures(log):
    """The failing tests in the log at path `log`, each with what it printed; empty when it names none.

    Knows the formats of libtest (`cargo test`) and TAP (`node --test`). They stand anywhere in a log, often far from its end.
    """
    found, block, ends = [], None, None
    for line in _lines(log):
        if block is not None and ends(line):
            block = None
        if block is None:
            ends = _end_of(line)
            if ends is None:
                continue
            block = []
            found.append(block)
        block.append(line)
    return "\n\n".join("\n".join(_cut(block)) for block in found)


def _end_of(line):
    """When a failing test begins with `line`: tells whether a later line is behind the test."""
    if re.match(r"\s*not ok \d+", line):
        return lambda later: not later[:1].isspace() and later != ""
    if re.match(r"---- .+ stdout ----$", line):
        return lambda later: re.match(r"---- .+ stdout ----$|failures:$|test result: ", later)
    return None


def _cut(block):
    while block and not block[-1].strip():
        block.pop()
    left_out = len(block) - LINES_OF_A_TEST
    return block if left_out <= 0 else [*block[:LINES_OF_A_TEST], f"… and {left_out} more lines"]


def _lines(log):
    text = log.read_text(encoding="utf-8", errors="replace")
    return [line.rsplit("\r", 1)[-1] for line in text.replace("\r\n", "\n").split("\n")]
