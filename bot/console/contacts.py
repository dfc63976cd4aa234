"""What citizens left when nobody was there: the list, one of them, the contact for a reason, done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.words import N_, words
from bot.contacts.kept import opened
from bot.contacts.requests import Requests, Row
from bot.identity.seal import Seal
from bot.log.records import ConversationView, Entry
from bot.loop.tasks import Tasks
from bot.masking import mask
from bot.staff.audit import AuditTrail
from bot.staff.sessions import LoggedIn

PAGE = 50
SHORTEST, LONGEST = 5, 200
"""Letters of a reason."""
_LONGEST_NOTE = 2000
_ONE = r"/contacts/{id:\d{1,18}}"
NOTICES = {"done": N_("마친 일로 옮겼어요. 연락처는 지웠어요.")}


class ContactPages:
    """Requests to be called back."""

    def __init__(
        self,
        requests: Requests,
        tasks: Tasks,
        seal: Seal,
        audit: AuditTrail,
        departments: Callable[[], Mapping[str, str]],
    ) -> None:
        self._requests = requests
        self._tasks = tasks
        self._seal = seal
        self._audit = audit
        self._departments = departments

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/contacts", self.index),
            web.get(_ONE, self.one),
            web.post(_ONE + "/show", self.show),
            web.post(_ONE + "/done", self.done),
        ]

    async def count(self, _: LoggedIn) -> int:
        """How many wait."""
        return (await self._requests.page("open", 0, 1))[1]

    async def part(
        self, request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
    ) -> dict[str, Any]:
        """What the page of a conversation shows (`bot.console.talk_parts`)."""
        del request, lines
        return {"contact_left": await self._requests.waiting_in(conversation.id)}

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """Those to be called back, or those who were."""
        query = request.query
        state: Literal["open", "done"] = "done" if query.get("state") == "done" else "open"
        text = query.get("page", "")
        page = max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
        rows, total = await self._requests.page(state, (page - 1) * PAGE, PAGE)
        context = {
            "rows": rows,
            "state": state,
            "total": total,
            "page": page,
            "pages": -(-total // PAGE) or 1,
            "departments": self._departments(),
        }
        return aiohttp_jinja2.render_template("contacts.html", request, context)

    @needs("watch")
    async def one(self, request: web.Request) -> web.StreamResponse:
        """One of them, the contact masked."""
        return await self._page(request, await self._row(request))

    @needs("unmask")
    async def show(self, request: web.Request) -> web.StreamResponse:
        """The contact in full, on this page only; the reason is in the audit log before anybody sees it."""
        row, who, _ = await self._row(request), request[WHO], words(request)
        reason = " ".join(str((await request.post()).get("reason", "")).split())
        if not SHORTEST <= len(reason) <= LONGEST:
            error = _(
                "왜 봐야 하는지 %(least)d자에서 %(most)d자까지 적어 주세요.", least=SHORTEST, most=LONGEST
            )
            return await self._page(request, row, error=error, reason=reason, status=422)
        await self._audit.note(who.operator_id, "contact_shown", f"contact:{row.request.id}", mask(reason)[0])
        contact = opened(self._seal, row.request)
        error = "" if contact else _("연락처를 열 수 없어요. 시민이 거두었거나 이미 지웠어요.")
        return await self._page(request, row, contact=contact, error=error)

    @needs("talk")
    async def done(self, request: web.Request) -> web.StreamResponse:
        """They have been called: the task is done, the contact goes."""
        row, who = await self._row(request), request[WHO]
        text = str((await request.post()).get("text", "")).replace("\r\n", "\n").strip()[:_LONGEST_NOTE]
        if row.request.task_id is not None:
            await self._tasks.finish(row.request.task_id, text, who.operator_id)
        await self._requests.tidy()
        await self._audit.note(who.operator_id, "contact_done", f"contact:{row.request.id}")
        raise web.HTTPSeeOther(f"/contacts/{row.request.id}?notice=done")

    async def _row(self, request: web.Request) -> Row:
        row = await self._requests.get(int(request.match_info["id"]))
        if row is None:
            raise web.HTTPNotFound
        return row

    async def _page(
        self,
        request: web.Request,
        row: Row,
        *,
        contact: str = "",
        error: str = "",
        reason: str = "",
        status: int = 200,
    ) -> web.StreamResponse:
        task = await self._tasks.get(row.request.task_id) if row.request.task_id else None
        context: dict[str, Any] = {
            "row": row,
            "task": task,
            "contact": contact,
            "error": error,
            "reason": reason,
            "shortest": SHORTEST,
            "longest": LONGEST,
            "department": self._departments().get(row.request.department, row.request.department),
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("contact.html", request, context, status=status)
