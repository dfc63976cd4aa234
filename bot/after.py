"""`python -m bot.after PORT SECONDS COMMAND…`: becomes the command once the port is open, or after so long.

The heavy processes start through this, so that on a machine with few cores the citizens' page is up first.
Only the standard library, and little of it: whatever is imported here delays the start.
"""

from __future__ import annotations

import os
import socket
import sys
import time


def main(port: int, seconds: float, command: list[str]) -> None:
    """Wait, then replace this process. Raises `OSError` when the command cannot be run."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    os.nice(5)  # a page and an acknowledgement never wait for a model
    os.execvp(command[0], command)  # noqa: S606 - the command is our own


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
