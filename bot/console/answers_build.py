"""The pages of answers, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.console.answer_edit import AnswerEditPages
from bot.console.answer_settle import AnswerSettlePages
from bot.console.answer_view import AnswerView
from bot.console.answers import AnswerPages
from bot.content.store import ContentStore
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.studio.answers import StudioAnswers
from bot.studio.drafts import Drafts
from bot.studio.shelf import Shelf
from bot.studio.usage import Usage


def add_answers(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    content: ContentStore,
    channels: Mapping[str, Channel],
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """Add the pages; the files are read while the console starts, so that the first list is there at once."""
    shelf = Shelf(settings.data_dir / "answers")
    answers = StudioAnswers(Drafts(engine, clock), shelf, Usage(engine, clock))
    view = AnswerView(answers, content, channels, settings.public_url, clock)
    app.add_routes(AnswerPages(answers, content, clock).routes())
    app.add_routes(AnswerSettlePages(answers, audit).routes())
    app.add_routes(AnswerEditPages(answers, view, audit, clock).routes())

    async def read_early(_: web.Application) -> AsyncIterator[None]:
        reading = asyncio.create_task(asyncio.to_thread(shelf.now))
        yield
        await reading

    app.cleanup_ctx.append(read_early)
