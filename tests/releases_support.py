"""A small city whose content is published, on a database of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.releases.folder import take
from bot.releases.live import open_live
from bot.settings import Settings

PASSED: dict[str, Any] = {"blocked": False, "problems": []}
PASSPORT = "data/answers/passport.yml"
_ANSWER = """\
# 여권과가 고쳐요
topic: 여권
entries:
  - id: passport-fee
    questions: [여권 재발급 수수료는 얼마인가요?]
    answer: {answer}
    source: {{title: 여권법 시행규칙}}
    confirmed_on: 2026-11-01
"""
_DEPARTMENTS = """\
default: civil
departments:
  - id: civil
    name: 민원과
    phone: 02-000-0000
    hours: 평일 9시~18시
"""


@dataclass(frozen=True)
class Editor:
    """Who publishes."""

    operator_id: int | None = None
    name: str = "김한빛"


def city(folder: Path, root: Path, **more: Any) -> Settings:
    """An installation with one answer; persona and departments are those of the repository at `root`."""
    data = folder / "project" / "data"
    for part in ("departments.yml", "persona.yml", "nlu", "rules", "thesaurus"):
        source = root / "data" / part
        data.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, data / part)
    for name in ("config.yml", "domain.yml"):
        shutil.copy(root / name, data.parent / name)
    settings = Settings(
        _env_file=None,
        data_dir=data,
        var_dir=folder / "var",
        models_dir=folder / "models",
        **{"database_url": f"sqlite+aiosqlite:///{folder / 'log.db'}", **more},
    )
    say(settings, "5만 원이에요.")
    return settings


def say(settings: Settings, answer: str, path: str = PASSPORT) -> None:
    """What an engineer does: edit a file by hand."""
    place(settings, path).parent.mkdir(parents=True, exist_ok=True)
    place(settings, path).write_text(_ANSWER.format(answer=answer), "utf-8")


def place(settings: Settings, path: str) -> Path:
    """A file of the content that staff edit."""
    return settings.data_dir.parent / path


def candidate(settings: Settings, into: Path, changes: dict[str, str | None]) -> Path:
    """What publishing drafts starts from: `changes` maps paths to texts, None to delete."""
    take(open_live(settings).working, into)
    for path, text in changes.items():
        if text is None:
            (into / path).unlink()
        else:
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_text(text, "utf-8")
    return into


def answer(text: str) -> str:
    """The file with this answer."""
    return _ANSWER.format(answer=text)


def live(settings: Settings, path: str = PASSPORT) -> str:
    """What citizens' processes read."""
    return (settings.live / path).read_text("utf-8")


def words(folder: Path) -> dict[str, str]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
