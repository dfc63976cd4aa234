"""A question of a program (`/open/api/ask`): answered as a citizen's would be, kept nowhere.

It goes to the bot under a name that its memory of conversations does not keep (`bot.nlu.tracker_store`),
with personal data masked, and marked as public: nothing is looked up, begun or written down for anybody.
Nothing of it comes into the log, the inbox or the figures. Programs have a budget of their own, small beside
what the bot can do, so that citizens do not wait for them.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.answering import MAX_QUESTION
from bot.content.persona import Voice
from bot.content.topics import answers_of, topics_of
from bot.masking import mask
from bot.messages import Inbound, Outbound, Reply, utc_now
from bot.outcomes import Outcome
from bot.public import PublicWords, is_danger, is_general, public_words
from bot.rasa import Bot, escape
from bot.retrieval.decision import OFFERED
from bot.switches.live import Switched

CHANNEL = "open"
"""What an answer is switched off for when it is for programs; also begins the name of their conversations."""
_WAITING = 10
"""So many wait at most; who comes then is told to come again."""
_GO_ON = frozenset({"make_suggestion", "report_problem"})
"""Talk that would have to go on in a chat."""
_OFFERS = 12
"""Wordings of the offer of a person that are looked for."""

Kind = Literal["answered", "clarified", "unanswered", "refused", "talk", "referred", "switched_off"]

_KINDS: dict[str, Kind] = {
    Outcome.CLARIFIED: "clarified",
    Outcome.UNANSWERED: "unanswered",
    Outcome.REFUSED: "refused",
    Outcome.CHATTED: "talk",
}
"""Outcomes whose words are for everybody, beside answers that are."""


class Busy(Exception):
    """Too many ask at this moment."""


@dataclass(frozen=True)
class Link:
    """An address that belongs to an answer."""

    label: str
    url: str


@dataclass(frozen=True)
class Asked:
    """What the bot says to a question."""

    outcome: Kind
    text: str
    answers: tuple[str, ...]
    """Ids of the answers given; of those offered for a choice where it is `clarified`."""
    links: tuple[Link, ...]
    notices: tuple[str, ...]
    """Emergency notices that are on."""


class Asker:
    """Asks the bot, `at_once` questions at a time. `chat` is the address of the private chat."""

    def __init__(
        self,
        bot: Bot,
        voice: Callable[[], Voice],
        topics: Callable[[], Mapping[str, str]],
        switched: Callable[[], Awaitable[Switched]],
        held: Callable[[], Awaitable[frozenset[str]]],
        chat: str,
        at_once: int = 2,
    ) -> None:
        """`topics` is id of an answer → topic; `held` are topics of which a person reads every answer first:
        programs do not get those.
        """
        self._bot = bot
        self._voice = voice
        self._topics = topics
        self._switched = switched
        self._held = held
        self._chat = chat
        self._room = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def ask(self, question: str) -> Asked:
        """The bot's answer to a question by itself. Raises `Busy`, `BotNotReady` and `BotFailed`."""
        name = uuid.uuid4().hex
        text, _ = mask(question[:MAX_QUESTION])
        inbound = Inbound(
            channel=CHANNEL, user_id=name, message_id=name, sent_at=utc_now(), text=text, public=True
        )
        switched = await self._switched()
        notices = tuple(each.text for each in switched.notices if each.on(CHANNEL))
        if off := switched.off(CHANNEL):
            return Asked("switched_off", off.says or self._invitation(name), (), (), notices)
        reply = await self._reply(inbound)
        about = topics_of(reply, self._topics())
        if off := switched.topic_off(CHANNEL, about):
            return Asked("switched_off", off.says or self._invitation(name), (), (), notices)
        held = not (await self._held()).isdisjoint(about)
        return self._told(inbound, reply, notices, held)

    async def _reply(self, inbound: Inbound) -> Reply:
        if self._waiting >= _WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._room:
                metadata = {"message_id": inbound.message_id, "channel": CHANNEL, "public": True}
                return await self._bot.reply(f"{CHANNEL}:{inbound.user_id}", escape(inbound.text), metadata)
        finally:
            self._waiting -= 1

    def _told(self, inbound: Inbound, reply: Reply, notices: tuple[str, ...], held: bool) -> Asked:
        """What of a reply is for everybody: help in danger always, else what is true for whoever asks."""
        danger = [each for each in reply.messages if is_danger(each)]
        kind = None if reply.intent in _GO_ON else _KINDS.get(reply.outcome)
        if is_general(inbound, reply) and reply.outcome != Outcome.ERASED:
            kind = "answered"
        if reply.handoff or held or kind is None:
            texts = [*map(_text, danger), self._invitation(inbound.user_id)]
            return Asked("referred", _joined(texts), (), _links(danger), notices)
        messages = reply.messages
        if reply.intent in _GO_ON:  # the way to an answer leads through a form here
            cards = [each.model_copy(update={"text": ""}) for each in messages if each.cards]
            messages = (*danger, Outbound(text=self._words(inbound.user_id).report), *cards)
        text = _joined(map(_text, messages))
        if kind == "unanswered":
            text = self._without_offer(text)
        given = answers_of(reply) if kind == "answered" else ()
        if kind == "clarified":
            given = tuple(each.id for each in reply.candidates[:OFFERED])
        return Asked(kind, text, given, _links(reply.messages), notices)

    def _invitation(self, seed: str) -> str:
        return self._words(seed).invite.strip()

    def _words(self, seed: str) -> PublicWords:
        return public_words(self._voice(), seed, self._chat)

    def _without_offer(self, text: str) -> str:
        """Who asks by a program cannot say yes to the offer of a person."""
        for seed in range(_OFFERS):
            text = text.removesuffix(self._voice().say("offer_person", seed)).rstrip()
        return text


def _text(message: Outbound) -> str:
    """The words of a message, without buttons that only a chat can have."""
    parts = [message.text]
    for card in message.cards:
        parts += [card.title, card.text, *(f"{fact.label}: {fact.value}" for fact in card.facts)]
    return "\n".join(part for part in parts if part)


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(text for text in texts if text)


def _links(messages: Iterable[Outbound]) -> tuple[Link, ...]:
    found: dict[str, Link] = {}
    for message in messages:
        buttons = [*message.buttons, *(button for card in message.cards for button in card.buttons)]
        for button in buttons:
            if button.url:
                found.setdefault(button.url, Link(button.label, button.url))
    return tuple(found.values())
