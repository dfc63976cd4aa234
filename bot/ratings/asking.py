"""How was it? The question below an answer, the buttons, and what a citizen adds in their own words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from bot.channel import Capabilities
from bot.content.topics import topic_of
from bot.danger import Danger
from bot.log.records import StoredInbound
from bot.looked import Looked
from bot.loop.signals import Why
from bot.messages import Button, Outbound, Reply
from bot.outcomes import Outcome
from bot.ratings.rules import RatingFile, askable
from bot.ratings.store import Ratings
from bot.speech import Speech

_TAPPED = re.compile(r"rating:(\d{1,18}):(good|fair|bad|comment|stop)")
_LONGEST = 1000
"""Characters that are kept of a comment."""


class RatingSteps:
    """Before the bot: the buttons and the comment. After it: the question."""

    def __init__(
        self,
        ratings: Ratings,
        rules: Callable[[], RatingFile],
        topics: Callable[[], Mapping[str, str]],
        danger: Danger,
        speech: Speech,
        into_inbox: Callable[[int, Why], Awaitable[bool]],
    ) -> None:
        """`into_inbox` is `Inflow.add`."""
        self._ratings = ratings
        self._rules = rules
        self._topics = topics
        self._danger = danger
        self._speech = speech
        self._into_inbox = into_inbox
        self._awaited = Looked(self._look)

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """What is said to a rating or to a comment; None to everything else."""
        if tapped is not None:
            hit = _TAPPED.fullmatch(tapped)
            return await self._taken(stored, int(hit[1]), hit[2]) if hit else None
        text = stored.inbound.text.strip()
        if stored.inbound.payload is not None or not text or stored.state in ("operator", "waiting"):
            return None
        rating_id = (await self._awaited.now()).get(stored.conversation_id)
        if rating_id is None or self._speech.wants_person(text) or await self._danger.help(stored):
            return None
        await self._ratings.comment(rating_id, text[:_LONGEST])
        self._awaited.again()
        return _said(self._speech.say("rating_comment_thanks", stored.seed))

    async def after(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The reply with the buttons below it, where the rules want them: no message of its own."""
        rules = self._rules().answers
        if not can.converses or not askable(rules, stored, reply):
            return reply
        topic = topic_of(reply, self._topics())
        id_ = await self._ratings.ask(stored.conversation_id, stored.id, stored.channel, topic, rules.days)
        if id_ is None:
            return reply
        *before, last = reply.messages
        rated = last.model_copy(update={"buttons": (*last.buttons, *self._choices(id_))})
        return reply.model_copy(update={"messages": (*before, rated)})

    def question(self, rating_id: int, sentence: str) -> Outbound:
        """The question with its buttons."""
        said = self._speech.say(sentence, f"rating:{rating_id}")
        return said.model_copy(update={"buttons": self._choices(rating_id)})

    def _choices(self, rating_id: int) -> tuple[Button, ...]:
        return tuple(
            self._speech.button(f"rating_{choice}", f"rating:{rating_id}:{choice}")
            for choice in ("good", "fair", "bad")
        )

    async def _taken(self, stored: StoredInbound, rating_id: int, choice: str) -> Reply:
        mine = (rating_id, stored.conversation_id)
        if choice in ("comment", "stop"):
            known = await self._ratings.want_comment(*mine, choice == "comment")
            self._awaited.again()
            if not known:
                return self._gone(stored)
            if choice == "stop":
                return self._or_silence(stored, self._speech.say("rating_comment_stopped", stored.seed))
            stop = self._button("rating_comment_stop", rating_id, "stop")
            asked = self._speech.say("rating_comment_ask", stored.seed)
            return self._or_silence(stored, asked.model_copy(update={"buttons": (stop,)}))
        rules = self._rules()
        score = rules.score(choice)
        rated = await self._ratings.rate(*mine, score) if score else None
        if rated is None or score is None:
            return self._gone(stored)
        bad = score <= rules.inbox_at
        if bad and rated.message_id is not None:
            await self._into_inbox(rated.message_id, Why.RATED)
        buttons = [self._button("rating_comment", rating_id, "comment")]
        if bad and stored.state == "bot":
            buttons.append(self._speech.button("rating_person", "/talk_to_person"))
        said = self._speech.say("rating_sorry" if bad else "rating_thanks", stored.seed)
        return self._or_silence(stored, said.model_copy(update={"buttons": tuple(buttons)}))

    def _button(self, label: str, rating_id: int, choice: str) -> Button:
        return self._speech.button(label, f"rating:{rating_id}:{choice}")

    def _gone(self, stored: StoredInbound) -> Reply:
        return self._or_silence(stored, self._speech.with_menu("expired_button", stored.seed))

    def _or_silence(self, stored: StoredInbound, said: Outbound) -> Reply:
        """Nothing is said while a person has the conversation."""
        if stored.state == "operator":
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        return _said(said)

    async def _look(self) -> Mapping[int, int]:
        since: datetime = self._speech.clock() - timedelta(minutes=self._rules().comment_minutes)
        return await self._ratings.awaited(since)


def _said(message: Outbound) -> Reply:
    return Reply(messages=(message,), outcome=Outcome.CHATTED)
