"""Help in danger: which words ask for it, and who helps at once. It is never switched off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from bot.content.persona import Voice
from bot.log.records import StoredInbound
from bot.messages import Button, Outbound
from bot.rasa import BotFailed, BotNotReady
from bot.text.language import language_of

HELP: Mapping[str, tuple[Button, ...]] = {
    "emergency": (
        Button(label="119 구조·구급·화재", url="tel:119"),
        Button(label="112 경찰", url="tel:112"),
    ),
    "crisis": (
        Button(label="109 자살예방 상담", url="tel:109"),
        Button(label="1577-0199 정신건강 위기상담", url="tel:15770199"),
        Button(label="119 응급", url="tel:119"),
    ),
}
"""By intent, the national numbers of Korea: emergency, and the Ministry of Health and Welfare's lines, which
are open day and night (109 since January 2024). The likelier harm stands first where both are heard."""
SUSPECTED = 0.15
"""Probability of such an intent from which its line goes ahead of the answer to another one.

With it nine of ten examples kept back from training are heard, and two of a hundred ordinary questions get
the line needlessly.
"""

Understand = Callable[[str], Awaitable[Mapping[str, float]]]
"""Intents of a text with their probabilities. Raises `BotFailed` or `BotNotReady`."""

log = structlog.get_logger(__name__)


def suspected(ranking: Mapping[str, float]) -> str | None:
    """The intent of danger that a message may have, whatever it is likelier to mean."""
    found = {name: chance for name, chance in ranking.items() if name in HELP}
    return max(found, key=lambda name: found[name]) if sum(found.values()) >= SUSPECTED else None


class Danger:
    """Finds danger in words for which the bot is not asked: it is off, or the citizen is muted."""

    def __init__(
        self, moods: Callable[[str], Collection[str]], understand: Understand, persona: Callable[[], Voice]
    ) -> None:
        """`moods` names what certain words stand for, those of `HELP` among it, without waiting."""
        self._moods = moods
        self._understand = understand
        self._persona = persona

    async def help(self, stored: StoredInbound) -> Outbound | None:
        """What is said to a message that speaks of danger, with the numbers to call; None when it does not.

        The model says what it is about; certain words are enough whatever the model says, or when it is away.
        """
        text = stored.inbound.text
        if stored.inbound.payload is not None or not text.strip():
            return None
        moods, understood = self._moods(text), None
        try:
            understood = suspected(await self._understand(text))
        except (BotFailed, BotNotReady) as error:
            log.warning("danger_by_words_only", reason=str(error), message_id=stored.inbound.message_id)
        intent = understood or next((name for name in HELP if name in moods), None)
        if intent is None:
            return None
        voice = self._persona().to(language_of(text) or "ko")
        seed = f"{stored.channel}:{stored.user_id}:{stored.seq}"
        return Outbound(text=voice.say(intent, seed), buttons=HELP[intent])
