"""Runs a program in a terminal of its own and answers its questions.

    terminal.py PROGRAM ARGUMENT… < dialogue.json

The dialogue is a list of [text to wait for, line to type, or Ctrl-C]. Prints all that the terminal showed; ends with the program's code, or
with 97 when a text did not come. It says so when it leaves a terminal without echo.
"""

import json
import os
import pty
import select
import sys
import termios
import time

LIMIT_S = 30
CTRL_C = "\x03"
ROWS, COLUMNS = 24, 80


def main():
    dialogue = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.environ.setdefault("TERM", "xterm-256color")
        termios.tcsetwinsize(0, (ROWS, COLUMNS))
        os.execvp(sys.argv[1], sys.argv[1:])
    shown, seen = b"", 0
    deadline = time.monotonic() + LIMIT_S
    code = None
    while True:
        while dialogue and (at := shown.find(dialogue[0][0].encode(), seen)) >= 0:
            seen = at + len(dialogue[0][0].encode())
            typed = dialogue.pop(0)[1]
            os.write(terminal, typed.encode() if typed == CTRL_C else typed.encode() + b"\n")
        readable, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not readable:
            code = 97
            os.kill(child, 9)
            break
        try:
            part = os.read(terminal, 65536)
        except OSError:  # The terminal of a program that has ended.
            part = b""
        if not part:
            break
        shown += part
    _, status = os.waitpid(child, 0)
    if not termios.tcgetattr(terminal)[3] & termios.ECHO:
        shown += b"\nthe terminal does not echo any more\n"
    sys.stdout.buffer.write(shown)
    if dialogue:
        print(f"\nnever shown: {dialogue[0][0]!r}")
        code = 97
    sys.exit(os.waitstatus_to_exitcode(status) if code is None else code)


main()
