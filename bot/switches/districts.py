"""Which part of the city a citizen is in, as far as they have said."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.document import read_document
from bot.log.engine import looking
from bot.log.tables import Message, Words

_LINES = 30
"""The latest lines of a citizen that are looked at."""
_SAID = (
    select(Words.text)
    .join(Message, Message.id == Words.message_id)
    .where(Message.conversation_id == bindparam("of_conversation"), Message.direction == "in")
    .order_by(Message.seq.desc())
    .limit(_LINES)
)
_FULL = re.compile(r"[읍면동]$")


def district_names(nlu_dir: Path) -> tuple[str, ...]:
    """The names of the city's districts, from the words the bot knows (`data/nlu/lookups.yml`).

    Raises `Unreadable` when the file cannot be read.
    """
    data = read_document(nlu_dir / "lookups.yml").data
    for item in data["nlu"]:
        if item.get("lookup") == "dong":
            named = (line.lstrip("- ").strip() for line in item["examples"].splitlines())
            return tuple(name for name in named if _FULL.search(name))
    return ()


class Districts:
    """Remembers nothing: the words of a conversation are looked through when somebody asks."""

    def __init__(self, engine: AsyncEngine, names: Callable[[], Sequence[str]]) -> None:
        self._engine = engine
        self._names = names

    async def of(self, conversation_id: int) -> frozenset[str]:
        """The districts in the latest line that names any; none when no line does."""
        async with looking(self._engine) as connection:
            texts = (await connection.scalars(_SAID, {"of_conversation": conversation_id})).all()
        for text in texts:
            if found := named(text, self._names()):
                return found
        return frozenset()


def named(text: str, names: Sequence[str]) -> frozenset[str]:
    """The districts that a text names, with or without the last syllable: 새솔동, 새솔."""
    return frozenset(name for name in names if _FULL.sub("", name) in text)
