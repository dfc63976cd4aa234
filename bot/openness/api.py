"""`/open/api`: answers, services, departments and questions for programs; described in `web/openapi.yml`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from bot.answering import MAX_QUESTION
from bot.content.models import Answer, Department
from bot.content.store import ContentStore
from bot.doors import address, read_body
from bot.openness import shapes
from bot.openness.asking import Asked, Asker, Busy
from bot.openness.responses import (
    ANYWHERE,
    Refused,
    data,
    dumps,
    number_of,
    paced,
    preflight,
    text_of,
    too_often,
)
from bot.openness.services import ServiceShelf
from bot.pace import Pace
from bot.rasa import BotFailed, BotNotReady

PAGE = 20
_PAGE_AT_MOST = 100
_LAST_PAGE = 10_000
_BODY = 16 * 1024
"""Bytes."""
_CROWDED = "지금 묻는 프로그램이 많아요. 조금 뒤에 다시 해 주세요."
_SILENT = "봇이 지금 답하지 못해요. 조금 뒤에 다시 해 주세요."
_BUSY = 5
"""Seconds after which asking again is worth while."""

log = structlog.get_logger(__name__)


class OpenApi:
    """The routes, below `/open/api`."""

    def __init__(
        self,
        content: ContentStore,
        services: ServiceShelf,
        asker: Asker,
        document: Mapping[str, Any],
        base: str,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        reads: Pace,
        asks: Pace,
        all_asks: Pace,
        proxies: int,
    ) -> None:
        """`reads` and `asks` are for each address, `all_asks` for all together; `base` is that of `/open`."""
        self._content = content
        self._services = services
        self._asker = asker
        self._document = document
        self._base = base
        self._zone = zone
        self._clock = clock
        self._reads = reads
        self._asks = asks
        self._all_asks = all_asks
        self._proxies = proxies

    def routes(self) -> list[web.RouteDef]:
        """To be added below `/open`."""
        often = partial(paced, self._reads, self._proxies)
        return [
            web.get("/api/openapi.json", often(self.document)),
            web.get("/api/answers", often(self.answers)),
            web.get("/api/answers/{id}", often(self.answer)),
            web.get("/api/services", often(self.services)),
            web.get("/api/services/{id}", often(self.service)),
            web.get("/api/departments", often(self.departments)),
            web.get("/api/departments/{id}", often(self.department)),
            web.post("/api/ask", self.ask),
            web.options("/api/{path:.*}", preflight),
        ]

    async def document(self, request: web.Request) -> web.Response:
        """The OpenAPI document."""
        return data(request, self._document)

    async def answers(self, request: web.Request) -> web.Response:
        """Answers that may be given today, by words, topic and department."""
        query = request.query
        words = shapes.fold(text_of(query, "q")).split()
        topic, owner = text_of(query, "topic"), text_of(query, "department")
        names, today = shapes.topic_names(self._content), self._today()
        found = []
        for one in self._content.answers():
            name = names.get(one.id, "")
            if (
                in_force(one, today)
                and topic in ("", name)
                and owner in ("", one.owner)
                and shapes.matches(one, name, words)
            ):
                found.append((one, name))
        departments = self._departments()
        page, size = _paging(request)
        shown = found[(page - 1) * size : page * size]
        rows = [shapes.answer(one, name, departments, self._base) for one, name in shown]
        return _paged(request, "answers", len(found), rows)

    async def answer(self, request: web.Request) -> web.Response:
        """One answer."""
        found = find(self._content, request.match_info["id"], self._today())
        if found is None:
            raise Refused(404, "not_found", "이 번호의 답변이 없어요.")
        return data(request, shapes.answer(*found, self._departments(), self._base))

    async def services(self, request: web.Request) -> web.Response:
        """Public services by words."""
        words = shapes.fold(text_of(request.query, "q")).split()
        page, size = _paging(request)
        rows, total = await self._services.page(words, (page - 1) * size, size)
        return _paged(request, "services", total, [shapes.service(one) for one in rows])

    async def service(self, request: web.Request) -> web.Response:
        """One public service."""
        id_ = request.match_info["id"]
        found = await self._services.get(id_) if id_.isascii() and id_.isalnum() else None
        if found is None:
            raise Refused(404, "not_found", "이 번호의 서비스가 없어요.")
        return data(request, shapes.service(found))

    async def departments(self, request: web.Request) -> web.Response:
        """All departments."""
        now = self._clock().astimezone(self._zone)
        everyone = [shapes.department(one, now) for one in self._departments().values()]
        return data(request, {"total": len(everyone), "departments": everyone})

    async def department(self, request: web.Request) -> web.Response:
        """One department."""
        found = self._departments().get(request.match_info["id"])
        if found is None:
            raise Refused(404, "not_found", "이 이름의 부서가 없어요.")
        return data(request, shapes.department(found, self._clock().astimezone(self._zone)))

    async def ask(self, request: web.Request) -> web.Response:
        """A question to the bot; nothing of it is kept."""
        question = await _question(request)
        for pace, who in ((self._asks, address(request, self._proxies)), (self._all_asks, "")):
            if wait := pace.wait(who):
                raise too_often(wait)
        try:
            asked = await self._asker.ask(question)
        except Busy as error:
            raise Refused(503, "busy", _CROWDED, _BUSY) from error
        except (BotNotReady, BotFailed) as error:
            log.warning("open_question_failed", reason=str(error))
            raise Refused(503, "bot_down", _SILENT, _BUSY) from error
        return web.Response(
            text=dumps(self._told(asked)),
            content_type="application/json",
            headers={**ANYWHERE, "Cache-Control": "no-store"},
        )

    def _told(self, asked: Asked) -> dict[str, Any]:
        today = self._today()
        found = [find(self._content, id_, today) for id_ in asked.answers]
        return {
            "outcome": asked.outcome,
            "text": asked.text,
            "answers": [
                {
                    "id": one.id,
                    "title": one.questions[0],
                    "topic": topic,
                    "url": f"{self._base}/api/answers/{one.id}",
                }
                for one, topic in filter(None, found)
            ],
            "links": [{"label": link.label, "url": link.url} for link in asked.links],
            "notices": list(asked.notices),
        }

    def _departments(self) -> dict[str, Department]:
        return {each.id: each for each in self._content.departments().departments}

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()


def find(content: ContentStore, id_: str, today: date) -> tuple[Answer, str] | None:
    """An answer that may be given today, and the name of its topic."""
    one = next((each for each in content.answers() if each.id == id_ and in_force(each, today)), None)
    return (one, shapes.topic_names(content).get(id_, "")) if one else None


def in_force(one: Answer, today: date) -> bool:
    """Whether an answer may be given on a day."""
    return (one.valid_from or today) <= today <= (one.valid_until or today)


def _paging(request: web.Request) -> tuple[int, int]:
    page = number_of(request.query, "page", 1, _LAST_PAGE)
    return page, number_of(request.query, "size", PAGE, _PAGE_AT_MOST)


def _paged(request: web.Request, name: str, total: int, rows: list[dict[str, Any]]) -> web.Response:
    page, size = _paging(request)
    return data(request, {"total": total, "page": page, "pages": -(-total // size), name: rows})


async def _question(request: web.Request) -> str:
    """What is asked. Raises `Refused`."""
    body = await read_body(request, _BODY)
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_json", '본문은 {"question": "…"} 모양의 JSON이어야 해요.') from error
    question = asked.get("question") if isinstance(asked, dict) else None
    if not isinstance(question, str) or not question.strip() or len(question) > MAX_QUESTION:
        raise Refused(400, "bad_question", f"question에 {MAX_QUESTION:,}자까지의 질문을 적어 주세요.")
    return question
