"""One real Redis for a test process, started when the first test asks for it."""

from __future__ import annotations

import functools
import shutil
import socket
import subprocess
import tempfile
import time

from bot.cli.stack import redis_server


class Server:
    """A Redis that keeps nothing."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        self._folder = tempfile.mkdtemp()
        command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", self._folder]
        self._process = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)

    def stop(self) -> None:
        """At the end of the run (conftest)."""
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder)


@functools.cache
def server() -> Server:
    """The Redis of this process."""
    return Server()
