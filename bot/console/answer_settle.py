"""A draft and what was changed by hand in the files meanwhile: a person settles it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.console.answer_view import FIELD_NAMES
from bot.console.answers import ID
from bot.console.guard import WHO, demand, needs
from bot.console.words import words
from bot.staff.audit import AuditTrail
from bot.studio.answer_text import TOPIC, Written, read_answer, write_answer
from bot.studio.answers import ITEM, Item, StudioAnswers
from bot.studio.drafts import DraftTaken
from bot.studio.shelf import title_of


class AnswerSettlePages:
    """The page of a conflict."""

    def __init__(self, answers: StudioAnswers, audit: AuditTrail) -> None:
        self._answers = answers
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """Where the page is."""
        one = rf"/studio/answers/{{id:{ID}}}/settle"
        return [web.get(one, self.form), web.post(one, self.settle)]

    @needs("view")
    async def form(self, request: web.Request) -> web.StreamResponse:
        """Each field that both changed, with what it was and what each made of it."""
        item = await self._answers.one(request.match_info["id"])
        if item.draft is None or item.conflict is None:
            raise web.HTTPSeeOther(f"/studio/answers/{item.id}")
        context = {"item": item, "clashes": item.conflict.clashes, "FIELD_NAMES": FIELD_NAMES}
        return aiohttp_jinja2.render_template("answer_settle.html", request, context)

    @needs("edit")
    async def settle(self, request: web.Request) -> web.StreamResponse:
        """Take what was chosen; the draft then begins from the files as they stand."""
        item, form, _ = (
            await self._answers.one(request.match_info["id"]),
            await request.post(),
            words(request),
        )
        if item.draft is None or item.conflict is None:
            raise web.HTTPSeeOther(f"/studio/answers/{item.id}")
        text = _chosen(item, {name: str(value) for name, value in form.items()})
        for each in filter(None, (item.now, item.draft.text, text)):
            demand(request[WHO], "edit", str(read_answer(each).fields.get("owner") or "") or None)
        who, version = request[WHO].operator_id, int(str(form.get("version", "0")) or 0)
        title = title_of(read_answer(text).fields) if text is not None else item.draft.title
        try:
            await self._answers.drafts.save(
                ITEM + item.id,
                title,
                item.now,
                text,
                version,
                who,
                department=item.draft.department,
                note=item.draft.note,
            )
        except DraftTaken as taken:
            said = _("%(name)s 님이 그 사이 이 답변을 고쳤어요. 새 글을 보고 다시 해 주세요.", name=taken.by)
            raise web.HTTPConflict(text=said) from taken
        await self._audit.note(who, "answer_settled", ITEM + item.id, before=item.draft.text, after=text)
        raise web.HTTPSeeOther(f"/studio/answers/{item.id}?notice=settled")


def _chosen(item: Item, form: Mapping[str, str]) -> str | None:
    """The draft's text after a choice for each field: `theirs` where the form says so, else the draft's."""
    if item.settled is None or item.conflict is None or item.draft is None:
        raise web.HTTPConflict
    if item.settled.text is None:
        return item.now if form.get("whole") == "theirs" else None
    written = read_answer(item.settled.text)
    fields: dict[str, Any] = {TOPIC: written.topic, **written.fields}
    for clash in item.conflict.clashes:
        if form.get(clash.name) == "theirs":
            fields[clash.name] = clash.theirs
    settled = Written(str(fields.pop(TOPIC) or ""), fields)
    return write_answer(settled.topic, settled.fields, item.now)
