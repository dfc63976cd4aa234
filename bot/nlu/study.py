"""Trains a candidate, asks it its own examples and says how far it is: what the studio waits for.

    python -m bot.nlu.study FOLDER

FOLDER holds `request.json`: {"what": "train" or "proof", "project", "model", "folds"}. Whoever does the work
renames it to `taken.json` first, so a running fleet and a process of the studio's own never both do. It
writes `worker.json` {"pid"}, `progress.json` {"share", "step", "part"} and at the end `done.json` or
`failed.json` {"reason"}; with "train" also the model file and `trial.jsonl` as `bot.nlu.trial` writes it. A
file `cancel` ends it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from bot.nlu.light import components, lighten
from bot.nlu.signature import Keys

REQUEST, TAKEN, CANCEL = "request.json", "taken.json", "cancel"
PROGRESS, DONE, FAILED, WORKER = "progress.json", "done.json", "failed.json", "worker.json"
TRIAL = "trial.jsonl"
_LOOK = 0.2
"""Seconds between two looks whether the work is still wanted."""
_KIND = 10
"""Niceness: whoever waits for an answer comes first."""
_CANCELLED = 3
"""Exit status."""

Tell = Callable[[float, str, str], None]
"""Share of the whole that is done, which step this is, and of which part."""


def waiting(studies: Path) -> Optional[Path]:
    """The oldest folder whose request nobody has taken yet."""
    try:
        found = sorted(studies.glob(f"*/{REQUEST}"), key=lambda path: path.stat().st_mtime)
    except FileNotFoundError:  # somebody else was quicker
        return None
    return found[0].parent if found else None


def take(folder: Path) -> bool:
    """Make the request ours; False when somebody else has."""
    try:
        (folder / REQUEST).rename(folder / TAKEN)
    except FileNotFoundError:
        return False
    return True


def work(folder: Path) -> None:
    """Do what was asked, and write down how it ended. Needs a process of its own, which it makes slower."""
    os.nice(_KIND)
    threading.Thread(target=_give_up, args=(folder,), daemon=True).start()
    asked = json.loads((folder / TAKEN).read_text("utf-8"))
    _write(folder / WORKER, {"pid": os.getpid()})
    project, began = Path(asked["project"]).resolve(), time.monotonic()

    def tell(share: float, step: str, part: str = "") -> None:
        _write(folder / PROGRESS, {"share": round(share, 3), "step": step, "part": part})

    keys = Keys.of(os.environ)
    from bot.nlu import proof, training, validation  # noqa: PLC0415 - after `lighten`

    tell(0.0, "read", "")
    os.chdir(project)  # components name folders of the content relative to it
    try:
        if asked["what"] == "proof":
            _write(folder / DONE, {"problems": proof.prove(project, tell)})
            return
        model = Path(asked["model"])
        share = 0.35 if asked["folds"] else 1.0
        if not keys.trusts(model):
            training.train(project, model, keys, told=lambda done, step: tell(share * done, "learn", step))
        if asked["folds"]:
            validation.cross_validate(
                project,
                asked["folds"],
                folder / TRIAL,
                lambda done, part: tell(share + (1 - share) * done, "ask", part),
            )
    except Exception as error:
        _write(folder / FAILED, {"reason": training.reason(error)})
        raise
    _write(folder / DONE, {"model": str(model), "seconds": round(time.monotonic() - began, 1)})


def _give_up(folder: Path) -> None:
    """End this process once the work is not wanted any more."""
    while not (folder / CANCEL).exists() and folder.exists():
        time.sleep(_LOOK)
    os._exit(_CANCELLED)


def _write(path: Path, content: Dict[str, Any]) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(path)


def main() -> int:
    """The command; 0 when the work is done, also when somebody else does it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    if not take(folder):
        return 0
    asked = json.loads((folder / TAKEN).read_text("utf-8"))
    lighten(components(Path(asked["project"]) / "config.yml"))
    from rasa.utils.common import configure_logging_and_warnings  # noqa: PLC0415 - after `lighten`
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_logging_and_warnings()
    configure_structlog()
    work(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
