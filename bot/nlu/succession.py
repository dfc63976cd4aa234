"""Who serves: the servers, the trainings and their succession, as children of one process."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from pathlib import Path
from types import FrameType
from typing import Callable, List, Optional, Tuple

from bot.nlu.children import end, fork
from bot.nlu.inner import FleetWatch

logger = logging.getLogger("bot.nlu.fleet")

_SETTLED = 0.3
"""Seconds without a save until training starts: editors save several files at once."""
_AGAIN_AFTER = (1, 2, 5, 10, 30)
"""Seconds until a server that died is started again, growing with every try."""


class Fleet:
    """The servers, the trainings and their succession.

    `serve(listener, model, ready)` and `train(target)` run in children of their own; `serve` writes to the
    file descriptor `ready` when it answers. `names` gives the model file that the present content asks for;
    one that is there counts when `trusts` it (`bot.nlu.signature`).
    """

    def __init__(
        self,
        listener: socket.socket,
        model: Path,
        serve: Callable[[socket.socket, Path, int], None],
        train: Callable[[Path], None],
        names: Callable[[], Path],
        seen: Callable[[], object],
        watch: FleetWatch,
        rest: Callable[[], None],
        trusts: Callable[[Path], bool] = Path.exists,
        study: Callable[[], Optional[Callable[[], None]]] = lambda: None,
    ) -> None:
        self._listener = listener
        self._model = model
        self._serve = serve
        self._train = train
        self._names = names
        self._seen = seen
        self._watch = watch
        self._rest = rest
        """Waits a moment until the next look at children and files."""
        self._trusts = trusts
        self._study = study
        """What the studio wants tried out next, if anything (`bot.nlu.study`)."""
        self._studying: Optional[int] = None
        self._current: Optional[int] = None
        self._starting: Optional[Tuple[int, Path, int]] = None
        """The next server: process, model, and where it says that it answers."""
        self._training: Optional[Tuple[int, Path]] = None
        self._leaving: List[int] = []
        self._refused: set = set()
        """Models that could not be trained or loaded; a save gives the next one another name."""
        self._deaths = 0
        self._not_before = 0.0
        self._stopping = False

    def run(self, watch: bool) -> int:
        """Until SIGTERM or SIGINT; the exit status for the shell."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        self._begin(watch)
        stamp, changed_at = self._seen(), 0.0
        asked = not watch
        while not self._stopping:
            self._reap()
            self._greet()
            if not self._studying and not self._busy() and (wanted := self._study()):
                self._studying = fork(wanted)
            if watch:
                now = self._seen()
                if now != stamp:
                    stamp, changed_at, asked = now, time.monotonic(), False
                if not asked and time.monotonic() - changed_at > _SETTLED:
                    asked = self._renew()
            if not self._current and not self._starting and time.monotonic() > self._not_before:
                self._begin(watch)
            self._rest()
        return self._end()

    def _busy(self) -> bool:
        return bool(self._training or self._starting or not self._current)

    def _renew(self) -> bool:
        """Train the model that the content asks for, unless it is the one that serves; False = not yet.

        One that is there already, as after a roll back, waits for no training of another.
        """
        if self._starting or not self._current:
            return False
        target = self._names()
        if self._training and (target == self._model or self._trusts(target)):
            pid, unfinished = self._training[0], self._training[1].parent
            end([pid])
            (unfinished / f"building-{pid}.tar.gz").unlink(missing_ok=True)
            self._training = None
        elif self._training:
            return False
        if target == self._model or target in self._refused:
            return True
        if self._trusts(target):
            self._start(target)
            return True
        logger.info("the content has changed: training %s", target.name)
        self._training = (fork(lambda: self._train(target)), target)
        return True

    def _begin(self, watch: bool) -> None:
        """With nobody answering: serve the present model, or train it anew where it is not to be trusted."""
        if self._trusts(self._model) or not watch:
            self._start(self._model)
            return
        target = self._names()
        if self._trusts(target):
            self._start(target)
        elif not self._training and target not in self._refused:
            logger.error("%s is gone or not signed by us: training %s", self._model.name, target.name)
            self._training = (fork(lambda: self._train(target)), target)
        elif not self._training:
            self._start(self._model)  # says what is wrong, and waits

    def _start(self, model: Path) -> None:
        told, tells = os.pipe()
        os.set_blocking(told, False)

        def child() -> None:
            os.close(told)
            self._serve(self._listener, model, tells)

        self._starting = (fork(child), model, told)
        os.close(tells)

    def _greet(self) -> None:
        """When the next server answers, it takes the place of the present one."""
        if not self._starting:
            return
        pid, model, told = self._starting
        try:
            if os.read(told, 1) != b"1":
                return
        except BlockingIOError:
            return
        os.close(told)
        if self._current:
            os.kill(self._current, signal.SIGUSR1)
            self._leaving.append(self._current)
        self._current, self._model, self._starting, self._deaths = pid, model, None, 0
        os.utime(model)
        self._watch.answers(model.name)
        logger.info("%s answers", model.name)

    def _reap(self) -> None:
        """Take note of the children that have ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            if self._training and pid == self._training[0]:
                self._trained(self._training[1], code)
            elif self._starting and pid == self._starting[0]:
                os.close(self._starting[2])
                self._not_started(self._starting[1], code)
            elif pid == self._current:
                logger.error("the server has ended (%s) and is started again", code)
                self._current = None
                self._watch.died()
                self._wait()
            elif pid in self._leaving:
                self._leaving.remove(pid)
            elif pid == self._studying:
                self._studying = None

    def _trained(self, target: Path, code: int) -> None:
        self._training = None
        self._watch.trained(code == 0)
        if code == 0:
            self._start(target)
            return
        self._refused.add(target)
        logger.error(
            "training has failed; %s goes on answering. Correct the content and save", self._model.name
        )

    def _not_started(self, model: Path, code: int) -> None:
        self._starting = None
        self._watch.refused()
        if self._current:
            self._refused.add(model)
            logger.error("%s does not answer (%s); %s goes on", model.name, code, self._model.name)
        else:
            logger.error("%s does not answer (%s); trying again", model.name, code)
            self._wait()

    def _wait(self) -> None:
        self._not_before = time.monotonic() + _AGAIN_AFTER[min(self._deaths, len(_AGAIN_AFTER) - 1)]
        self._deaths += 1

    def _stop(self, _signal: int, _frame: Optional[FrameType]) -> None:
        self._stopping = True

    def _end(self) -> int:
        """Stop all children; those that do not end by themselves are killed."""
        under_way = (self._starting and self._starting[0], self._training and self._training[0])
        children = {pid for pid in (*self._leaving, self._current, self._studying, *under_way) if pid}
        end(children)
        return 0
