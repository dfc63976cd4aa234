"""What the pages for everybody have to show: weeks that are over, and ideas. Everybody in it is invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import insert

from bot.content.store import ContentStore
from bot.identity.personal import open_personal
from bot.log.engine import changing, open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.openness.build import build_openness
from bot.openness.card import monday_of, week_name
from bot.ratings.tables import Rating
from bot.settings import Settings
from bot.voices.build import build_voices
from bot.voices.ideas import Proposal
from tests.open_support import Citizens


async def sow_open(settings: Settings) -> dict[str, str]:
    """Weeks of nobody, of four people and of many; 23 ideas, one with a reply. What addresses call them."""
    await migrate(settings.database)
    engine, content = open_engine(settings.database), ContentStore(settings)
    citizens, zone = Citizens(engine), ZoneInfo(settings.timezone)
    monday = datetime.combine(monday_of(utc_now().astimezone(zone).date()), datetime.min.time(), zone)
    clock = [monday]
    async with aiohttp.ClientSession() as session:
        made = build_openness(settings, engine, session, content, lambda: clock[0]).making
        none, few, busy = (monday - timedelta(weeks=back) for back in (3, 2, 1))
        await citizens.asked(4, "answered_faq", "passport-fee", at=few + timedelta(days=1))
        await citizens.busy_week(busy + timedelta(days=2, hours=3))
        await _rate(citizens, busy + timedelta(days=3))
        for week in (none, few, busy):
            clock[0] = week + timedelta(days=7, hours=8)
            await made.published()
    personal = open_personal(settings)
    ideas = build_voices(settings, engine, content, personal.vault, utc_now).ideas
    for number in range(23):
        title = "가나다라마바사 " * 10 if number == 22 else f"막차를 늦춰요 {number}"
        proposal = Proposal("traffic", "parking", title, "밤늦게 갈 버스가 없어요. " * 12, notify=False)
        idea = await ideas.propose(citizens.people - number, f"idea {number}", proposal)
        await ideas.publish(idea.id, proposal.title, proposal.text, "traffic", "parking")
    await ideas.reply(idea.id, "내년부터 30분 늦춰요.", "parking", "교통행정과")
    await personal.close()
    await engine.dispose()
    return {"none": week_name(none.date()), "few": week_name(few.date()), "idea": idea.number}


async def _rate(citizens: Citizens, at: datetime) -> None:
    common = {"about": "answer", "channel": "webchat", "topic": "", "asked_at": at, "rated_at": at}
    rows = [{**common, "conversation_id": citizens.people - n, "score": 3 + n % 3} for n in range(12)]
    async with changing(citizens.engine) as connection:
        await connection.execute(insert(Rating), rows)
