"""Canned replies: those of all in `data/canned.yml`, and every operator's own in the database."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import StringConstraints, ValidationError, field_validator
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.canned.tables import CannedReply
from bot.content.live_file import LiveFile
from bot.content.models import Content
from bot.content.problem import ContentError
from bot.log.engine import changing, reading
from bot.messages import utc_now

PLACES = ("담당자", "부서", "부서전화", "접수번호", "상담시간", "도시", "오늘")
"""What may stand in braces. None of them is about the citizen but the number they were told."""
_PLACE = re.compile(r"\{([^{}]*)\}")


class Canned(Content):
    """One of them."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

    @field_validator("text")
    @classmethod
    def _known(cls, text: str) -> str:
        unknown = [name for name in _PLACE.findall(text) if name not in PLACES]
        if unknown:
            raise ValueError(f"모르는 자리가 있어요: {', '.join(sorted(set(unknown)))}")
        return text


class CannedFile(Content):
    """`data/canned.yml`."""

    replies: tuple[Canned, ...] = ()


class Changed(Exception):
    """Somebody else changed what was to be changed."""


class Shared:
    """The file, as it stands and as operators change it: whole, and only what they have seen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = LiveFile(path, CannedFile, look_every=0)
        self._lock = asyncio.Lock()

    def all(self) -> tuple[Canned, ...]:
        """In the file's order; none where there is no good file."""
        try:
            return self._file.current().replies if self._path.exists() else ()
        except ContentError:
            return ()

    async def put(self, place: int | None, reply: Canned | None, seen: str) -> None:
        """Change the reply at a place; without one it goes, without a place it is a new one.

        `seen` is the mark of the replies as the operator saw them. Raises `Changed` when they are others by
        now, and `OSError`.
        """
        async with self._lock:
            await asyncio.to_thread(self._put, place, reply, seen)

    def _put(self, place: int | None, reply: Canned | None, seen: str) -> None:
        replies = list(self.all())
        if mark(replies) != seen or (place is not None and place >= len(replies)):
            raise Changed
        if place is None:
            replies += [reply] if reply else []
        else:
            replies[place : place + 1] = [reply] if reply else []
        head = self._head()
        body = yaml.safe_dump(
            {"replies": [each.model_dump() for each in replies]},
            allow_unicode=True,
            sort_keys=False,
            width=100,
        )
        beside = self._path.with_name(f".{self._path.name}.tmp")
        beside.write_text(head + body, encoding="utf-8")
        os.replace(beside, self._path)

    def _head(self) -> str:
        """The comments on top of the file stay."""
        if not self._path.exists():
            return ""
        lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
        end = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
        return "".join(lines[:end])


class Own:
    """What operators keep for themselves. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def all(self, operator_id: int) -> Sequence[CannedReply]:
        """One operator's, oldest first."""
        mine = select(CannedReply).where(CannedReply.operator_id == operator_id).order_by(CannedReply.id)
        async with reading(self._engine) as session:
            return (await session.scalars(mine)).all()

    async def put(self, operator_id: int, id_: int | None, reply: Canned | None) -> bool:
        """Change one of an operator's; without `reply` it goes, without an id it is a new one.

        False when there is no such reply of theirs.
        """
        mine = (CannedReply.id == id_, CannedReply.operator_id == operator_id)
        async with changing(self._engine) as connection:
            if reply is None:
                return (await connection.execute(delete(CannedReply).where(*mine))).rowcount > 0
            values = {"title": reply.title, "text": reply.text, "at": self._clock()}
            if id_ is None:
                new = insert(CannedReply).values(operator_id=operator_id, **values)
                return (await connection.execute(new)).rowcount > 0
            return (await connection.execute(update(CannedReply).where(*mine).values(values))).rowcount > 0


def mark(replies: Sequence[Canned]) -> str:
    """Differs when the replies do."""
    said = "\x00".join(f"{each.title}\x01{each.text}" for each in replies)
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def read(title: str, text: str) -> Canned:
    """What an operator typed. Raises `ValueError` with what is wrong, for the operator."""
    try:
        return Canned(title=title, text=text)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "value_error":
            raise ValueError(str(first["ctx"]["error"])) from error
        raise ValueError("이름은 1자에서 60자, 글은 1자에서 2000자까지 적어 주세요.") from error


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled in; one without a value stays for the operator to fill."""
    return _PLACE.sub(lambda place: values.get(place[1]) or place[0], text)
