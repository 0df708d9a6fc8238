"""One way to fail: a sentence that says what happened and one that says what to do."""

import os
import signal
import sys
import traceback


class SetupError(Exception):
    """Ends a script with `message`, then `hint` (what the user can do about it), then `log` (the end of a log)."""

    def __init__(self, message, hint="", log=""):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log


def run_main(main, clean_up, interrupted_hint):
    """Runs `main()` and exits with its code; 1 after a SetupError, 130 after an interrupt.

    `clean_up` runs in every case, before anything is printed: it ends child processes.
    """

    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    code = 0
    try:
        code = main() or 0
    except SetupError as error:
        clean_up()
        code = 1
        sys.stdout.flush()
        if error.log:
            print(error.log.rstrip("\n"), file=sys.stderr)
            print(file=sys.stderr)
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
    except KeyboardInterrupt:
        code = 130
        clean_up()
        print(f"\nInterrupted. {interrupted_hint}", file=sys.stderr)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # A mistake of ours: shown whole, and never an exit code of 0.
        code = 1
        traceback.print_exc()
    clean_up()
    sys.stdout.flush()
    sys.stderr.flush()
    # A worker thread may still wait on a child that was just ended; nothing is left to be written.
    os._exit(code)
