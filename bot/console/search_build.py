"""Search, replay and unmasking, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.labels import Calendar
from bot.console.replay import ReplayPages
from bot.console.search import SearchPages
from bot.console.talk_parts import PARTS
from bot.console.unmask import UnmaskPages
from bot.content.store import ContentStore
from bot.history.saved import SavedSearches
from bot.history.search import History
from bot.history.unmasking import Unmasking
from bot.identity.personal import open_personal
from bot.log.queries import Transcripts
from bot.settings import Settings
from bot.staff.build import Staff


def add_search(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    transcripts: Transcripts,
    content: ContentStore,
    staff: Staff,
    calendar: Calendar,
    clock: Callable[[], datetime],
) -> None:
    """Add the pages."""
    names, audit = staff.accounts.names, staff.audit
    saved = SavedSearches(engine, clock)
    pages = SearchPages(History(engine), saved, transcripts, content, audit, names, calendar, clock)
    app.add_routes(pages.routes())
    app.add_routes(ReplayPages(engine, audit, names, calendar, clock).routes())
    personal = open_personal(settings)
    unmask = UnmaskPages(Unmasking(personal.box, personal.vault, clock), transcripts, audit)
    app.add_routes(unmask.routes())
    app[PARTS].append(unmask.part)

    async def let_go(_: web.Application) -> AsyncIterator[None]:
        yield
        await personal.close()

    app.cleanup_ctx.append(let_go)
