"""The text of an answer's draft: its own mapping, below a first name `topic` that says where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.document import Unreadable, parse_document
from bot.content.models import Answer
from bot.content.problem import Problem
from bot.studio import splice

TOPIC = "topic"
_PATH = Path("answer.yml")


@dataclass(frozen=True)
class Written:
    """An answer as it is written: nothing of it has been checked."""

    topic: str
    """Name of the topic's file without its ending, or what a file calls its topic."""
    fields: Mapping[str, Any]
    """As `bot.content.document` reads them; names that `Answer` does not know are there too."""


def read_answer(text: str) -> Written:
    """Read a draft's text. Raises `bot.content.document.Unreadable`."""
    data = parse_document(text, _PATH).data
    if not isinstance(data, dict):
        said, remedy = "‘이름: 값’ 묶음이 와야 해요", "‘이름: 값’ 꼴로 적어 주세요."
        raise Unreadable(Problem(_PATH, 1, "schema", said, remedy))
    topic = data.pop(TOPIC, "")
    return Written(topic if isinstance(topic, str) else "", data)


def write_answer(topic: str, fields: Mapping[str, Any], before: str | None = None) -> str:
    """A draft's text; of `before`, an earlier text of the same answer, all that may stay stays.

    `fields` may hold dates and truth values too; None, an empty text and an empty list count as not written.
    Raises `bot.studio.splice.Unwritable` and, for a broken `before`, `Unreadable`.
    """
    wanted = {TOPIC: topic, **_in_order(fields)}
    return splice.change(before, wanted) if before is not None else splice.render(wanted)


def with_topic(topic: str, entry: str) -> str:
    """The draft's text of an entry as it stands in a file, without a change."""
    if entry.startswith("{"):
        return write_answer(topic, parse_document(entry, _PATH).data)
    return splice.render({TOPIC: topic}) + entry


def without_topic(text: str) -> str:
    """The entry's text that a draft's text stands for."""
    fields = read_answer(text).fields
    return splice.change(text, fields)


def _in_order(fields: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name in Answer.model_fields if name in fields]
    names += [name for name in fields if name not in Answer.model_fields]
    return {name: fields[name] for name in names if fields[name] not in (None, "", [], (), {})}
