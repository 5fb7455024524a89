"""Whether processes have ended."""

import os
import subprocess
import time


def all_gone(numbers: list[int]) -> bool:
    """Whether processes end within some seconds; one that nobody has reaped yet has ended."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if not any(map(alive, numbers)):
            return True
        time.sleep(0.01)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return not state.strip().startswith("Z")
