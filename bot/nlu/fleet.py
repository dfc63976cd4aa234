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
import os
import socket
import sys
import time
from pathlib import Path
from typing import Callable, Optional, Sequence

from bot.nlu.inner import FleetWatch, Inner, place
from bot.nlu.light import components, lighten
from bot.nlu.project import code_digest, forget_old, model_name, stamps
from bot.nlu.signature import Keys
from bot.nlu.succession import Fleet
from bot.telemetry.logs import set_up_logging

_BACKLOG = 100
_STEP = 0.1
"""Seconds between two looks at children and files."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--interface", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--endpoints", type=Path, default=Path("endpoints.yml"))
    parser.add_argument("--credentials", type=Path, default=Path("credentials.yml"))
    parser.add_argument("--project", type=Path, default=Path(), help="where config.yml and data are")
    parser.add_argument("--watch", action="store_true", help="train and swap when the content changes")
    parser.add_argument("--studies", type=Path, help="where the studio leaves what it wants tried out")
    options = parser.parse_args()
    options.model = options.model.resolve()
    keys = Keys.of(os.environ)
    names = components(options.project / "config.yml")
    if not lighten(names):
        print("config.yml uses components that need all of Rasa: starting takes longer", file=sys.stderr)
    fleet = _prepared(options, names, keys)
    gc.collect()
    gc.freeze()  # children's collections leave the shared pages alone
    return fleet.run(options.watch)


def _prepared(options: argparse.Namespace, names: Sequence[str], keys: Keys) -> Fleet:
    """A fleet with everything imported that its children need."""
    from rasa.utils.common import configure_logging_and_warnings  # noqa: PLC0415 - after `lighten`

    from bot.nlu import server, study, training  # noqa: PLC0415
    from bot.text.morphemes import Morphemes  # noqa: PLC0415

    configure_logging_and_warnings()
    set_up_logging("rasa", os.environ.get("SOTONG_LOG_LEVEL") or "INFO")
    for name in names:  # what the components import can take longer than their training
        if "." in name:
            importlib.import_module(name.rpartition(".")[0])
    Morphemes()  # read once here, shared by all
    token = os.environ.get("SOTONG_RASA_TOKEN", "")
    door = server.Door(options.endpoints, options.credentials, keys, token)
    code = code_digest()

    def train(target: Path) -> None:
        inner.close()
        os.chdir(options.project)  # components name their files from there
        training.train(Path(), target, keys)
        forget_old(target.parent, {model_name(Path(), code)})

    def try_out(folder: Path) -> None:
        inner.close()
        study.work(folder)

    def wanted() -> Optional[Callable[[], None]]:
        folder = study.waiting(options.studies) if options.studies else None
        return (lambda: try_out(folder)) if folder and study.take(folder) else None

    listener = socket.create_server((options.interface, options.port), backlog=_BACKLOG)
    watch = FleetWatch()
    own = "127.0.0.1" if options.interface == "0.0.0.0" else options.interface  # noqa: S104 - compared
    at = place(os.environ, options.port)
    inner = Inner(watch, at, f"http://{own}:{options.port}", token)

    def serve(sock: socket.socket, model: Path, ready: int) -> None:
        inner.close()
        server.serve(sock, model, door, ready)

    def rest() -> None:
        if not inner.wait(_STEP):
            time.sleep(_STEP)

    return Fleet(
        listener,
        options.model,
        serve,
        train,
        lambda: options.model.parent / model_name(options.project, code),
        lambda: stamps(options.project),
        watch,
        rest,
        keys.trusts,
        wanted,
    )


if __name__ == "__main__":
    sys.exit(main())
