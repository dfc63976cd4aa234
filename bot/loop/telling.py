"""Tells citizens that there is an answer to what they asked: once each, when the bot really gives it now.

Whenever the content in use has changed, every question that is waited for is put to the bot in a conversation
of its own, which is forgotten again. What the bot answers with enough confidence goes to the citizen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.channel import Capabilities
from bot.content.persona import Voice
from bot.loop.marks import Marks
from bot.loop.waits import Waiting, Waits
from bot.messages import Outbound, Reply, utc_now
from bot.outcomes import Outcome
from bot.proactive.occurrences import DecentHours
from bot.proactive.reminders import Tell, reach
from bot.rasa import BotFailed, BotNotReady
from bot.retrieval.decision import ANSWER_AT

EVERY = 5.0
"""Seconds between two runs."""
LOOKS = (timedelta(seconds=2), timedelta(minutes=2), timedelta(minutes=15))
"""After a change: when answers are loaded, when a small model has been trained, when any has."""
SURE = 0.8
"""Least chance of being right of an answer that nobody wrote for this very question."""
_BATCH = 50
_QUOTED = 60
"""Characters of a question that are said back."""
_MARK = "content"

log = structlog.get_logger(__name__)

Ask = Callable[[str, str], Awaitable[Reply]]
"""What the bot says to a question now, in a conversation of that name, which is forgotten."""


class Telling:
    """Tells first and then writes it down: after a crash between the two it is found due again, and told
    under the same id it says nothing.
    """

    def __init__(
        self,
        waits: Waits,
        marks: Marks,
        content: Callable[[], str],
        ask: Ask,
        tell: Tell,
        voice: Callable[[], Voice],
        channels: Mapping[str, Capabilities],
        hours: DecentHours,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`content` gives a mark that differs when what the bot can say does."""
        self._waits = waits
        self._marks = marks
        self._content = content
        self._ask = ask
        self._tell = tell
        self._voice = voice
        self._channels = channels
        self._hours = hours
        self._clock = clock

    async def run(self) -> int:
        """Tell all that can be told now; how many citizens were."""
        now, said = self._clock(), 0
        if not await self._waits.any():
            return 0
        mark = self._content()
        since = await self._marks.since(_MARK, mark, now)
        looks = sum(now - since >= after for after in LOOKS)
        if not looks or not self._hours.now(now):
            return 0
        look = f"{mark}:{looks}"
        while due := await self._waits.due(look, reach(self._channels, now), _BATCH):
            for waiting in due:
                try:
                    reply = await self._ask(f"loop:{waiting.id}", waiting.question)
                except (BotFailed, BotNotReady) as error:
                    log.warning("not_asked", wait=waiting.id, reason=str(error))
                    return said
                if answers(reply, waiting):
                    said += await self._say(waiting, reply)
                else:
                    await self._waits.looked(waiting.id, look)
        await self._waits.tidy()
        return said

    async def _say(self, waiting: Waiting, reply: Reply) -> bool:
        question = waiting.question
        short = question if len(question) <= _QUOTED else question[: _QUOTED - 1] + "…"
        opening = self._voice().say("answer_found", f"{waiting.id}", question=short)
        messages = [Outbound(text=opening), *reply.messages]
        try:
            told = await self._tell(waiting.conversation_id, messages, f"answer:{waiting.id}")
        except LookupError:  # the citizen was forgotten meanwhile, and the row with them
            return False
        day = self._clock().astimezone(self._hours.zone).date()
        await self._waits.told(waiting, len(messages), day)
        return told


def answers(reply: Reply, waiting: Waiting) -> bool:
    """Whether a reply is an answer that a citizen can be told unasked."""
    if reply.outcome != Outcome.ANSWERED_FAQ or not reply.candidates:
        return False
    best = max(reply.candidates, key=lambda candidate: candidate.score)
    return best.score >= (ANSWER_AT if best.id in waiting.expected else SURE)


def content_mark(folder: Path) -> str:
    """A mark of what the bot can say that differs after every change in `data/`."""
    total = hashlib.blake2b(digest_size=12)
    for path in sorted(folder.rglob("*.yml")):
        try:
            status = path.stat()
        except FileNotFoundError:  # it is just being replaced: the next look sees it
            continue
        total.update(f"{path.relative_to(folder)}:{status.st_mtime_ns}:{status.st_size}\n".encode())
    return total.hexdigest()
