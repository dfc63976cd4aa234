"""Serves a Rasa model, trains a new one whenever the content is saved, and swaps without losing a message.

    python -m bot.nlu.fleet --model models/sotong-0123.tar.gz --port 5005 --watch

One process imports Rasa and Kiwi once and then only forks: a server with its model, a training, the next
server. Children share that memory and give back their own when they end, so neither a swap nor a training
lets it grow. The listening socket belongs to the parent and is never closed: a new server begins to accept
before the old one stops, and whoever connects is answered by one of them.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Callable, List, Optional, Sequence, Tuple

from bot.nlu.children import end, fork
from bot.nlu.light import components, lighten
from bot.nlu.project import code_digest, forget_old, model_name, stamps

logger = logging.getLogger("bot.nlu.fleet")

_STEP = 0.1
"""Seconds between two looks at children and files."""
_SETTLED = 0.3
"""Seconds without a save until training starts: editors save several files at once."""
_AGAIN_AFTER = (1, 2, 5, 10, 30)
"""Seconds until a server that died is started again, growing with every try."""
_BACKLOG = 100


class Fleet:
    """The servers, the trainings and their succession.

    `serve(listener, model, ready)` and `train(target)` run in children of their own; `serve` writes to the
    file descriptor `ready` when it answers. `names` gives the model file that the present content asks for.
    """

    def __init__(
        self,
        listener: socket.socket,
        model: Path,
        serve: Callable[[socket.socket, Path, int], None],
        train: Callable[[Path], None],
        names: Callable[[], Path],
        seen: Callable[[], object],
        study: Callable[[], Optional[Callable[[], None]]] = lambda: None,
    ) -> None:
        self._listener = listener
        self._model = model
        self._serve = serve
        self._train = train
        self._names = names
        self._seen = seen
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
        self._start(self._model)
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
                self._start(self._model)
            time.sleep(_STEP)
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
        if self._training and (target == self._model or target.exists()):
            pid, unfinished = self._training[0], self._training[1].parent
            end([pid])
            (unfinished / f"building-{pid}.tar.gz").unlink(missing_ok=True)
            self._training = None
        elif self._training:
            return False
        if target == self._model or target in self._refused:
            return True
        if target.exists():
            self._start(target)
            return True
        logger.info("the content has changed: training %s", target.name)
        self._training = (fork(lambda: self._train(target)), target)
        return True

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
                self._wait()
            elif pid in self._leaving:
                self._leaving.remove(pid)
            elif pid == self._studying:
                self._studying = None

    def _trained(self, target: Path, code: int) -> None:
        self._training = None
        if code == 0:
            self._start(target)
            return
        self._refused.add(target)
        logger.error(
            "training has failed; %s goes on answering. Correct the content and save", self._model.name
        )

    def _not_started(self, model: Path, code: int) -> None:
        self._starting = None
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


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--interface", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--endpoints", type=Path, default=Path("endpoints.yml"))
    parser.add_argument("--credentials", type=Path, default=Path("credentials.yml"))
    parser.add_argument("--auth-token", default="")
    parser.add_argument("--project", type=Path, default=Path(), help="where config.yml and data are")
    parser.add_argument("--watch", action="store_true", help="train and swap when the content changes")
    parser.add_argument("--studies", type=Path, help="where the studio leaves what it wants tried out")
    options = parser.parse_args()
    options.model = options.model.resolve()
    names = components(options.project / "config.yml")
    if not lighten(names):
        print("config.yml uses components that need all of Rasa: starting takes longer", file=sys.stderr)
    fleet = _prepared(options, names)
    gc.collect()
    gc.freeze()  # children's collections leave the shared pages alone
    return fleet.run(options.watch)


def _prepared(options: argparse.Namespace, names: Sequence[str]) -> Fleet:
    """A fleet with everything imported that its children need."""
    from rasa.utils.common import configure_logging_and_warnings  # noqa: PLC0415 - after `lighten`
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    from bot.nlu import server, study, training  # noqa: PLC0415
    from bot.text.morphemes import Morphemes  # noqa: PLC0415

    configure_logging_and_warnings()
    configure_structlog()
    logger.setLevel(logging.INFO)
    for name in names:  # what the components import can take longer than their training
        if "." in name:
            importlib.import_module(name.rpartition(".")[0])
    Morphemes()  # read once here, shared by all
    door = server.Door(options.endpoints, options.credentials, options.auth_token)
    code = code_digest()

    def train(target: Path) -> None:
        os.chdir(options.project)  # components name their files from there
        training.train(Path(), target)
        forget_old(target.parent, {model_name(Path(), code)})

    def wanted() -> Optional[Callable[[], None]]:
        folder = study.waiting(options.studies) if options.studies else None
        return (lambda: study.work(folder)) if folder and study.take(folder) else None

    listener = socket.create_server((options.interface, options.port), backlog=_BACKLOG)
    return Fleet(
        listener,
        options.model,
        lambda sock, model, ready: server.serve(sock, model, door, ready),
        train,
        lambda: options.model.parent / model_name(options.project, code),
        lambda: stamps(options.project),
        wanted,
    )


if __name__ == "__main__":
    sys.exit(main())
