"""What do you know about me; let me take it away; I no longer agree."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncEngine

from actions.card import payload
from actions.reply import Said, Speaking
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.identity.box import NotKept
from bot.identity.personal import Personal
from bot.log.log import ConversationLog
from bot.masking import TOKENS
from bot.messages import Button, Card, Fact
from bot.outcomes import Outcome
from bot.rights.consents import Consents, Purpose
from bot.rights.links import LASTS, Links
from bot.rights.mine import Held, overview
from bot.rights.wordings import Wordings

ALL = "all"
"""Value of the entity `purpose` that means every consent."""
_PASSING = frozenset(
    {
        *("pending_offer", "offered", "offered_for", "answer_id", "last_answer_id", "requested_slot"),
        "answer_offered",
    }
)
"""Slots that only say where the conversation stands."""
_ERASE = Button(label="내 대화 지우기", payload=payload("erase_my_data"))
_EXPORT = Button(label="대화 내보내기", payload=payload("export_my_data"))

log = logging.getLogger(__name__)


class ActionShowMyData(Speaking):
    """What is stored about me."""

    action = "action_show_my_data"

    def __init__(
        self,
        content: ContentStore,
        clock: Clock,
        engine: AsyncEngine,
        personal: Personal,
        days: Callable[[str], int],
    ) -> None:
        super().__init__(content, clock)
        self.engine = engine
        self.log = ConversationLog(engine)
        self.personal = personal
        self.days = days

    async def respond(self, turn: Turn) -> Said:
        """A card with a line for each kind: how much, since when, until when."""
        conversation = await self.log.find(turn.channel, turn.user_id)
        held = await overview(self.engine, conversation.id) if conversation else []
        zone = turn.now.tzinfo
        facts = [Fact(label=one.title, value=_said(one, self.days, zone)) for one in held]
        remembered = turn.remembered.keys() - _PASSING
        if remembered:
            facts.append(
                Fact(label="이야기하며 기억하는 것", value=f"{len(remembered)}가지 · 대화와 함께 지워요")
            )
        try:
            facts += await self._passing(turn)
        except NotKept as error:
            log.warning("what is kept for minutes could not be looked at: %s", error)
        return Said(
            Outcome.ANSWERED_SERVICE,
            self.voice.say("my_data", turn.seed),
            cards=(Card(title="보관 중인 내 정보", facts=tuple(facts)),) if facts else (),
            buttons=(_EXPORT, _ERASE),
        )

    async def _passing(self, turn: Turn) -> list[Fact]:
        """What is kept for minutes."""
        facts = []
        identity = await self.personal.identities.of(turn.citizen)
        if identity is not None:
            until = f"{identity.until.astimezone(turn.now.tzinfo):%H:%M}까지"
            facts.append(Fact(label="로그인", value=until))
        places = await self.personal.box.places(turn.citizen)
        kinds = [place.split(":")[2] for place in places if place.startswith("vault:")]
        names = dict.fromkeys(TOKENS.get(kind, kind) for kind in kinds)
        if names:
            facts.append(Fact(label="잠시 맡아 둔 값", value=f"{', '.join(names)} · 30분 안에 지워요"))
        return facts


class ActionExportMyData(Speaking):
    """All of it, to take away."""

    action = "action_export_my_data"

    def __init__(self, content: ContentStore, clock: Clock, links: Links) -> None:
        super().__init__(content, clock)
        self.links = links

    async def respond(self, turn: Turn) -> Said:
        """A link for a quarter of an hour; none where everybody would read it."""
        if turn.public:
            return Said(Outcome.ASKED_BACK, self.voice.say("export_trouble", turn.seed))
        try:
            address = await self.links.make(turn.citizen)
        except NotKept as error:
            log.warning("no link could be made: %s", error)
            return Said(Outcome.SERVICE_UNAVAILABLE, self.voice.say("export_trouble", turn.seed))
        text = self.voice.say("export_ready", turn.seed, minutes=LASTS // 60)
        return Said(Outcome.ANSWERED_SERVICE, text, buttons=(Button(label="파일 받으러 가기", url=address),))


class ActionWithdrawConsent(Speaking):
    """I no longer agree."""

    action = "action_withdraw_consent"

    def __init__(
        self, content: ContentStore, clock: Clock, engine: AsyncEngine, consents: Consents, wordings: Wordings
    ) -> None:
        super().__init__(content, clock)
        self.log = ConversationLog(engine)
        self.consents = consents
        self.wordings = wordings

    async def respond(self, turn: Turn) -> Said:
        """Ends the consent that was chosen, or the only one; asks which when there are several."""
        conversation = await self.log.find(turn.channel, turn.user_id)
        given = await self.consents.of(conversation.id) if conversation else []
        standing = [one.purpose for one in given if one.withdrawn_at is None]
        if conversation is None or not standing:
            return Said(Outcome.ANSWERED_SERVICE, self.voice.say("consent_none", turn.seed))
        chosen = turn.entity("purpose")
        if chosen is None and len(standing) > 1:
            return self._which(turn, standing)
        purpose = Purpose(chosen) if chosen in set(Purpose) else None
        ended = await self.consents.withdraw(conversation.id, purpose)
        names = ", ".join(self.wordings.name(one) for one in ended or [purpose or standing[0]])
        return Said(Outcome.ANSWERED_SERVICE, self.voice.say("consent_withdrawn", turn.seed, names=names))

    def _which(self, turn: Turn, standing: list[Purpose]) -> Said:
        buttons = [
            Button(label=self.wordings.name(one), payload=payload("withdraw_consent", purpose=one))
            for one in standing
        ]
        buttons.append(Button(label="모두 거두기", payload=payload("withdraw_consent", purpose=ALL)))
        return Said(Outcome.ASKED_BACK, self.voice.say("consent_which", turn.seed), buttons=tuple(buttons))


def _said(held: Held, days: Callable[[str], int], zone: tzinfo | None) -> str:
    """`12건 · 10월 1일부터 · 30일 보관`."""
    parts = [f"{held.rows:,}건"]
    if held.since is not None:
        since = held.since.astimezone(zone)
        parts.append(f"{since.month}월 {since.day}일부터")
    parts.append(f"{days(held.kind.kept)}일 보관" if held.kind.kept else held.kind.ends)
    return " · ".join(parts)
