"""How many of the published questions the bot answers rightly: asked one after the other, as citizens ask."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.content.topics import answers_of
from bot.gate.folders import Content
from bot.gate.golden import FOLDER, Golden, read_golden
from bot.gate.golden_run import Found, right
from bot.messages import Reply
from bot.openness.asking import CHANNEL
from bot.openness.card import Accuracy
from bot.outcomes import Outcome
from bot.rasa import Bot, BotFailed, escape
from bot.releases.live import live_number
from bot.settings import Settings

_ENDS = {
    Outcome.ANSWERED_FAQ: "answer",
    Outcome.ANSWERED_SERVICE: "answer",
    Outcome.CLARIFIED: "clarify",
}


class Measuring:
    """Asks the questions of what citizens get."""

    def __init__(self, bot: Bot, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._bot = bot
        self._settings = settings
        self._clock = clock
        self._known: tuple[object, Sequence[Golden]] = (None, ())

    def questions(self) -> Sequence[Golden]:
        """The questions as they stand in the live content (`data/checks`), read again when they change."""
        folder = self._settings.live_data / FOLDER
        stats = {path: path.stat() for path in sorted(folder.glob("*.yml"))}
        mark = [(path, stat.st_mtime_ns, stat.st_size, stat.st_ino) for path, stat in stats.items()]
        if mark != self._known[0]:
            content = Content.at(self._settings.live_data.parent)
            self._known = (mark, read_golden(content).cases)
        return self._known[1]

    async def measure(self) -> Accuracy:
        """Ask them all. Raises `bot.rasa.BotNotReady` when the bot is not there."""
        questions = await asyncio.to_thread(self.questions)
        correct = 0
        for golden in questions:
            correct += right(golden, found(await self._ask(golden.case.ask)))
        rate = round(correct / len(questions), 3) if questions else None
        return Accuracy(
            asked=len(questions),
            right=correct,
            rate=rate,
            release=live_number(self._settings),
            measured_at=self._clock(),
        )

    async def _ask(self, question: str) -> Reply | None:
        """The reply; None for a question on which the bot fails."""
        name = uuid.uuid4().hex
        metadata: dict[str, Any] = {"message_id": name, "channel": CHANNEL, "public": True}
        try:
            return await self._bot.reply(f"{CHANNEL}:{name}", escape(question), metadata)
        except BotFailed:
            return None


def found(reply: Reply | None) -> Found:
    """What a question ended in, as the golden questions are judged (`bot.gate.golden_run`)."""
    if reply is None:
        return Found("clarify", ())
    kind: Any = _ENDS.get(Outcome(reply.outcome), "reject")
    given = answers_of(reply) if kind == "answer" else tuple(each.id for each in reply.candidates)
    return Found(kind, tuple((id_, 1.0) for id_ in given), reply.intent)
