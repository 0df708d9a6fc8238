"""Interrupts a program at the moment when it opens a file for the nth time.

    interrupted_writing.py SIGNAL FILE TIME SAID PROGRAM ARGUMENT…

All files of the working directory are held by leases, so that the program waits in each of its calls that open one. At the given one
it gets the signal, and the file is let go when it has said SAID on standard error. Ends with the program's code and passes on what it
said there, or with 97 when it did not come that far.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time

LIMIT_S = 30


class Lease:
    """The right to be asked before somebody else opens a file."""

    def __init__(self, name):
        self.name, self.opened = name, 0
        self.file = os.open(name, os.O_RDONLY)
        self.take()

    def take(self):
        self.held = True
        fcntl.fcntl(self.file, fcntl.F_SETLEASE, fcntl.F_WRLCK)

    def is_asked_for(self):
        return self.held and fcntl.fcntl(self.file, fcntl.F_GETLEASE) != fcntl.F_WRLCK

    def give(self):
        self.held = False
        fcntl.fcntl(self.file, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def main():
    sent, wanted, count, said = signal.Signals[sys.argv[1]], sys.argv[2], int(sys.argv[3]), sys.argv[4].encode()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO, signal.SIGCHLD])
    leases = [Lease(name) for name in sorted(os.listdir("."))]

    def prepare():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO, signal.SIGCHLD])
        # Whoever runs this may ignore it.
        signal.signal(sent, signal.SIG_DFL)

    child = subprocess.Popen(
        sys.argv[5:],
        stderr=subprocess.PIPE,
        preexec_fn=prepare,
    )
    signal.signal(signal.SIGALRM, lambda *_: child.kill())
    signal.alarm(LIMIT_S)
    shown = b""
    deadline = time.monotonic() + LIMIT_S
    interrupted = False
    while not interrupted and child.poll() is None and time.monotonic() < deadline:
        signal.sigtimedwait([signal.SIGIO, signal.SIGCHLD], max(0, deadline - time.monotonic()))
        asked = [lease for lease in leases if lease.is_asked_for()]
        for lease in asked:
            # It waits here, so it has closed what it opened before.
            for other in leases:
                if not other.held:
                    other.take()
            lease.opened += 1
            if (lease.name, lease.opened) == (wanted, count):
                child.send_signal(sent)
                while said not in shown and (line := child.stderr.readline()):
                    shown += line
                interrupted = True
                for other in leases:
                    os.close(other.file)
            else:
                lease.give()
    shown += child.communicate()[1]
    sys.stderr.buffer.write(shown)
    sys.exit(child.returncode if interrupted else 97)


main()
