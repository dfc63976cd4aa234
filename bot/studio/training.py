"""Trying drafts out: a candidate is composed, trained and asked, by the fleet or a process of our own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.cli.stack import RASA_ENV, environment
from bot.nlu.project import code_digest, model_name
from bot.settings import ROOT, Settings
from bot.studio.compose import compose
from bot.studio.drafts import Draft

FOLDS = 5
"""As `sotong evaluate` does it, so that figures can be compared."""
_TAKEN_WITHIN = 5.0
"""Seconds that a running fleet has to take a request; then a process of our own does the work."""
_LOST_AFTER = 30.0
"""Seconds without a process that works and without any news until a study counts as broken off."""
_KEPT = 4
"""Studies of each kind that are kept, the newest first."""

What = Literal["train", "proof"]
State = Literal["running", "done", "failed", "cancelled"]


class NoTraining(Exception):
    """Nothing can be trained here; the text says why and what to do."""


@dataclass(frozen=True)
class Study:
    """One trial of the drafts as they stood at a moment."""

    id: str
    """Of its folder; later ones sort behind earlier ones."""
    what: What
    folder: Path
    model: str
    """File name of the model."""
    operator: str
    began: float
    """Seconds since 1970."""
    drafts: tuple[str, ...]
    """Items whose drafts were taken in."""
    conflicts: tuple[str, ...]
    """Titles of drafts that could not be brought together with the content."""
    state: State
    share: float
    step: str
    """What is being done: read, learn, ask, rules; empty before it has begun."""
    part: str
    """Which component or fold of the step."""
    reason: str
    """Why it failed, in the trainer's words."""
    result: Mapping[str, Any]

    @property
    def candidate(self) -> Path:
        """The content that was tried."""
        return self.folder / "candidate"


class Training:
    """All studies of an installation, kept as folders: they survive a page's reload and our restart.

    `settings.var_dir`/studies is shared with the fleet (`bot.nlu.study`). One study runs at a time.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._clock = clock
        self._folder = settings.var_dir.resolve() / "studies"
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._code: str | None = None

    async def begin(
        self, what: What, root: Path, drafts: Sequence[Draft], operator: str, folds: int = FOLDS
    ) -> Study:
        """Compose the candidate and have it tried; the study that runs already, if one does.

        Raises `NoTraining` where Rasa's environment is missing, and OSError.
        """
        running = next((one for one in self.all() if one.state == "running" and one.what == what), None)
        if running is not None:
            return running
        if not (RASA_ENV / "bin" / "python").exists():
            raise NoTraining("학습하는 환경이 아직 없어요. 서버를 맡은 분께 make setup을 부탁해 주세요.")
        id_ = f"{int(self._clock() * 1000):015d}-{what}"
        folder = self._folder / id_
        conflicts = await asyncio.to_thread(compose, root, drafts, folder / "candidate")
        self._code = self._code or await asyncio.to_thread(code_digest)
        model = await asyncio.to_thread(model_name, folder / "candidate", self._code)
        about = {
            "what": what,
            "model": str(model),
            "operator": operator,
            "began": self._clock(),
            "drafts": [draft.item for draft in drafts],
            "conflicts": [conflict.title for conflict in conflicts],
        }
        (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        request = {
            "what": what,
            "project": str(folder / "candidate"),
            "model": str(self.settings.models_dir.resolve() / str(model)),
            "folds": folds,
        }
        unready = folder / "request.unready"
        unready.write_text(json.dumps(request), encoding="utf-8")
        unready.rename(folder / "request.json")
        task = asyncio.create_task(self._see_to_it(folder), name=f"study-{id_}")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        self._forget(what)
        return self._read(folder)

    def all(self) -> list[Study]:
        """The newest first."""
        folders = sorted(self._folder.glob("*/about.json"), reverse=True) if self._folder.is_dir() else []
        return [self._read(about.parent) for about in folders]

    def find(self, id_: str) -> Study | None:
        """One study, by its id."""
        return next((one for one in self.all() if one.id == id_), None)

    def latest(self, what: What, state: State | None = None) -> Study | None:
        """The newest study of a kind, in a state if one is named."""
        return next((one for one in self.all() if one.what == what and state in (None, one.state)), None)

    def cancel(self, id_: str) -> None:
        """Let the process give it up; what was published is not touched."""
        study = self.find(id_)
        if study is not None and study.state == "running":
            (study.folder / "request.json").unlink(missing_ok=True)
            (study.folder / "cancel").touch()

    async def close(self) -> None:
        """End what this process started itself; a study in the fleet goes on."""
        for task in self._waiting:
            task.cancel()
        for process in self._processes.values():
            if process.returncode is None:
                process.terminate()
                await process.wait()

    async def _see_to_it(self, folder: Path) -> None:
        """Start a process of our own unless the fleet takes the request."""
        end = time.monotonic() + _TAKEN_WITHIN
        while (folder / "request.json").exists():
            if time.monotonic() > end:
                break
            await asyncio.sleep(0.1)
        else:
            return
        with (folder / "log.txt").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                str(RASA_ENV / "bin" / "python"), "-m", "bot.nlu.study", str(folder),
                cwd=ROOT, env=environment(self.settings), stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        self._processes[folder.name] = process
        await process.wait()
        del self._processes[folder.name]

    def _read(self, folder: Path) -> Study:
        about, progress = _json(folder / "about.json"), _json(folder / "progress.json")
        done, failed = _json(folder / "done.json"), _json(folder / "failed.json")
        state: State = "running"
        if done:
            state = "done"
        elif (folder / "cancel").exists():
            state = "cancelled"
        elif failed or self._lost(folder):
            state = "failed"
        return Study(
            id=folder.name,
            what=about["what"],
            folder=folder,
            model=about["model"],
            operator=about["operator"],
            began=about["began"],
            drafts=tuple(about["drafts"]),
            conflicts=tuple(about["conflicts"]),
            state=state,
            share=1.0 if done else float(progress.get("share", 0.0)),
            step=str(progress.get("step", "")),
            part=str(progress.get("part", "")),
            reason=str(failed.get("reason", "")),
            result=done,
        )

    def _lost(self, folder: Path) -> bool:
        """Whether nobody works on it any more: no news for long, and no process that still lives."""
        process = self._processes.get(folder.name)
        if process is not None:
            return process.returncode not in (None, 0)
        pid = _json(folder / "worker.json").get("pid")
        if pid is not None and _lives(int(pid)):
            return False
        newest = max(path.stat().st_mtime for path in folder.glob("*.json"))
        return self._clock() - newest > _LOST_AFTER

    def _forget(self, what: What) -> None:
        """Remove all but the newest; the latest that succeeded is what pages show, so it stays."""
        ended = [one for one in self.all() if one.what == what and one.state != "running"]
        good = next((one.id for one in ended if one.state == "done"), "")
        for one in ended[_KEPT:]:
            if one.id != good:
                shutil.rmtree(one.folder, ignore_errors=True)


def _json(path: Path) -> dict[str, Any]:
    """A file's content; empty while it is not there."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
