"""Editing one answer: every change is a draft, saved while it is written; nothing of it is live."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.console.answer_view import AnswerView, Banner
from bot.console.answers import ID
from bot.console.guard import WHO, demand, needs
from bot.console.words import N_, words
from bot.content.hours import KOREA
from bot.staff.audit import AuditTrail
from bot.studio import answer_form, twin_form
from bot.studio.answer_text import Written, read_answer, write_answer
from bot.studio.answers import ITEM, Item, StudioAnswers
from bot.studio.drafts import Draft, DraftTaken, NoDraft
from bot.studio.faults import LONGEST
from bot.studio.shelf import title_of
from bot.studio.splice import Unwritable

_TOO_LONG = N_("글이 너무 길어서 저장하지 못했어요. 모두 합쳐 %(most)s자까지 적을 수 있어요.")
_UNWRITABLE = N_("파일에 적을 수 없는 글자가 있어서 저장하지 못했어요. 보이지 않는 특수 문자를 지워 주세요.")


class TooLong(Exception):
    """More than a draft holds."""


class AnswerEditPages:
    """What is done with one answer."""

    def __init__(
        self, answers: StudioAnswers, view: AnswerView, audit: AuditTrail, clock: Callable[[], datetime]
    ) -> None:
        self._answers = answers
        self._view = view
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = rf"/studio/answers/{{id:{ID}}}"
        return [
            web.get(one, self.form),
            web.post(one, self.save),
            web.post(one + "/draft", self.autosave),
            web.post(one + "/preview", self._view.preview),
            web.post(one + "/undo", self.undo),
            web.post(one + "/discard", self.discard),
            web.post(one + "/restore", self.restore),
            web.post(one + "/delete", self.delete),
            web.post(one + "/copy", self.copy),
        ]

    @needs("view")
    async def form(self, request: web.Request) -> web.StreamResponse:
        """The answer as it is to be, to look at and to change."""
        item = await self._item(request)
        if item.draft is None and item.now is None and "new" not in request.query:
            raise web.HTTPNotFound
        written = self._written(item, request.query.get("topic", ""))
        return await self._view.page(request, item, written)

    @needs("edit")
    async def save(self, request: web.Request) -> web.StreamResponse:
        """What the form's buttons do: save, add and move rows, confirm. Works without a script."""
        item, form, _ = await self._item(request), await request.post(), words(request)
        written, do = self._typed(item, form), str(form.get("do", "save"))
        today = self._clock().astimezone(KOREA).date()
        if do == "confirm":
            written = replace(written, fields={**written.fields, "confirmed_on": today.isoformat()})
        if do.startswith("verify:"):
            written = replace(written, fields=twin_form.verified(written.fields, do[7:], today))
        rows = answer_form.rows(form, do)
        if do.startswith(("question:", "link:")):
            written = _with_rows(written, rows)
        self._demand(request, item, written)
        try:
            await self._keep(request, item, written, _number(form.get("version")))
        except DraftTaken as taken:
            banner = Banner("taken", taken.draft)
            return await self._view.page(request, item, written, rows=rows, banner=banner, status=409)
        except TooLong:
            wrong = _(_TOO_LONG, most=f"{LONGEST:,}")
            return await self._view.page(request, item, written, rows=rows, wrong=wrong, status=413)
        except Unwritable:
            wrong = _(_UNWRITABLE)
            return await self._view.page(request, item, written, rows=rows, wrong=wrong, status=400)
        if do.startswith(("question:", "link:")):
            return await self._view.page(request, await self._item(request), written, rows=rows, focus=do)
        raise web.HTTPSeeOther(
            f"/studio/answers/{item.id}?notice={'confirmed' if do == 'confirm' else 'saved'}"
        )

    @needs("edit")
    async def autosave(self, request: web.Request) -> web.StreamResponse:
        """The same while somebody is writing: `{version, saved}`, or what stands in the way as `{error}`."""
        item, form, _ = await self._item(request), await request.post(), words(request)
        written = self._typed(item, form)
        self._demand(request, item, written)
        try:
            draft = await self._keep(request, item, written, _number(form.get("version")))
        except DraftTaken as taken:
            error = _(
                "%(name)s 님이 그 사이 이 답변을 저장했어요. ‘저장’을 누르면 두 글을 견주어 볼 수 있어요.",
                name=taken.by,
            )
            return web.json_response({"error": error}, status=409)
        except TooLong:
            return web.json_response({"error": _(_TOO_LONG, most=f"{LONGEST:,}")}, status=413)
        except Unwritable:
            return web.json_response({"error": _(_UNWRITABLE)}, status=400)
        at = self._clock().astimezone(KOREA).strftime("%H:%M:%S")
        saved = _("저장됨 · 초안 (%(at)s)", at=at) if draft else _("바뀐 것이 없어요")
        return web.json_response({"version": draft.version if draft else item.version, "saved": saved})

    @needs("edit")
    async def undo(self, request: web.Request) -> web.StreamResponse:
        """Back to an earlier version; 0 is the answer as it was before anybody edited it."""
        item, form = await self._item(request), await request.post()
        self._demand(request, item)
        if item.draft is None:
            raise web.HTTPNotFound
        who, version, to = request[WHO].operator_id, _number(form.get("version")), _number(form.get("to"))
        draft = item.draft
        try:
            if to == 0:
                await self._answers.drafts.save(
                    draft.item, draft.title, draft.base, draft.base, version, who, department=draft.department
                )
            else:
                await self._answers.drafts.undo(draft.item, to, version, who)
        except NoDraft as error:
            raise web.HTTPNotFound from error
        except DraftTaken as taken:
            raise web.HTTPConflict(text=_moved(request, taken)) from taken
        await self._audit.note(who, "answer_undo", draft.item, str(to))
        raise web.HTTPSeeOther(f"/studio/answers/{item.id}?notice=undone")

    @needs("edit")
    async def discard(self, request: web.Request) -> web.StreamResponse:
        """Give the draft up; the next page offers to take it up again."""
        item, form = await self._item(request), await request.post()
        self._demand(request, item)
        version = _number(form.get("version"))
        await self._mark(request, self._answers.drafts.discard(ITEM + item.id, version))
        await self._audit.note(request[WHO].operator_id, "answer_discarded", ITEM + item.id)
        raise web.HTTPSeeOther(f"/studio/answers?notice=discarded&gone={item.id}&version={version}")

    @needs("edit")
    async def restore(self, request: web.Request) -> web.StreamResponse:
        """Take a draft up that was given up."""
        item, form = await self._item(request), await request.post()
        self._demand(request, item)
        restoring = self._answers.drafts.restore(ITEM + item.id, _number(form.get("version")))
        await self._mark(request, restoring)
        await self._audit.note(request[WHO].operator_id, "answer_restored", ITEM + item.id)
        raise web.HTTPSeeOther(f"/studio/answers/{item.id}?notice=restored")

    @needs("edit")
    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Mark the answer as one that is to go; it goes when that is published."""
        item, form = await self._item(request), await request.post()
        self._demand(request, item)
        if item.now is None:
            raise web.HTTPNotFound
        who, title = request[WHO].operator_id, title_of(self._written(item, "").fields) or item.id
        owner = _owner(read_answer(item.now))
        try:
            await self._answers.drafts.save(
                ITEM + item.id,
                title,
                item.base or item.now,
                None,
                _number(form.get("version")),
                who,
                department=owner,
            )
        except DraftTaken as taken:
            raise web.HTTPConflict(text=_moved(request, taken)) from taken
        await self._audit.note(who, "answer_delete_drafted", ITEM + item.id, before=item.now)
        raise web.HTTPSeeOther(f"/studio/answers/{item.id}?notice=deleted")

    @needs("edit")
    async def copy(self, request: web.Request) -> web.StreamResponse:
        """A new answer that begins as this one."""
        item, _ = await self._item(request), words(request)
        if item.text is None:
            raise web.HTTPNotFound
        written = read_answer(item.text)
        self._demand(request, item)
        title = _("%(title)s (사본)", title=title_of(written.fields))
        id_ = f"{item.id[:70]}-{secrets.token_hex(3)}"
        questions = [title, *list(written.fields.get("questions") or [])[1:]]
        fields = {**written.fields, "id": id_, "questions": questions[:1], "confirmed_on": None}
        text = write_answer(written.topic, fields)
        who = request[WHO].operator_id
        await self._answers.drafts.save(ITEM + id_, title, None, text, 0, who, department=_owner(written))
        await self._audit.note(who, "answer_copied", ITEM + id_, item.id)
        raise web.HTTPSeeOther(f"/studio/answers/{id_}?notice=copied")

    async def _item(self, request: web.Request) -> Item:
        return await self._answers.one(request.match_info["id"])

    def _written(self, item: Item, topic: str) -> Written:
        """The answer as it is to be; of one that is to go, as it was."""
        text = item.text if item.text is not None else item.base
        return read_answer(text) if text is not None else Written(topic, {"id": item.id})

    def _typed(self, item: Item, form: Any) -> Written:
        written = answer_form.read(form, self._written(item, str(form.get("topic", ""))))
        return replace(written, fields={"id": item.id, **written.fields})

    async def _keep(self, request: web.Request, item: Item, written: Written, version: int) -> Draft | None:
        """Save the draft; None when nothing changed. Raises `DraftTaken`, `TooLong`, `Unwritable`."""
        if len(str(written.fields)) > LONGEST:
            raise TooLong
        text = await asyncio.to_thread(_text, written, item)
        if item.draft is None and text == item.now and version == 0:
            return None
        who = request[WHO].operator_id
        draft = await self._answers.drafts.save(
            ITEM + item.id,
            title_of(written.fields) or item.id,
            item.base,
            text,
            version,
            who,
            department=_owner(written),
            note=item.draft.note if item.draft else "",
        )
        if item.draft is None or item.draft.operator_id != who:
            await self._audit.note(who, "answer_drafted", ITEM + item.id, before=item.text, after=text)
        return draft

    async def _mark(self, request: web.Request, marking: Any) -> None:
        try:
            await marking
        except NoDraft as error:
            raise web.HTTPNotFound from error
        except DraftTaken as taken:
            raise web.HTTPConflict(text=_moved(request, taken)) from taken

    def _demand(self, request: web.Request, item: Item, written: Written | None = None) -> None:
        """Only for whoever may edit answers of its department, and of the one it is given to."""
        for text in filter(None, (item.now, item.text)):
            demand(request[WHO], "edit", _owner(read_answer(text)))
        if written is not None:
            demand(request[WHO], "edit", _owner(written))


def _text(written: Written, item: Item) -> str:
    """The draft's text; of what was there before all that may stay stays."""
    before = item.text if item.text is not None else item.base
    return write_answer(written.topic, written.fields, before)


def _with_rows(
    written: Written, rows: tuple[Sequence[answer_form.Row], Sequence[answer_form.Row]]
) -> Written:
    questions, links = rows
    changed: Mapping[str, Any] = {
        "questions": [row.text for row in questions if row.text],
        "links": [{"label": row.text, "url": row.url} for row in links if row.text or row.url],
    }
    return replace(written, fields={**written.fields, **changed})


def _owner(written: Written) -> str | None:
    return str(written.fields.get("owner") or "") or None


def _number(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _moved(request: web.Request, taken: DraftTaken) -> str:
    _ = words(request)
    return _("%(name)s 님이 그 사이 이 답변을 고쳤어요. 새 글을 보고 다시 해 주세요.", name=taken.by)
