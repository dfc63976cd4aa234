"""All answers as staff see them: those in the files with the drafts laid over them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bot.content.check import MAX_AGE_DAYS
from bot.content.document import Unreadable
from bot.studio.answer_text import Written, read_answer
from bot.studio.drafts import Draft, Drafts
from bot.studio.settling import Conflict, Settled, settle_answer
from bot.studio.shelf import Shelf, Shelved, Shelves, hay_of, search_for, title_of
from bot.studio.usage import Usage, Used

ITEM = "answer:"
STATES = ("draft", "mine", "new", "overdue", "expired", "unused", "low", "broken", "nobody")
SORTS = ("", "title", "confirmed", "used", "discontent", "changed")
_NEVER = Used()


@dataclass(frozen=True)
class Wanted:
    """Which answers are looked for; what is empty does not count."""

    words: str = ""
    topic: str = ""
    """Name of the topic's file."""
    owner: str = ""
    state: str = ""
    """One of `STATES`."""
    sort: str = ""
    """One of `SORTS`; empty: as they stand in the files."""


@dataclass(frozen=True)
class Seen:
    """One answer as staff see it now."""

    id: str
    fields: Mapping[str, Any]
    file: str
    """Name of the topic's file."""
    topic: str
    hay: str
    sound: bool
    draft: Draft | None = None
    used: Used = field(default=_NEVER)

    @property
    def title(self) -> str:
        """The first question."""
        return title_of(self.fields) or self.id

    @property
    def owner(self) -> str:
        """Id of its department; empty when it has none."""
        return str(self.fields.get("owner") or "")


@dataclass(frozen=True)
class Item:
    """One answer with all that editing needs."""

    id: str
    now: str | None
    """As it stands in the files, as a draft's text."""
    draft: Draft | None

    settled: Settled | None = None
    """The draft and what was changed in the files meanwhile, brought together; None when nothing was."""

    @property
    def conflict(self) -> Conflict | None:
        """What a person has to settle."""
        return self.settled.conflict if self.settled else None

    @property
    def text(self) -> str | None:
        """As it is to be; None: it is to go, or there is none."""
        if self.draft is None:
            return self.now
        return self.settled.text if self.settled and not self.conflict else self.draft.text

    @property
    def base(self) -> str | None:
        """What the next change began from."""
        if self.draft is None or (self.settled and not self.conflict):
            return self.now
        return self.draft.base

    @property
    def version(self) -> int:
        """What the next change names."""
        return self.draft.version if self.draft else 0


