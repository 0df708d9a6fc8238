"""Applies replies with the code of aider: one JSON object a line in, one out.

In: {"dialect": "block" or "diff", "file": text, "reply": text}. Out: {"text": text or null, "ms": milliseconds}.
The name of the file in the reply is not looked at: aider is told the file.
"""

import json
import sys
import time
from pathlib import Path

from aider.coders import editblock_coder, udiff_coder

# Both ask whether the file exists; its content is given to them.
EXISTS = Path(__file__)


def read(text):
    """As aider reads a file: Python's text mode."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def by_blocks(content, reply):
    edits = list(editblock_coder.find_original_update_blocks(reply, ("```", "```"), None))
    if not edits:
        return None
    for edit in edits:
        if edit[0] is None:  # a shell command
            continue
        _, original, updated = edit
        content = editblock_coder.do_replace(EXISTS, content, original, updated, ("```", "```"))
        if not content:
            return None
    return content


def by_diffs(content, reply):
    hunks = [udiff_coder.normalize_hunk(hunk) for _, hunk in udiff_coder.find_diffs(reply)]
    hunks = [hunk for hunk in hunks if hunk]
    if not hunks:
        return None
    for hunk in hunks:
        content = udiff_coder.do_replace(EXISTS, content, hunk)
        if not content:
            return None
    return content


for line in sys.stdin:
    case = json.loads(line)
    apply = by_blocks if case["dialect"] == "block" else by_diffs
    content = read(case["file"])
    begun = time.thread_time()
    try:
        text = apply(content, case["reply"])
    except Exception:  # it refuses by many kinds of exceptions
        text = None
    print(json.dumps({"text": text, "ms": (time.thread_time() - begun) * 1e3}), flush=True)
