"""A process of `sotong run` that dies as it starts: a sentence on the terminal, its traceback in its log."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bot.cli.crashes import Crashes
from bot.cli.private_stack import DidNotStart, private_stack
from bot.cli.stack import Process
from bot.cli.supervising import log_file, supervised
from bot.cli.watching import watch
from bot.settings import ROOT, Settings

LATEST = 30.0
"""Seconds within which it has been said."""
STEADY = "import time; time.sleep(60)"
TAKES_A_PORT = "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1])))"
FLEET = """
import pathlib, socket, sys, time
from bot.nlu.inner import FleetWatch
from bot.nlu.succession import Fleet
from bot.telemetry.logs import set_up_logging

def serve(listener, model, ready):
    raise ValueError("not a model")

set_up_logging("rasa", "INFO")
model = pathlib.Path(sys.argv[sys.argv.index("--model") + 1])
rest = lambda: time.sleep(0.05)
Fleet(socket.socket(), model, serve, print, lambda: model, int, FleetWatch(), rest).run(False)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An installation's; signals are as before when the test is over."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(name) for name in names]
    yield tmp_path
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


def process(name: str, code: str, port: int = 1) -> Process:
    return Process(name, (sys.executable, "-c", code, str(port)), port, "", steady_after=1)


def said(folder: Path, *wanted: Process, until: str, more: float = 0.0) -> str:
    """What the person in front of the terminal reads, so many seconds after a word has come."""
    screen = io.StringIO()
    console = Console(file=screen, width=400)
    crashes = Crashes(console, folder, wanted)
    supervisor = supervised(folder, wanted, {**os.environ, "PYTHONPATH": str(ROOT)})
    came: list[float] = []

    def look(seconds: float) -> None:
        crashes.look()
        if until in screen.getvalue():
            came.append(seconds)
        if seconds > LATEST or (came and seconds - came[0] > more):
            os.kill(os.getpid(), signal.SIGINT)

    try:
        assert watch(console, supervisor, look, folder=folder, stop_within=20, again="make run") == 0
    finally:
        supervisor.kill()
        supervisor.wait()
    return screen.getvalue()


def test_it_is_said_once_and_the_traceback_is_in_the_log(folder: Path) -> None:
    wanted = process("actions", "raise ValueError('why')"), process("gateway", STEADY)
    shown = said(folder, *wanted, until="actions", more=5)
    [line] = [line for line in shown.splitlines() if "actions" in line]
    log = log_file(folder, "actions")
    assert (str(log) in line, "sotong doctor" in line, "gateway" in shown) == (True, True, False)
    assert "Traceback" not in shown
    assert log.read_text().count("ValueError: why") > 1


def test_one_that_dies_after_it_counted_as_started_is_said(folder: Path) -> None:
    late = process("rasa", "import time; time.sleep(2); raise ValueError('why')")
    assert "rasa 프로세스가" in said(folder, late, until="rasa")


def test_a_taken_port_is_named_with_its_setting(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = said(folder, process("rasa", TAKES_A_PORT, port), until=f"{port}")
    assert f"{port}번 포트를 다른 프로그램이" in shown
    assert "SOTONG_RASA_PORT" in shown
    assert "Address already in use" in log_file(folder, "rasa").read_text()


def test_what_an_earlier_start_wrote_is_not_why(folder: Path) -> None:
    log = log_file(folder, "rasa")
    log.parent.mkdir()
    log.write_text("OSError: Address already in use\nold.tar.gz does not answer (1); trying again\n")
    shown = said(folder, process("rasa", "raise ValueError('why')"), until="rasa")
    assert "sotong doctor" in shown


def test_a_model_that_cannot_be_loaded_is_named(folder: Path) -> None:
    model = folder / "models" / "sotong-0123456789ab.tar.gz"
    model.parent.mkdir()
    model.write_bytes(b"not a model")
    program = folder / "fleet.py"
    program.write_text(FLEET)
    fleet = Process("rasa", (sys.executable, str(program), "--model", str(model)), 1, "")
    shown = said(folder, fleet, until="rasa", more=3)
    [line] = [line for line in shown.splitlines() if "rasa" in line]
    assert (str(model) in line, str(log_file(folder, "rasa")) in line) == (True, True)
    assert "Traceback" not in shown
    assert "ValueError: not a model" in log_file(folder, "rasa").read_text()


def test_a_supervisor_that_ends_says_where_to_look(folder: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=400)
    broken = subprocess.Popen([sys.executable, "-c", "raise ValueError"], stderr=subprocess.DEVNULL)
    assert watch(console, broken, lambda _: None, folder=folder, stop_within=1, again="make run") == 1
    assert str(log_file(folder, "supervisord")) in screen.getvalue()


@pytest.mark.rasa
def test_a_command_with_a_stack_of_its_own_says_it_as_well(folder: Path) -> None:
    settings = Settings(_env_file=None, var_dir=folder / "var", database_url="")
    model = folder / "sotong-gone.tar.gz"
    own = folder / "own"
    own.mkdir()
    with pytest.raises(DidNotStart) as refused, private_stack(settings, model, own, Console(quiet=True)):
        pass
    kept = folder / "var" / "log" / "private-rasa.log"
    assert (str(kept) in str(refused.value), str(model) in str(refused.value)) == (True, True)
    assert "Traceback" not in str(refused.value)
    assert "Traceback" in kept.read_text()
