"""What citizens are told about how long we keep their words is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from bot.log.engine import open_engine, reading
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.log.tables import Conversation, Message, Words
from bot.messages import Inbound, Outbound, Reply
from bot.settings import Settings

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


async def test_old_words_go_and_new_or_unfinished_ones_stay(settings: Settings) -> None:
    await migrate(settings.database)
    engine = open_engine(settings.database)
    now = [NOON - timedelta(days=40)]
    log = ConversationLog(engine, clock=lambda: now[0])

    async def said(user: str, number: int, text: str, finish: bool = True) -> None:
        stored = await log.receive(
            Inbound(channel="webchat", user_id=user, message_id=f"{user}-{number}", sent_at=now[0], text=text)
        )
        assert stored is not None
        if finish:
            (row,) = await log.finish_turn(
                stored.id, Reply(messages=(Outbound(text=f"답: {text}"),), outcome="answered_faq"), 5
            )
            await log.taken({row.id: 1}, [row.id], "1")

    await said("gone", 1, "오래된 말")
    await said("open", 1, "아직 답하지 못한 말", finish=False)
    await said("both", 1, "오래된 앞말")
    now[0] = NOON
    await said("both", 2, "새로운 말")

    assert await log.purge(NOON - timedelta(days=30)) == 4
    assert await log.find("webchat", "gone") is None
    assert await log.search(["오래된"]) == []
    both = await log.find("webchat", "both")
    assert both is not None
    assert [entry.text for entry in await log.history(both.id)] == ["새로운 말", "답: 새로운 말"]
    assert len(await log.search(["못한"])) == 1
    assert await log.purge(NOON - timedelta(days=30)) == 0
    async with reading(engine) as session:
        counts = [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (Conversation, Message, Words)
        ]
    await engine.dispose()
    assert counts == [2, 3, 3]


def test_the_persona_names_the_number_of_days_in_the_settings() -> None:
    from bot.content.store import ContentStore

    settings = Settings(_env_file=None)
    voice = ContentStore(settings).persona()
    for key in ("welcome", "ask_privacy"):
        assert f"{settings.retention_days}일" in voice.say(key, 0)
