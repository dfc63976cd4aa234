"""Seeing the values behind the masks of a conversation: for a reason, for some minutes, and written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.words import told
from bot.history.unmasking import LASTS, Unmasking
from bot.identity.box import NotKept
from bot.identity.vault import KEEPS
from bot.log.queries import Transcripts
from bot.log.records import ConversationView, Entry
from bot.masking import mask
from bot.staff.audit import AuditTrail
from bot.staff.roles import may

SHORTEST, LONGEST = 5, 200
"""Letters of a reason."""
_LINES = 200
"""Of a conversation, looked through for what can be shown."""


class UnmaskPages:
    """A form that asks why, and the button that masks again."""

    def __init__(self, unmasking: Unmasking, transcripts: Transcripts, audit: AuditTrail) -> None:
        self._unmasking = unmasking
        self._log = transcripts
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        one = r"/conversations/{id:\d{1,18}}"
        return [
            web.get(one + "/unmask", self.form),
            web.post(one + "/unmask", self.unmask),
            web.post(one + "/mask", self.mask),
        ]

    async def part(
        self, request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
    ) -> dict[str, Any]:
        """What the page of a conversation shows of it (`bot.console.talk_parts`)."""
        who, until = request[WHO], None
        if may(who, "unmask"):
            until = await self._unmasking.until(who.operator_id, conversation)
        texts = await self._unmasking.texts(conversation, lines) if until else {}
        return {"unmask_until": until, "unmask_texts": texts}

    @needs("unmask")
    async def form(self, request: web.Request) -> web.StreamResponse:
        """Says what can be seen, and asks for the reason."""
        return await self._form(request, "", "")

    @needs("unmask")
    async def unmask(self, request: web.Request) -> web.StreamResponse:
        """Show the values for some minutes; the reason is in the audit log before anybody sees them."""
        conversation, who = await self._conversation(request), request[WHO]
        reason = " ".join(str((await request.post()).get("reason", "")).split())
        if not SHORTEST <= len(reason) <= LONGEST:
            error = told(
                request,
                "왜 봐야 하는지 %(least)d자에서 %(most)d자까지 적어 주세요.",
                least=SHORTEST,
                most=LONGEST,
            )
            return await self._form(request, reason, error)
        # the audit log outlives the citizen's erasure: nothing of theirs may stand in it
        await self._audit.note(who.operator_id, "unmask", f"conversation:{conversation.id}", mask(reason)[0])
        try:
            await self._unmasking.begin(who.operator_id, conversation)
        except NotKept:
            error = told(request, "지금은 금고를 열 수 없어요. 잠시 뒤 다시 해 주세요.")
            return await self._form(request, reason, error)
        raise web.HTTPSeeOther(f"/conversations/{conversation.id}#reply")

    @needs("unmask")
    async def mask(self, request: web.Request) -> web.StreamResponse:
        """Mask again before the minutes are over."""
        conversation, who = await self._conversation(request), request[WHO]
        await self._unmasking.end(who.operator_id, conversation)
        await self._audit.note(who.operator_id, "mask", f"conversation:{conversation.id}")
        raise web.HTTPSeeOther(f"/conversations/{conversation.id}#reply")

    async def _form(self, request: web.Request, reason: str, error: str) -> web.StreamResponse:
        conversation = await self._conversation(request)
        lines = await self._log.history(conversation.id, limit=_LINES)
        context = {
            "conversation": conversation,
            "readable": len(await self._unmasking.texts(conversation, lines)),
            "minutes": LASTS // 60,
            "kept": KEEPS // 60,
            "reason": reason,
            "error": error,
            "shortest": SHORTEST,
            "longest": LONGEST,
        }
        status = 400 if error else 200
        return aiohttp_jinja2.render_template("unmask.html", request, context, status=status)

    async def _conversation(self, request: web.Request) -> ConversationView:
        conversation = await self._log.conversation(int(request.match_info["id"]))
        if conversation is None:
            raise web.HTTPNotFound
        return conversation
