"""Runs a command for as long as the process that asked for it lives: a program, started as a file.

Its standard input is a pipe that nobody writes to. When the other end is closed, be it because its holder
was killed, the whole group of processes ends: the command, its workers and this one.
"""

import os
import signal
import subprocess
import sys
import threading


def _end_with_the_starter() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    code = process.wait()
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)  # at once: the thread still reads
