"""The board, put into the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.board.board import Board
from bot.board.moods import open_moods
from bot.board.rows import Rows
from bot.board.seen import SeenMarks
from bot.console.board import BOARD, BoardPages
from bot.console.board_rows import RowWriter
from bot.console.live import LiveEvents
from bot.console.talk_parts import PARTS
from bot.feed import Feed
from bot.settings import Settings
from bot.staff.build import Staff


def add_board(
    app: web.Application,
    engine: AsyncEngine,
    feed: Feed,
    settings: Settings,
    staff: Staff,
    departments: Callable[[], dict[str, str]],
    clock: Callable[[], datetime],
) -> None:
    """`/` and `/events`; what stands beside a transcript comes from `app[BOARD]`."""
    rows = Rows(engine, open_moods(settings.live_data), clock)
    writer = RowWriter(aiohttp_jinja2.get_env(app), departments, clock)
    board = Board(rows, feed, writer.write)
    pages = BoardPages(board, rows, SeenMarks(engine, feed), writer, clock)
    live = LiveEvents(board, staff.sessions)
    app[BOARD] = pages
    app[PARTS].append(pages.part)
    app.add_routes([*pages.routes(), *live.routes()])
    app.on_shutdown.append(live.close)
