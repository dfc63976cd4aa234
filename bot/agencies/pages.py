"""What other installations read and post: `/agencies/v1/…` on the citizens' port."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

import structlog
from aiohttp import web
from pydantic import BaseModel, StringConstraints, ValidationError

from bot.agencies.directory import Entry, sign
from bot.agencies.keys import OwnKey
from bot.agencies.letters import BadLetter, sender
from bot.agencies.peers import Peers
from bot.agencies.referrals import Handed, Referrals
from bot.doors import read_body
from bot.messages import Outbound

MAX_REPLY = 256 * 1024
"""Bytes."""

_Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]

log = structlog.get_logger(__name__)


class Herald(Protocol):
    """Brings a citizen what another agency answered."""

    async def reply(self, handed: Handed, agency: str, messages: Sequence[Outbound], once: str) -> None:
        """Tell it once."""


class _Reply(BaseModel):
    kind: Literal["reply"]
    id: _Id
    question: _Id
    messages: tuple[Outbound, ...]


class AgencyPages:
    """Who we are, whom we know, and where replies arrive. `own` gives our entry as it stands now."""

    def __init__(
        self,
        own: Callable[[], Entry],
        key: OwnKey,
        peers: Peers,
        referrals: Referrals,
        herald: Herald,
        now: Callable[[], datetime],
    ) -> None:
        self._own = own
        self._key = key
        self._peers = peers
        self._referrals = referrals
        self._herald = herald
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        """To be added to the public application."""
        return [
            web.get("/agencies/v1/entry", self.entry),
            web.get("/agencies/v1/entries", self.entries),
            web.post("/agencies/v1/replies", self.replies),
        ]

    async def entry(self, _: web.Request) -> web.Response:
        """Our own entry, signed."""
        signed = sign(self._own(), self._key)
        return web.json_response(text=signed.model_dump_json())

    async def entries(self, _: web.Request) -> web.Response:
        """The entries of those we trust: whoever reads them makes sure of the keys for themselves."""
        signed = [known.signed.model_dump() for known in self._peers.trusted.values()]
        return web.json_response({"entries": signed})

    async def replies(self, request: web.Request) -> web.Response:
        """A reply to a question that we handed over: 401 for a letter of nobody we trust, 404 for a question
        that is not theirs.
        """
        body = await read_body(request, MAX_REPLY)
        headers = {name.lower(): value for name, value in request.headers.items()}
        keys = {agency: known.entry.key for agency, known in self._peers.trusted.items()}
        try:
            agency = sender(headers, body, self._own().id, keys, self._now())
            reply = _Reply.model_validate_json(body)
        except BadLetter as error:
            log.warning("letter_refused", reason=str(error))
            raise web.HTTPUnauthorized from error
        except ValidationError as error:
            raise web.HTTPBadRequest from error
        handed = await self._referrals.find(reply.question, agency)
        if handed is None or handed.conversation_id is None:
            raise web.HTTPNotFound
        await self._herald.reply(handed, agency, reply.messages, reply.id)
        await self._referrals.answered(handed.id, reply.id)
        return web.json_response({"id": reply.id})
