"""What other parts of the console show beside a conversation: each hands in the values of its template."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from bot.log.records import ConversationView, Entry

Part = Callable[[web.Request, ConversationView, Sequence[Entry]], Awaitable[dict[str, Any]]]
"""Values for the templates of one part, for a conversation and the lines of it that are shown."""
PARTS: web.AppKey[list[Part]] = web.AppKey("talk_parts", list[Part])
"""Asked in order whenever a conversation is shown; names of values begin with the part's name."""


async def values_of(
    request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
) -> dict[str, Any]:
    """The values of all parts together."""
    values: dict[str, Any] = {}
    for part in request.app[PARTS]:
        values |= await part(request, conversation, lines)
    return values
