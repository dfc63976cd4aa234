"""What the pages of intents, words, texts and training share: the content with the drafts laid over it."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console import labels
from bot.console.guard import WHO
from bot.console.words import words
from bot.log.engine import reading
from bot.log.tables import Message
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.studio.drafts import Draft, Drafts, DraftTaken
from bot.studio.intents import Intent, IntentReader, Intents
from bot.studio.intents_text import NotEditable
from bot.studio.texts import Text, Texts, keep
from bot.studio.training import Study, Training
from bot.studio.training_quality import Quality, QualityBook

USE_DAYS = 30
"""Days for which it is counted how often citizens meant an intent."""
_COMPARED = 2_000_000
"""Characters of both texts up to which they are compared line by line."""
_TRIES = 3
"""Times that a change of lines is made anew when somebody else saved in the same moment."""


class Teaching:
    """The content as staff see it, and what became of it when it was tried."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: Settings,
        audit: AuditTrail,
        training: Training,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.audit = audit
        self.training = training
        self.clock = clock
        self.drafts = Drafts(engine, clock)
        self._engine = engine
        self._reader = IntentReader()
        self._book = QualityBook()

    @property
    def root(self) -> Path:
        """The folder with `config.yml`, `domain.yml` and `data`, as it stands without drafts."""
        working = self.settings.working
        return working if working.exists() else self.settings.project

    async def texts(self) -> Texts:
        """All files, with the drafts of this moment."""
        return Texts(self.root, await self.drafts.list())

    async def intents(self, texts: Texts) -> Intents:
        """All intents; read beside the event loop, since new files take a while."""
        return await asyncio.to_thread(self._reader.read, texts)

    async def intent(self, request: web.Request) -> tuple[Texts, Intents, Intent]:
        """The intent that the address names. Raises `web.HTTPNotFound`."""
        texts = await self.texts()
        intents = await self.intents(texts)
        intent = intents.all.get(request.match_info["name"])
        if intent is None:
            raise web.HTTPNotFound
        return texts, intents, intent

    async def studies(self) -> list[Study]:
        """All trials, the newest first."""
        return await asyncio.to_thread(self.training.all)

    async def quality(self, studies: list[Study]) -> tuple[Quality | None, Quality | None]:
        """The figures of the last trial and of the one before."""
        return await asyncio.to_thread(self._book.latest, studies)

    async def use(self) -> Mapping[str, int]:
        """How often citizens meant each intent lately."""
        since = self.clock() - timedelta(days=USE_DAYS)
        query = (
            select(Message.intent, func.count())
            .where(Message.intent.is_not(None), Message.at >= since)
            .group_by(Message.intent)
        )
        async with reading(self._engine) as session:
            return {str(intent): int(count) for intent, count in await session.execute(query)}

    def label(self, request: web.Request, intents: Intents, name: str) -> str:
        """What staff call an intent."""
        intent = intents.all.get(name)
        if intent is not None and intent.label:
            return intent.label
        _ = words(request)
        return _(labels.INTENTS[name]) if name in labels.INTENTS else name

    async def change(
        self,
        request: web.Request,
        path: str,
        edit: Callable[[str | None], str | None],
        action: str,
        detail: str,
    ) -> Draft:
        """Change a file's lines as a draft, over whatever others saved meanwhile; audited.

        `edit` gets the text as it stands at that moment. Raises `NotEditable`, also when others are quicker
        again and again.
        """
        _ = words(request)
        for _try in range(_TRIES):
            text = (await self.texts()).read(path)
            new = edit(text.text)
            try:
                draft = await self.save(request, text, new, action, detail)
            except DraftTaken:
                continue
            return draft
        raise NotEditable(_("다른 사람이 같은 파일을 고치고 있어요. 잠시 뒤 다시 해 주세요."))

    async def save(
        self, request: web.Request, text: Text, new: str | None, action: str, detail: str
    ) -> Draft:
        """Save a file's text as a draft over the version that was read; audited. Raises `DraftTaken`."""
        who = request[WHO]
        draft = await keep(self.drafts, text, new, title_of(text.path), who.operator_id)
        before, after = changed_lines(text.text or "", new or "")
        await self.audit.note(
            who.operator_id, action, f"file:{text.path}", detail, before=before, after=after
        )
        return draft


def changed_lines(old: str, new: str) -> tuple[str, str]:
    """The lines of a file that went and those that came: what the audit log keeps of a change."""
    lines = list(difflib.ndiff(old.splitlines(), new.splitlines())) if len(old) + len(new) < _COMPARED else []
    gone = [line[2:] for line in lines if line.startswith("- ")]
    come = [line[2:] for line in lines if line.startswith("+ ")]
    return "\n".join(gone), "\n".join(come)


def title_of(path: str) -> str:
    """What a file's draft is called in lists."""
    return path.removeprefix("data/")
