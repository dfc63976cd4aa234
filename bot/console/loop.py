"""The inbox and the tasks, put into the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.inbox import InboxPages
from bot.console.inbox_acts import InboxActs
from bot.console.sections import BADGES
from bot.console.tasks import TaskPages
from bot.content.store import ContentStore
from bot.loop.build import build_loop
from bot.settings import Settings
from bot.staff.build import Staff

_NO_INTENTS = frozenset({"lookups", "synonyms"})


def add_inbox(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    content: ContentStore,
    staff: Staff,
    clock: Callable[[], datetime],
) -> None:
    """`/studio/inbox` and `/studio/tasks`, and how many wait there."""

    def intents() -> list[str]:
        files = (settings.data_dir / "nlu").glob("*.yml")
        return sorted({path.stem for path in files} - _NO_INTENTS)

    loop = build_loop(settings, engine, content, clock)
    inbox = InboxPages(loop, intents, clock)
    tasks = TaskPages(loop, staff.audit, staff.accounts.names, ZoneInfo(settings.timezone), clock)
    app.add_routes(inbox.routes())
    app.add_routes(InboxActs(inbox, loop, staff.audit, clock).routes())
    app.add_routes(tasks.routes())
    app[BADGES]["inbox"] = inbox.open_groups
    app[BADGES]["tasks"] = tasks.open_count
