"""Processes that end as they start: said once, with what to do; what they wrote is in their log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bot.cli.preflight import PORT_SETTING
from bot.cli.stack import Process
from bot.cli.supervising import Life, lives, log_file

_STEADY = 60
"""Seconds after which an end is none of the start any more."""
_TAIL = 16_384
"""Bytes of a log in which the cause of an end stands."""
_TAKEN = re.compile(rb"address already in use", re.IGNORECASE)
_NO_MODEL = re.compile(rb"([\w.-]+\.tar\.gz) does not answer \(-?\d+\); trying again")
"""What the fleet says of a model that it has nothing instead of (`bot.nlu.succession`)."""


class Crashes:
    """Looks after the processes of a supervisor, whose files are in `folder`; made before they begin."""

    def __init__(self, console: Console, folder: Path, wanted: Sequence[Process]) -> None:
        self._console = console
        self._folder = folder
        self._logs = {process.name: ProcessLog(process, log_file(folder, process.name)) for process in wanted}
        self._lives: dict[str, Life] = {}
        self._told: set[tuple[str, Path | None]] = set()
        """Process, and the model that it cannot use."""

    def look(self) -> None:
        """Tell of every process that has ended at its start since the last look, and of unusable models."""
        for life in lives(self._folder):
            log = self._logs[life.name]
            before = self._lives.get(life.name, life)
            self._lives[life.name] = life
            has_ended = life.down or life.began != before.began
            if has_ended and life.failed and life.ended - before.began < _STEADY:
                self._tell(log)
            elif model := log.unusable_model():
                self._tell(log, model)
            elif life.lasts > _STEADY:
                self._told.discard((life.name, None))

    def _tell(self, log: ProcessLog, model: Path | None = None) -> None:
        about = (log.process.name, model)
        if about in self._told:
            return
        self._told.add(about)
        self._console.print(f"[red]✗[/] {log.why(model)} 기록: {log.path}", highlight=False)


class ProcessLog:
    """What a process has written since it was started with the others."""

    def __init__(self, process: Process, path: Path, start: int | None = None) -> None:
        self.process = process
        self.path = path
        self._start = self._size() if start is None else start
        self._read = self._start
        """Up to where models were looked for."""

    def unusable_model(self) -> Path | None:
        """A model that cannot be loaded, when the log has said so since the last call."""
        size = self._size()
        if size == self._read:
            return None
        new, self._read = self._since(self._read if size > self._read else 0), size
        found = _NO_MODEL.search(new)
        if not found or "--model" not in self.process.command:
            return None
        given = Path(self.process.command[self.process.command.index("--model") + 1])
        return given.with_name(found[1].decode(errors="replace"))

    def why(self, model: Path | None = None) -> str:
        """Why it does not work, because of a `model` or else, and what to do."""
        name, port = self.process.name, self.process.port
        if model is not None:
            return (
                f"봇({name})이 모델을 읽지 못해서 답하지 못해요. {model} 파일을 지우고 다시 켜 주세요. "
                "그러면 새로 학습해요."
            )
        if _TAKEN.search(self._since(self._start)):
            setting = PORT_SETTING.get(re.sub(r"-\d+$", "", name), "docs/settings.md에 있는 설정")
            return (
                f"{port}번 포트를 다른 프로그램이 쓰고 있어서 {name} 프로세스가 켜지지 않아요. 그 프로그램을 "
                f"끄거나, {setting}에 다른 번호를 적고 다시 켜 주세요."
            )
        return (
            f"{name} 프로세스가 켜지자마자 멈췄어요. 무엇이 빠졌는지 sotong doctor로 보고, 그래도 모르면 "
            "기록의 끝을 봐 주세요."
        )

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _since(self, start: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(start if start <= size else 0, size - _TAIL))
            return file.read()
