"""Citizens with people and people's work, for the pages about them. Everybody in it is invented."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.content.store import ContentStore
from bot.figures.rolling import Rolling
from bot.handoff.desk import HandoffDesk
from bot.handoff.notes import Notes
from bot.log.log import ConversationLog
from bot.messages import Outbound, Reply, utc_now
from tests.browser.town import Town
from tests.log_support import inbound

_TO_A_PERSON = Reply(
    messages=(Outbound(text="상담원을 불렀어요. 잠시만 기다려 주세요."),),
    outcome="handed_off",
    intent="talk_to_person",
    confidence=0.97,
)
_TALKS = (
    ("taxed", "재산세를 두 번 낸 것 같아요. 사람하고 이야기할래요."),
    ("upset", "답답해요. 사람 불러 주세요!"),
    ("moved", "전입신고를 했는데 문자가 안 와요. 상담원 연결해 주세요."),
    ("done", "대형폐기물 스티커를 잃어버렸어요. 상담원이요."),
)


async def sow_desk(town: Town) -> int:
    """Two who wait, one with the administrator, one who was helped; the conversation of the third."""
    log, desk = ConversationLog(town.engine), HandoffDesk(town.engine)
    people = {login: await town.staff.accounts.find(login) for login in ("admin", "operator")}
    admin, operator = people["admin"], people["operator"]
    assert admin is not None
    assert operator is not None
    talks = [await _asks(log, desk, user, words) for user, words in _TALKS]
    moved, done = talks[2], talks[3]
    await desk.claim(moved, admin.id)
    await log.say(
        moved,
        [Outbound(text="안녕하세요. 전입신고를 확인하고 있어요.")],
        author="operator",
        operator_id=admin.id,
    )
    await Notes(town.engine, utc_now).add(
        moved, admin.id, "주민센터에 물어봤어요. @최누리 님, 오후에 확인해 주세요.", calls=(operator.id,)
    )
    await desk.claim(done, operator.id)
    await desk.close(done, operator.id, "answered")
    return moved


async def _asks(log: ConversationLog, desk: HandoffDesk, user: str, words: str) -> int:
    stored = await log.receive(inbound(words, user=user, message=f"seed-{user}"))
    assert stored is not None
    turn = await log.next_turn(stored.conversation_id)
    assert turn is not None
    for row in await log.finish_turn(turn.id, _TO_A_PERSON, 96):
        await log.taken({row.id: 1}, [row.id], "p")
    await desk.request(stored.conversation_id, "asked")
    return stored.conversation_id


async def count(town: Town) -> None:
    """The figures of what has happened so far."""
    content = ContentStore(town.settings)
    zone = ZoneInfo(town.settings.timezone)
    await Rolling(town.engine, content.topics, zone, town.settings.retention_days, utc_now).run()