class StudioAnswers:
    """What the pages look at."""

    def __init__(self, drafts: Drafts, shelf: Shelf, usage: Usage) -> None:
        self.drafts = drafts
        self.shelf = shelf
        self._usage = usage
        self._read: dict[tuple[str, int], Written] = {}
        self._made_of: tuple[Shelves, Mapping[str, Used], list[Draft]] | None = None
        self._all: list[Seen] = []

    async def shelves(self) -> Shelves:
        """The files; read beside the event loop, since new ones take a while."""
        return await asyncio.to_thread(self.shelf.now)

    async def one(self, id_: str) -> Item:
        """One answer, whether there is one or not. Raises `Unreadable` for one that cannot be edited here."""
        await self.shelves()
        now, draft = self.shelf.text(id_), await self.drafts.find(ITEM + id_)
        if draft is None or now in (draft.base, draft.text):
            return Item(id_, now, draft)
        return Item(id_, now, draft, settle_answer(draft, now))

    async def find(self, wanted: Wanted, today: date, operator_id: int) -> list[Seen]:
        """The answers looked for, in the order wanted."""
        shelves, drafts = await self.shelves(), await self.drafts.list()
        used = await self._usage.by_answer()
        own = {draft.item.removeprefix(ITEM): draft for draft in drafts if draft.item.startswith(ITEM)}
        return await asyncio.to_thread(self._find, wanted, today, operator_id, shelves, own, used)

    def _find(
        self,
        wanted: Wanted,
        today: date,
        operator_id: int,
        shelves: Shelves,
        drafts: Mapping[str, Draft],
        used: Mapping[str, Used],
    ) -> list[Seen]:
        self._read = {key: read for key, read in self._read.items() if key[0] in drafts}
        made_of = (shelves, used, list(drafts.values()))
        if self._made_of != made_of:
            self._all = self._overlay(shelves, drafts, used)
            self._made_of = made_of
        found = [each for each in self._all if _matches(each, wanted, today, operator_id)]
        if wanted.words:
            is_in = search_for(wanted.words)
            found = [each for each in found if is_in(each.hay)]
        return _sorted(found, wanted.sort)

    def _overlay(self, shelves: Shelves, drafts: Mapping[str, Draft], used: Mapping[str, Used]) -> list[Seen]:
        seen = [self._seen(each, drafts.get(each.id), used) for each in shelves.answers.values()]
        new = [draft for id_, draft in drafts.items() if id_ not in shelves.answers]
        return [*seen, *(self._drafted(draft, shelves.topics, used) for draft in new)]

    def _seen(self, shelved: Shelved, draft: Draft | None, used: Mapping[str, Used]) -> Seen:
        if draft is not None and draft.text is not None:
            written = self._written(draft)
            hay = hay_of(shelved.id, written.topic, written.fields)
            fields, file = written.fields, written.topic or shelved.file
            topic = shelved.topic if file == shelved.file else file
            return Seen(
                shelved.id, fields, file, topic, hay, shelved.sound, draft, used.get(shelved.id, _NEVER)
            )
        return Seen(
            shelved.id,
            shelved.fields,
            shelved.file,
            shelved.topic,
            shelved.hay,
            shelved.sound,
            draft,
            used.get(shelved.id, _NEVER),
        )

    def _drafted(self, draft: Draft, topics: Mapping[str, str], used: Mapping[str, Used]) -> Seen:
        """An answer that is in no file."""
        id_ = draft.item.removeprefix(ITEM)
        written = self._written(draft)
        topic = topics.get(written.topic, written.topic)
        hay = hay_of(id_, topic, written.fields)
        return Seen(id_, written.fields, written.topic, topic, hay, True, draft, used.get(id_, _NEVER))

    def _written(self, draft: Draft) -> Written:
        key = (draft.item.removeprefix(ITEM), draft.version)
        if key not in self._read:
            text = draft.text if draft.text is not None else draft.base
            try:
                self._read[key] = read_answer(text or "")
            except Unreadable:
                self._read[key] = Written("", {"questions": [draft.title]})
        return self._read[key]


def overdue(fields: Mapping[str, Any], today: date) -> bool:
    """Whether nobody confirmed the answer within a year."""
    return str(fields.get("confirmed_on") or "") < (today - timedelta(days=MAX_AGE_DAYS)).isoformat()


def expired(fields: Mapping[str, Any], today: date) -> bool:
    """Whether its last day is over."""
    return "" < str(fields.get("valid_until") or "") < today.isoformat()


def _matches(seen: Seen, wanted: Wanted, today: date, operator_id: int) -> bool:
    if (wanted.topic and seen.file != wanted.topic) or (wanted.owner and seen.owner != wanted.owner):
        return False
    match wanted.state:
        case "draft":
            fits = seen.draft is not None
        case "mine":
            fits = seen.draft is not None and seen.draft.operator_id == operator_id
        case "new":
            fits = seen.draft is not None and seen.draft.base is None
        case "overdue":
            fits = overdue(seen.fields, today)
        case "expired":
            fits = expired(seen.fields, today)
        case "unused":
            fits = not seen.used.given
        case "low":
            fits = seen.used.low
        case "broken":
            fits = not seen.sound
        case "nobody":
            fits = not seen.owner
        case _:
            fits = True
    return fits


def _sorted(found: Sequence[Seen], sort: str) -> list[Seen]:
    match sort:
        case "title":
            return sorted(found, key=lambda seen: seen.title)
        case "confirmed":
            return sorted(found, key=lambda seen: str(seen.fields.get("confirmed_on") or ""))
        case "used":
            return sorted(found, key=lambda seen: -seen.used.given)
        case "discontent":
            return sorted(found, key=lambda seen: -seen.used.discontent)
        case "changed":
            return sorted(found, key=lambda seen: -seen.draft.updated_at.timestamp() if seen.draft else 0)
        case _:
            return list(found)
