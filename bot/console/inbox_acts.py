"""What is done in the inbox: one click each, and each can be taken back until it is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from aiohttp import web

from bot.console.guard import WHO, demand, needs
from bot.console.inbox import InboxPages
from bot.console.inbox_words import REASONS
from bot.console.words import words
from bot.loop.build import Loop
from bot.loop.inbox import GroupView
from bot.loop.making import CannotMake
from bot.loop.settling import Gone, Made
from bot.staff.audit import AuditTrail
from bot.staff.sessions import LoggedIn

_MOST = 200
"""Lines that are chosen at once."""
_LONGEST_NOTE = 2000
_LONGEST_TITLE = 200

Form = Mapping[str, Any]


class InboxActs:
    """The inbox's forms."""

    def __init__(
        self, pages: InboxPages, loop: Loop, audit: AuditTrail, clock: Callable[[], datetime]
    ) -> None:
        self._pages = pages
        self._loop = loop
        self._audit = audit
        self._clock = clock
        self._does = {
            "variant": self._variant,
            "example": self._example,
            "answer": self._answer,
            "golden": self._golden,
            "task": self._task,
            "dismissed": self._dismissed,
        }

    def routes(self) -> list[web.RouteDef]:
        """Where the forms go."""
        return [
            web.post("/studio/inbox/group", self.regroup),
            web.post("/studio/inbox/undo", self.undo),
            web.post(r"/studio/inbox/{id:\d{1,18}}/settle", self.settle),
        ]

    @needs("view")
    async def regroup(self, request: web.Request) -> web.StreamResponse:
        """Group what is new now rather than within a minute."""
        await self._loop.inflow.run()
        await self._loop.regrouping.run()
        raise web.HTTPSeeOther("/studio/inbox?notice=grouped")

    @needs("view")
    async def settle(self, request: web.Request) -> web.StreamResponse:
        """Make something of the chosen lines, or of the whole group when none is chosen.

        `do` says what: `variant`, `example` …; `variant:<id>` names the answer as well.
        """
        form = await request.post()
        what, _, chosen = str(form.get("do", "")).partition(":")
        if what not in self._does:
            raise web.HTTPBadRequest
        group = await self._pages.found(request)
        lines = [int(str(line)) for line in form.getall("line", []) if str(line).isdecimal()][:_MOST]
        who, made = request[WHO], None
        try:
            texts = await self._loop.settling.texts(group.id, lines)
            made = await self._does[what](request, group, {**form, "chosen": chosen}, texts)
            settled = await self._loop.settling.settle(group.id, lines, made, who.operator_id)
        except Gone:
            if made is not None:  # somebody was quicker by a moment
                await self._take_back(made, who.operator_id)
            raise web.HTTPSeeOther(f"/studio/inbox/{group.id}?notice=gone") from None
        except CannotMake as error:
            return await self._pages.page(request, str(error), 422)
        await self._audit.note(who.operator_id, f"inbox_{what}", f"inbox:{group.id}", made.target)
        if what == "answer":
            raise web.HTTPSeeOther(f"/studio/answers/{made.target.removeprefix('answer:')}")
        back = "/studio/inbox" if form.get("back") == "list" else f"/studio/inbox/{group.id}"
        raise web.HTTPSeeOther(f"{back}?notice={what}&undo={settled}")

    @needs("view")
    async def undo(self, request: web.Request) -> web.StreamResponse:
        """Take back what was made, in the draft too. 409 once it is published."""
        number = str((await request.post()).get("settlement", ""))
        _ = words(request)
        settlement = (
            await self._loop.settling.get(int(number)) if number.isdecimal() and len(number) < 19 else None
        )
        if settlement is None:
            raise web.HTTPConflict(text=_("이미 되돌렸어요. 화면을 새로 고쳐 주세요."))
        if settlement.done_at is not None and settlement.kind != "dismissed":
            raise web.HTTPConflict(text=_("이미 게시해서 여기서는 되돌릴 수 없어요. 답변을 고쳐 주세요."))
        who = request[WHO]
        demand(who, "teach" if settlement.kind == "example" else "assign")
        made = Made(
            settlement.kind,  # type: ignore[arg-type] # as it was written
            settlement.target,
            tuple(settlement.texts),
            settlement.task_id,
        )
        try:
            await self._take_back(made, who.operator_id)
        except CannotMake as error:
            raise web.HTTPConflict(text=str(error)) from error
        await self._loop.settling.undo(settlement.id)
        await self._audit.note(who.operator_id, "inbox_undo", f"inbox:{settlement.group_id}", settlement.kind)
        group = f"/{settlement.group_id}" if settlement.group_id else ""
        raise web.HTTPSeeOther(f"/studio/inbox{group}?notice=undone")

    async def _variant(self, request: web.Request, group: GroupView, form: Form, texts: list[str]) -> Made:
        who, id_ = request[WHO], str(form["chosen"] or form.get("answer", ""))
        owner = self._owner(id_, request)
        demand(who, "edit", owner)
        item, new = await self._loop.making.variant(id_, texts, who.operator_id, owner)
        return Made("variant", item, tuple(new))

    async def _example(self, request: web.Request, group: GroupView, form: Form, texts: list[str]) -> Made:
        who = request[WHO]
        demand(who, "teach")
        intent = str(form.get("intent", ""))
        if intent not in self._pages.intents():
            _ = words(request)
            raise CannotMake(_("어떤 뜻의 예문인지 골라 주세요."))
        item, new = await self._loop.making.example(intent, texts, who.operator_id)
        return Made("example", item, tuple(new))

    async def _answer(self, request: web.Request, group: GroupView, form: Form, texts: list[str]) -> Made:
        who = request[WHO]
        department = self._department(form, group, who)
        demand(who, "edit", department)
        topics = self._loop.shelf.now().topics
        topic = str(form.get("topic", "")) or await self._pages.likely_topic(group.id)
        if topic not in topics:
            topic = next(iter(topics), "general")
        item = await self._loop.making.answer(texts[0], topic, department, group.id, who.operator_id)
        return Made("answer", item, tuple(texts[:1]))

    async def _golden(self, request: web.Request, group: GroupView, form: Form, texts: list[str]) -> Made:
        who, id_ = request[WHO], str(form["chosen"] or form.get("answer", ""))
        owner = self._owner(id_, request)
        demand(who, "edit", owner)
        item = await self._loop.making.golden(texts[0], [id_], owner or "", who.operator_id)
        return Made("golden", item, tuple(texts[:1]))

    async def _task(self, request: web.Request, group: GroupView, form: Form, texts: list[str]) -> Made:
        who = request[WHO]
        demand(who, "assign")
        due = due_day(request, form)
        title = str(form.get("title", "")).strip()[:_LONGEST_TITLE] or texts[0][:_LONGEST_TITLE]
        note = str(form.get("note", "")).strip()[:_LONGEST_NOTE]
        department = self._department(form, group, who)
        id_ = await self._loop.tasks.give(department, title, note, due, who.operator_id)
        return Made("task", "", (), id_)

    async def _dismissed(self, request: web.Request, group: GroupView, form: Form, texts: list[str]) -> Made:
        demand(request[WHO], "assign")
        reason = str(form.get("reason", "")) if form.get("reason") in REASONS else "other"
        return Made("dismissed", reason, keep=form.get("keep") == "1")

    async def _take_back(self, made: Made, who: int) -> None:
        await self._loop.making.take_back(made.kind, made.target, made.texts, who)
        if made.kind == "task" and made.task_id is not None:
            await self._loop.tasks.take_back(made.task_id)

    def _owner(self, answer_id: str, request: web.Request) -> str | None:
        """Whose an answer is. Raises `CannotMake` when there is none."""
        found = self._loop.shelf.now().answers.get(answer_id)
        if found is None:
            _ = words(request)
            raise CannotMake(_("어느 답변인지 골라 주세요."))
        owner = found.fields.get("owner")
        return str(owner) if owner else None

    def _department(self, form: Form, group: GroupView, who: LoggedIn) -> str:
        known = {each.id for each in self._loop.content.departments().departments}
        given = str(form.get("department", ""))
        return given if given in known else group.department


def due_day(request: web.Request, form: Form) -> date:
    """The day of a form. Raises `CannotMake`."""
    _ = words(request)
    try:
        return date.fromisoformat(str(form.get("due", "")))
    except ValueError:
        raise CannotMake(_("언제까지 할지 날짜를 골라 주세요.")) from None
