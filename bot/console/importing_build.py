"""The pages of imports, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.importing import ImportPages
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.studio.drafts import Drafts
from bot.studio.importing import Importing
from bot.studio.imports import Imports
from bot.studio.shelf import Shelf


def add_imports(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    content: ContentStore,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """Add the pages to the console; what is under way ends with it."""
    imports, shelf = Imports(settings.var_dir / "imports"), Shelf(settings.answers)

    def departments() -> Sequence[Department]:
        return content.departments().departments

    work = Importing(imports, shelf, Drafts(engine, clock), departments)
    app.add_routes(ImportPages(imports, work, shelf, departments, audit, clock).routes())

    async def close(_: web.Application) -> None:
        await work.close()

    app.on_cleanup.append(close)
