"""Where no answer is known: the offer to tell the citizen once there is one, and the yes to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from actions.answering import person_buttons
from actions.card import payload
from actions.danger import suspected
from actions.reply import Said
from actions.turn import Turn
from bot.content.models import LANGUAGES
from bot.content.persona import Voice
from bot.loop.waits import Waits
from bot.messages import Button
from bot.outcomes import Outcome
from bot.proactive.channels import Push, name, push
from bot.rights.consents import Consents, Purpose
from bot.rights.wordings import Text

OFFER = "answer"
"""In the slot `pending_offer`: a yes keeps the question until there is an answer."""
OFFERED = "answer_offered"
"""Slot with the day on which it was offered last."""
_TALK = frozenset(
    {
        *("greet", "thank", "say_goodbye", "challenge_bot", "chitchat", "praise_bot", "complain_about_bot"),
        *("abuse", "emergency", "crisis", "affirm", "deny", "cancel"),
    }
)
"""Intents to which no answer is waited for."""
_SHORTEST = 4
"""Letters of a question."""


class Awaiting:
    """Offers at most once a day, only where the bot may write unasked, and never to somebody in distress."""

    def __init__(
        self, voice: Callable[[], Voice], waits: Waits, consents: Consents, text: Callable[[], Text]
    ) -> None:
        """`text` is what is asked, and what a citizen agrees to."""
        self._voice = voice
        self._waits = waits
        self._consents = consents
        self._text = text

    async def offer(self, turn: Turn, said: Said) -> Said:
        """What is said, with the offer in place of that of a person, who stays a button away."""
        if said.outcome is not Outcome.UNANSWERED or not await self._may(turn):
            return said
        voice = self._voice()
        known = said.text.removesuffix(voice.say("offer_person", turn.seed)).rstrip()
        return replace(
            said,
            text=f"{known}\n\n{self._text().text}",
            buttons=(
                Button(label=voice.say("answer_wait_button", turn.seed), payload=payload("affirm")),
                *person_buttons(voice, turn),
            ),
            slots={**said.slots, "pending_offer": OFFER, OFFERED: turn.now.date().isoformat()},
        )

    async def agreed(self, turn: Turn) -> Said | None:
        """The yes: the question and the consent are written down."""
        asked = await self._waits.asked(turn.channel, turn.user_id)
        if asked is None:
            return None
        new = await self._waits.add(asked)
        await self._consents.agree(asked.conversation_id, Purpose.ANSWER, self._text())
        voice = self._voice()
        parts = [voice.say("answer_waiting" if new else "answer_waiting_already", turn.seed)]
        if push(turn.channel) is Push.WINDOW:
            parts.append(voice.say("remind_window", turn.seed, channel=name(turn.channel)))
        stop = payload("withdraw_consent", purpose=Purpose.ANSWER)
        button = Button(label=voice.say("answer_stop_button", turn.seed), payload=stop)
        return Said(Outcome.ANSWERED_SERVICE, "\n\n".join(parts), buttons=(button,))

    async def _may(self, turn: Turn) -> bool:
        if turn.public or turn.minor or turn.requests or push(turn.channel) is Push.NEVER:
            return False
        if turn.language != "ko":  # what is agreed to is in Korean
            return False
        if turn.slot(OFFERED) == turn.now.date().isoformat() or suspected(turn) is not None:
            return False
        if turn.language in LANGUAGES:  # the words of the consent are Korean
            return False
        if turn.typed and not _question(turn):
            return False
        return await self._waits.calm(turn.channel, turn.user_id)


def _question(turn: Turn) -> bool:
    """Whether the words may be a question at all."""
    likeliest = max(
        (pair for pair in turn.ranking.items() if pair[0] != "nlu_fallback"),
        key=lambda pair: pair[1],
        default=(turn.intent, 0.0),
    )[0]
    letters = sum(letter.isalnum() for letter in turn.text)
    return likeliest not in _TALK and turn.intent not in _TALK and letters >= _SHORTEST
