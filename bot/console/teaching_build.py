"""The pages of intents, words, texts and training, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.intent_edits import IntentEdits
from bot.console.intent_new import NewIntentPages
from bot.console.intents import IntentPages
from bot.console.teach_words import WordPages
from bot.console.teaching import Teaching
from bot.console.text_files import TextFilePages
from bot.console.texts import TextPages
from bot.console.training import TrainingPages
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.studio.training import Training


def add_teaching(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """Add the pages to the console; what they started ends with it."""
    training = Training(settings)
    teaching = Teaching(engine, settings, audit, training, clock)
    pages = IntentPages(teaching)
    app.add_routes(NewIntentPages(teaching).routes())
    app.add_routes(IntentEdits(teaching, pages).routes())
    trying = TrainingPages(teaching)
    app.add_routes(trying.routes())
    app.add_routes(pages.routes())
    app.add_routes(WordPages(teaching).routes())
    app.add_routes(TextFilePages(teaching).routes())
    app.add_routes(TextPages(teaching).routes())

    async def close(_: web.Application) -> None:
        await trying.close()
        await training.close()

    app.on_cleanup.append(close)
