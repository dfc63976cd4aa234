"""The page of one answer: its form, what is wrong with it, and how each channel shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.channel import Channel
from bot.console.guard import WHO, needs
from bot.console.words import N_
from bot.content.hours import KOREA
from bot.content.store import ContentStore
from bot.messages import Outbound
from bot.staff.roles import may
from bot.studio import answer_form, twin_form
from bot.studio.answer_text import Written, read_answer, write_answer
from bot.studio.answers import Item, StudioAnswers
from bot.studio.drafts import Draft
from bot.studio.faults import Around, Fault, faults
from bot.studio.preview import preview, previewed
from bot.studio.settling import differing
from bot.studio.splice import Unwritable

NOTICES = {
    "saved": N_("초안을 저장했어요. 게시하기 전에는 시민에게 보이지 않아요."),
    "confirmed": N_("오늘 확인한 것으로 적었어요. 게시하면 시민에게도 보여요."),
    "undone": N_("앞서 쓴 글로 되돌렸어요."),
    "restored": N_("초안을 되살렸어요."),
    "deleted": N_("지울 답변으로 표시했어요. 게시하면 없어져요."),
    "copied": N_("사본을 만들었어요. 질문과 답변을 고쳐 주세요."),
    "settled": N_("두 글을 하나로 합쳤어요."),
}
FIELD_NAMES = {
    "topic": N_("주제"),
    "questions": N_("질문"),
    "answer": N_("답변"),
    "owner": N_("담당 부서"),
    "source": N_("출처"),
    "links": N_("단추"),
    "valid_from": N_("쓰기 시작하는 날"),
    "valid_until": N_("마지막 날"),
    "confirmed_on": N_("확인한 날"),
    "example": N_("예시"),
    "plain": N_("쉬운 말"),
    "translations": N_("다른 말"),
}
TWIN_NAMES = {
    "plain": N_("쉬운 말"),
    "en": N_("영어"),
    "zh": N_("중국어"),
    "vi": N_("베트남어"),
}
_PLACES = {"questions": "question", "links": "label", "source": "source_title"}
"""What the form calls a field."""


@dataclass(frozen=True)
class Banner:
    """Something on top of the form that has to be decided."""

    kind: str
    """taken: somebody else saved meanwhile."""
    draft: Draft


class AnswerView:
    """Draws the page."""

    def __init__(
        self,
        answers: StudioAnswers,
        content: ContentStore,
        channels: Mapping[str, Channel],
        own_address: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._answers = answers
        self._content = content
        self._channels = previewed(channels)
        self._own_address = own_address
        self._clock = clock

    @needs("view")
    async def preview(self, request: web.Request) -> web.StreamResponse:
        """What a channel would show of what is typed: a part of the page."""
        form = await request.post()
        written = answer_form.read(form, Written("", {}))
        context = self._preview(written.fields, request.query.get("channel", ""))
        return aiohttp_jinja2.render_template("_preview.html", request, context)

    async def page(
        self,
        request: web.Request,
        item: Item,
        written: Written,
        *,
        rows: tuple[Sequence[answer_form.Row], Sequence[answer_form.Row]] | None = None,
        banner: Banner | None = None,
        wrong: str = "",
        focus: str = "",
        status: int = 200,
    ) -> web.StreamResponse:
        """The whole page. `rows`: the form's own, also empty ones; `wrong`: why it was not saved."""
        shelves = await self._answers.shelves()
        shown = answer_form.shown(written.fields)
        questions, links = rows or (shown["questions"], shown["links"])
        found = [] if wrong else await asyncio.to_thread(self._faults, item, written, shelves.asked)
        owner = str(written.fields.get("owner") or "") or None
        history = await self._answers.drafts.history(item.draft.item) if item.draft else []
        context: dict[str, Any] = {
            "item": item,
            "written": written,
            "shown": shown,
            "twins": twin_form.shown(written.fields),
            "TWIN_NAMES": TWIN_NAMES,
            "questions": list(questions) or [answer_form.Row("")],
            "links": links,
            "topics": self._topics(shelves.topics, written.topic),
            "departments": self._departments(written),
            "errors": _by_field(found, "error"),
            "warnings": _by_field(found, "warning"),
            "wrong": wrong,
            "banner": banner,
            "taken_fields": _differing(banner, item, written),
            "history": history,
            "focus": focus,
            "can_edit": may(request[WHO], "edit", owner),
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
            "FIELD_NAMES": FIELD_NAMES,
            **self._preview(written.fields, request.query.get("channel", "")),
        }
        return aiohttp_jinja2.render_template("answer.html", request, context, status=status)

    def _faults(self, item: Item, written: Written, asked: Mapping[str, str]) -> list[Fault]:
        departments = frozenset(each.id for each in self._content.departments().departments)
        today = self._clock().astimezone(KOREA).date()
        try:
            text = write_answer(written.topic, written.fields)
        except Unwritable:
            return []
        return faults(text, item.id, Around(departments, asked, self._own_address, today))

    def _preview(self, fields: Mapping[str, Any], channel: str) -> dict[str, Any]:
        name = channel if channel in self._channels else next(iter(self._channels))
        parts: list[Outbound] = preview(
            fields,
            self._channels[name],
            self._content.departments(),
            self._content.persona(),
            self._clock(),
        )
        return {"parts": parts, "channel": name, "channels": list(self._channels)}

    def _topics(self, known: Mapping[str, str], topic: str) -> list[tuple[str, str]]:
        options = sorted(known.items(), key=lambda each: each[1])
        return options if not topic or topic in known else [(topic, topic), *options]

    def _departments(self, written: Written) -> list[tuple[str, str]]:
        options = [("", "—"), *((each.id, each.name) for each in self._content.departments().departments)]
        owner = str(written.fields.get("owner") or "")
        return options if owner in dict(options) else [*options, (owner, owner)]


def _by_field(found: Sequence[Fault], severity: str) -> dict[str, str]:
    """Sentences by the ids of the form's fields; several about one field stand together."""
    said: dict[str, str] = {}
    for fault in found:
        if fault.severity == severity:
            name = _PLACES.get(fault.field, fault.field)
            id_ = name if fault.field in ("source",) or name == fault.field else f"{name}-{fault.place or 0}"
            said[id_] = f"{said[id_]} {fault}" if id_ in said else str(fault)
    return said


def _differing(banner: Banner | None, item: Item, written: Written) -> list[tuple[str, Any, Any]]:
    """What the other's draft says otherwise: field, theirs, mine."""
    if banner is None or banner.draft.text is None:
        return []
    theirs = read_answer(banner.draft.text)
    mine = write_answer(written.topic, written.fields)
    their_fields = {"topic": theirs.topic, **theirs.fields}
    my_fields = {"topic": written.topic, **written.fields}
    return [
        (name, their_fields.get(name), my_fields.get(name)) for name in differing(banner.draft.text, mine)
    ]
