"""Looks that staff asked for: each a folder that survives a page's reload and our restart.

`var_dir`/gate/runs/<id> has `run.json`, the candidate that was judged, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from bot.gate.finding import Verdict

State = Literal[
    "running", "passed", "blocked", "conflict", "failed", "waiting", "published", "refused", "stopped"
]
"""running: being judged. passed, blocked: judged. conflict: drafts and content contradict each other.
waiting: will be published at a time. refused: was not published then. stopped: given up."""

_RUN = "run.json"
_KEPT = 30
"""Finished looks that are kept, the newest first."""
_OPEN = ("running", "waiting")


@dataclass(frozen=True)
class Chosen:
    """A draft as it was when the look began."""

    item: str
    title: str
    version: int
    department: str | None


@dataclass(frozen=True)
class Clash:
    """A draft that could not be brought together with the content."""

    item: str
    title: str
    kind: str


@dataclass(frozen=True)
class Run:
    """One look at a choice of drafts, and what became of it."""

    id: str
    operator_id: int
    operator: str
    began: datetime
    drafts: tuple[Chosen, ...]
    state: State
    against: int | None = None
    """The release compared with; None = the content as it stands."""
    share: float = 0.0
    step: str = ""
    reason: str = ""
    """Why it failed or was refused, for people."""
    verdict: dict[str, Any] | None = None
    clashes: tuple[Clash, ...] = ()
    at: datetime | None = None
    """When it is to be published."""
    why: str = ""
    """What the release says it is for."""
    overruled: str = ""
    """Why an approver lets it pass although it is blocked."""
    release: int | None = None
    """What it was published as."""

    @property
    def judged(self) -> Verdict | None:
        """The verdict, once there is one."""
        return None if self.verdict is None else Verdict.from_json(self.verdict)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        plain = asdict(self)
        return plain | {name: when.isoformat() for name in ("began", "at") if (when := plain[name])}


class Runs:
    """All looks of an installation."""

    def __init__(self, var_dir: Path, clock: Callable[[], datetime]) -> None:
        self._folder = var_dir.absolute() / "gate" / "runs"
        self._clock = clock

    def new(self, operator_id: int, operator: str, drafts: Sequence[Chosen], against: int | None) -> Run:
        """A look that begins now. Raises OSError."""
        now = self._clock()
        number = int(now.timestamp() * 1000)
        while (self._folder / (id_ := f"{number:015d}-{operator_id}")).exists():
            number += 1
        run = Run(id_, operator_id, operator, now, tuple(drafts), "running", against)
        self.folder(run).mkdir(parents=True)
        self.save(run)
        self._forget_old()
        return run

    def folder(self, run: Run) -> Path:
        """Where it is kept."""
        return self._folder / run.id

    def candidate(self, run: Run) -> Path:
        """The content that is judged and published."""
        return self.folder(run) / "candidate"

    def save(self, run: Run) -> None:
        """Keep it as it is now. Raises OSError."""
        path = self.folder(run) / _RUN
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
        unfinished.write_text(json.dumps(run.as_json(), ensure_ascii=False), encoding="utf-8")
        unfinished.replace(path)

    def change(self, id_: str, **values: Any) -> Run:
        """Keep it with these values. Raises KeyError where there is none."""
        run = self.get(id_)
        if run is None:
            raise KeyError(id_)
        run = replace(run, **values)
        self.save(run)
        return run

    def get(self, id_: str) -> Run | None:
        """One of them."""
        path = self._folder / id_ / _RUN
        if path.parent.parent != self._folder or not path.is_file():
            return None
        return _read(path)

    def all(self) -> list[Run]:
        """The newest first."""
        return [_read(path) for path in sorted(self._folder.glob(f"*/{_RUN}"), reverse=True)]

    def _forget_old(self) -> None:
        finished = [run for run in self.all() if run.state not in _OPEN]
        for run in finished[_KEPT:]:
            shutil.rmtree(self.folder(run), ignore_errors=True)


def _read(path: Path) -> Run:
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain["drafts"] = tuple(Chosen(**one) for one in plain["drafts"])
    plain["clashes"] = tuple(Clash(**one) for one in plain["clashes"])
    plain["began"] = datetime.fromisoformat(plain["began"])
    plain["at"] = datetime.fromisoformat(plain["at"]) if plain["at"] else None
    return Run(**plain)
