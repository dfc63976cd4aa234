"""Child processes that share the memory of their parent, and never outlive it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from typing import Callable, Iterable

_ORPHANED = 0.5
"""Seconds between a child's looks whether its parent is still there."""
_FAREWELL = 12.0
"""Seconds that a child has to end by itself."""


def fork(work: Callable[[], None]) -> int:
    """Begin `work` in a child of its own; its process id. It ends with 0, or with 1 if `work` raises."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        threading.Thread(target=_outlive_nobody, args=(parent,), daemon=True).start()
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - a child never returns to the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def send(pid: int, name: signal.Signals) -> None:
    """Send a signal; to nobody, when the child has ended."""
    try:
        os.kill(pid, name)
    except ProcessLookupError:
        return


def end(children: Iterable[int]) -> None:
    """Stop children and wait for them; those that do not end by themselves are killed."""
    left = set(children)
    for pid in left:
        send(pid, signal.SIGTERM)
    until = time.monotonic() + _FAREWELL
    while left:
        for pid in list(left):
            try:
                ended = os.waitpid(pid, os.WNOHANG)[0]
            except ChildProcessError:
                ended = pid
            if ended:
                left.remove(pid)
            elif time.monotonic() > until:
                send(pid, signal.SIGKILL)
        time.sleep(0.02)


def _outlive_nobody(parent: int) -> None:
    """In a child: end when the parent is gone, however it ended; the next one needs the port."""
    while os.getppid() == parent:
        time.sleep(_ORPHANED)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_FAREWELL)
    os.kill(os.getpid(), signal.SIGKILL)
