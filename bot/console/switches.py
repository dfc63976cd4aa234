"""The emergency switch: what every citizen is told, what the bot does not answer, and the sign of both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web

from bot.console import switch_forms
from bot.console.guard import BACKGROUND, WHO, needs
from bot.console.labels import INTENTS
from bot.console.switch_forms import PUSHES, Typed
from bot.console.words import N_, words
from bot.content.store import ContentStore
from bot.messages import Outbound
from bot.staff.audit import AuditTrail
from bot.switches.live import Live, Notice, Switched
from bot.switches.switchboard import LONGEST_TEXT, NewNotice, Switchboard
from bot.switches.tables import BotOff, EmergencyNotice

USUAL = timedelta(hours=6)
"""How long something is switched unless another end is chosen."""
SERVICES = (
    "ask_waste_day",
    "ask_bulky_waste",
    "ask_office",
    "ask_hours",
    "ask_case_status",
    "search_service",
    "check_benefit",
    "use_service",
)
"""Intents of services that can be switched off beside the topics of answers."""
INSTEAD = {
    "phone": N_("담당 부서 전화번호"),
    "hours": N_("전화번호와 운영시간"),
    "person": N_("상담원 연결"),
}
NOTICES = {
    "told": N_("긴급 안내를 시작했어요. 1초 안에 모든 채널에서 답보다 먼저 보여요."),
    "ended": N_("긴급 안내를 끝냈어요."),
    "going": N_("긴급 안내를 다시 이어요."),
    "off": N_("봇을 껐어요. 1초 안에 모든 곳에서 멈춰요. 위기와 긴급 도움말은 그대로 나가요."),
    "on": N_("봇을 다시 켰어요."),
    "again": N_("봇을 다시 껐어요."),
    "late": N_("그 사이 끝났어요."),
}
_UNDO = {
    "told": "/switches/notices/{}/end",
    "ended": "/switches/notices/{}/again",
    "off": "/switches/offs/{}/end",
    "on": "/switches/offs/{}/again",
}
"""What takes back what was just done."""
_TABLES: Mapping[str, type[EmergencyNotice] | type[BotOff]] = {"notices": EmergencyNotice, "offs": BotOff}
_ACTS = {
    ("notices", "end"): ("notice_ended", "ended"),
    ("notices", "again"): ("notice_resumed", "going"),
    ("offs", "end"): ("bot_on", "on"),
    ("offs", "again"): ("bot_off_again", "again"),
}


@dataclass(frozen=True)
class Sign:
    """What the sign on every page is made of."""

    live: Live
    topic_names: Callable[[], Mapping[str, str]]


SIGN: web.AppKey[Sign] = web.AppKey("switches", Sign)


@dataclass(frozen=True)
class Reaching:
    """How a notice reaches citizens."""

    said: Callable[[Notice], Outbound]
    """As they see it."""
    count: Callable[[Collection[str], int], Awaitable[int]]
    """How many are written to unasked who wrote within so many hours."""


class SwitchPages:
    """`/switches` and what is done there."""

    def __init__(
        self,
        switchboard: Switchboard,
        live: Live,
        reaching: Reaching,
        content: ContentStore,
        channels: Collection[str],
        districts: Callable[[], Collection[str]],
        names: Callable[[], Awaitable[dict[int, str]]],
        audit: AuditTrail,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._switchboard = switchboard
        self._live = live
        self._reaching = reaching
        self._content = content
        self._channels = channels
        self._districts = districts
        self._names = names
        self._audit = audit
        self._zone = zone
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/switches", self.page),
            web.get("/switches/banner", self.banner),
            web.post("/switches/notices", self.notify),
            web.post("/switches/offs", self.silence),
            web.post(r"/switches/{kind:notices|offs}/{id:\d{1,18}}/{what:end|again}", self.turn),
        ]

    @needs("watch")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """What is switched, the two forms, and what was."""
        return await self._page(request)

    @needs("watch")
    async def banner(self, request: web.Request) -> web.StreamResponse:
        """The sign alone, for pages that stay open."""
        context = await switched(request, background=True)
        return aiohttp_jinja2.render_template("_switch_banner.html", request, context)

    @needs("switch")
    async def notify(self, request: web.Request) -> web.StreamResponse:
        """Show what citizens will see; begin it when the form says that it was looked at."""
        form, who, _ = await request.post(), request[WHO], words(request)
        districts = tuple(self._districts())
        new, typed = switch_forms.notice(form, self._clock(), self._zone, districts, self._channels, _)
        if new is None:
            return await self._page(request, notice=typed)
        if form.get("sure") != "1":
            return await self._preview(request, new, typed)
        id_ = await self._switchboard.notify(new, who.operator_id)
        self._live.look_again()
        await self._audit.note(who.operator_id, "notice_begun", f"notice:{id_}", after=_told(asdict(new)))
        raise web.HTTPSeeOther(f"/switches?notice=told&id={id_}")

    @needs("switch")
    async def silence(self, request: web.Request) -> web.StreamResponse:
        """Switch something off."""
        form, who, _ = await request.post(), request[WHO], words(request)
        topics = [topic for topic, _name in self._topics(request)]
        new, typed = switch_forms.silence(form, self._clock(), self._zone, topics, self._channels, _)
        if new is None:
            return await self._page(request, off=typed)
        id_ = await self._switchboard.silence(new, who.operator_id)
        self._live.look_again()
        await self._audit.note(who.operator_id, "bot_off", f"off:{id_}", after=_told(asdict(new)))
        raise web.HTTPSeeOther(f"/switches?notice=off&id={id_}")

    @needs("switch")
    async def turn(self, request: web.Request) -> web.StreamResponse:
        """End something before its time, or take that back."""
        kind, what, who = request.match_info["kind"], request.match_info["what"], request[WHO]
        table, id_ = _TABLES[kind], int(request.match_info["id"])
        action, notice = _ACTS[kind, what]
        if what == "end":
            turned = await self._switchboard.end(table, id_, who.operator_id)
        else:
            turned = await self._switchboard.again(table, id_)
        self._live.look_again()
        if not turned:
            raise web.HTTPSeeOther("/switches?notice=late")
        await self._audit.note(who.operator_id, action, f"{kind.removesuffix('s')}:{id_}")
        raise web.HTTPSeeOther(f"/switches?notice={notice}&id={id_}")

    async def _preview(self, request: web.Request, new: NewNotice, typed: Typed) -> web.StreamResponse:
        shown = Notice(0, new.text, new.starts_at, new.ends_at, new.districts, new.channels, new.words)
        context = {
            "new": new,
            "typed": typed.values,
            "said": self._reaching.said(shown),
            "reached": await self._reaching.count(new.channels, new.push_hours) if new.push_hours else 0,
            "later": new.starts_at > self._clock(),
        }
        return aiohttp_jinja2.render_template("switch_notice.html", request, context)

    async def _page(
        self, request: web.Request, notice: Typed | None = None, off: Typed | None = None
    ) -> web.StreamResponse:
        notices, old_notices = await self._switchboard.notices()
        offs, old_offs = await self._switchboard.offs()
        usual = f"{(self._clock() + USUAL).astimezone(self._zone):%Y-%m-%dT%H:%M}"
        told = request.query.get("notice", "")
        id_ = request.query.get("id", "")
        undo = _UNDO.get(told, "") if id_.isdecimal() else ""
        context = {
            "now": self._clock(),
            "told": NOTICES.get(told, ""),
            "undo": undo.format(id_),
            "notices": notices,
            "old_notices": old_notices,
            "offs": offs,
            "old_offs": old_offs,
            "seen": await self._switchboard.seen([each.id for each in (*notices, *old_notices)]),
            "names": await self._names(),
            "districts": tuple(self._districts()),
            "channels": tuple(self._channels),
            "topics": self._topics(request),
            "topic_name": dict(self._topics(request)).get,
            "instead": INSTEAD,
            "pushes": PUSHES,
            "longest": LONGEST_TEXT,
            "n": notice or Typed(_EMPTY_NOTICE | {"ends": usual}),
            "o": off or Typed(_EMPTY_OFF | {"ends": usual, "topic": request.query.get("topic", "")}),
        }
        status = 422 if notice or off else 200
        return aiohttp_jinja2.render_template("switches.html", request, context, status=status)

    def _topics(self, request: web.Request) -> list[tuple[str, str]]:
        """What can be switched off: topics of answers, then services."""
        _ = words(request)
        return [*self._content.topic_names().items(), *((name, _(INTENTS[name])) for name in SERVICES)]


_EMPTY_NOTICE: dict[str, Any] = {
    "text": "",
    "reason": "",
    "starts": "",
    "words": "",
    "districts": [],
    "channels": [],
    "push": "0",
}
_EMPTY_OFF: dict[str, Any] = {"channel": "", "instead": "phone", "says": "", "reason": ""}


async def switched(request: web.Request, background: bool = False) -> dict[str, Any]:
    """What every page's frame needs to show that something is switched."""
    sign = request.app.get(SIGN)
    if sign is None or WHO not in request or (BACKGROUND in request.headers and not background):
        return {"switched": Switched()}
    return {"switched": await sign.live.now(), "switched_topics": sign.topic_names()}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """What the audit keeps: no empty fields."""
    return {name: value for name, value in values.items() if value}
