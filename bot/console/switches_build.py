"""The emergency switch, quality review and mutes, put into the console."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.console.conversations import NOTICES
from bot.console.mutes import MutePages, Teller
from bot.console.reviews import NOTICES as REVIEWED
from bot.console.reviews import ReviewPages
from bot.console.sections import BADGES
from bot.console.switches import SIGN, Reaching, Sign, SwitchPages
from bot.console.talk_parts import PARTS
from bot.console.words import N_
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.loop.signals import Inflow
from bot.loop.tasks import Tasks
from bot.mutes.store import Mutes
from bot.ratings.reviews import Reviews
from bot.ratings.rules import RatingFile
from bot.ratings.store import Ratings
from bot.settings import Settings
from bot.speech import Speech
from bot.staff.build import Staff
from bot.switches.build import build_notices
from bot.switches.districts import district_names
from bot.switches.live import Live
from bot.switches.pushing import Pushing
from bot.switches.switchboard import Switchboard

_NOBODY = frozenset({"agency"})
"""Channels on which no citizen reads."""
MUTED = N_("이 대화의 답을 쉬게 했어요. 위기와 긴급한 말에는 그대로 도움말이 나가요.")


def add_switches(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    content: ContentStore,
    staff: Staff,
    channels: Mapping[str, Channel],
    gateway: Teller,
    clock: Callable[[], datetime],
) -> None:
    """`/switches`, `/reviews` and `/mutes`, and what stands of them beside a conversation."""
    zone, names = ZoneInfo(settings.timezone), staff.accounts.names
    speech = Speech(content.persona, content.call_centre, lambda: clock().astimezone(zone))
    live = Live(engine, clock)
    notices = build_notices(settings, engine, speech, live, clock)
    can = {name: channel.capabilities for name, channel in channels.items()}
    pushing = Pushing(engine, notices, can, gateway.tell, zone, clock)

    async def count(wanted: Collection[str], hours: int) -> int:
        return await pushing.count(tuple(wanted), hours)

    districts = cache(lambda: district_names(settings.live_data / "nlu"))
    app[SIGN] = Sign(live, content.topic_names)
    switches = SwitchPages(
        Switchboard(engine, clock),
        live,
        Reaching(notices.said, count),
        content,
        tuple(name for name in channels if name not in _NOBODY),
        districts,
        names,
        staff.audit,
        zone,
        clock,
    )
    inflow = Inflow(engine, content.departments, content.answers, clock)
    rules = LiveFile(settings.live_data / "ratings.yml", RatingFile).current
    reviews = ReviewPages(
        Reviews(engine, content, Tasks(engine, clock), inflow.add, clock),
        Ratings(engine, clock),
        rules,
        names,
        content.topic_names,
        staff.audit,
        zone,
        clock,
    )
    mutes = MutePages(Mutes(engine, clock), gateway, speech, names, staff.audit, zone, clock)
    app.add_routes([*switches.routes(), *reviews.routes(), *mutes.routes()])
    app[BADGES]["mutes"] = mutes.appeals
    app[PARTS] += [reviews.part, mutes.part]
    NOTICES.update({f"review-{name}": text for name, text in REVIEWED.items()})
    NOTICES["muted"] = MUTED
