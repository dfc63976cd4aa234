"""From a citizen's message to a reply: what a live message and `sotong ask` go through alike.

What needs no understanding (an empty or endless message, `/start`) is answered here, so it
works while the bot is down; everything else goes to the bot, and its silence becomes words.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.fallback import Fallback
from bot.identity.vault import kind_of
from bot.masking import TOKENS
from bot.messages import START, AttachmentKind, Inbound, Outbound, Reply
from bot.outcomes import Outcome
from bot.rasa import Bot, BotFailed, BotNotReady, escape
from bot.speech import Speech

MAX_QUESTION = 2000
"""Characters that are read of one message; the citizen is told when there were more."""
ATTACHED = "/send_attachment"
"""What the bot reads where a citizen sent something without words."""
_FILLERS = "\u115f\u1160"
"""Letters without a shape (HANGUL CHOSEONG/JUNGSEONG FILLER)."""
_ASKS = 3
"""Times one message is put to a bot that is starting before the citizen is given a phone number."""
_POLL = 0.3
"""Seconds between looks at a bot that is starting."""
_SECRET_KINDS = ("rrn", "card", "driver", "passport", "account")
"""Kinds of personal data a citizen is told not to type; the others are masked without a word."""

log = structlog.get_logger(__name__)


class Answering:
    """Makes the reply to one message. `start_timeout` is how long a bot that is starting is waited for."""

    def __init__(self, bot: Bot, speech: Speech, fallback: Fallback, *, start_timeout: float) -> None:
        self._bot = bot
        self._speech = speech
        self._fallback = fallback
        self._start_timeout = start_timeout

    async def answer(
        self,
        inbound: Inbound,
        *,
        key: str,
        turn: int = 0,
        tapped: str | None = None,
        on_wait: Callable[[Outbound], Awaitable[None]] | None = None,
    ) -> Reply:
        """The reply to a message whose personal data is masked. Never raises for a bot that fails.

        `key` names the conversation to the bot, `turn` varies the wording, `tapped` is the stored
        payload of the button that was tapped. `on_wait` is called once with a message for the
        citizen when the bot is still starting.
        """
        seed = f"{key}:{turn}"
        direct = None if tapped else self._direct(inbound, seed)
        if direct is None and not tapped and not inbound.text.strip():
            direct = await self._attached(inbound, key, seed)
        reply = direct or await self._ask(inbound, key, seed, tapped, on_wait)
        notes = [] if inbound.public else self._notes(inbound, seed)
        return reply.model_copy(update={"messages": (*notes, *reply.messages)}) if notes else reply

    def _direct(self, inbound: Inbound, seed: str) -> Reply | None:
        text = inbound.text.strip()
        if text == START or text.startswith(START + " "):
            return self._chat(self._speech.with_menu("welcome", seed))
        if inbound.attachments and not text:
            return self._unread(inbound, seed) if inbound.public else None
        if inbound.payload is not None:
            return self._chat(self._speech.with_menu("expired_button", seed), outcome=Outcome.ASKED_BACK)
        if not text:
            return self._chat(self._speech.say("empty", seed), outcome=Outcome.ASKED_BACK)
        if not _readable(text):
            return self._chat(self._speech.say("only_emoji", seed))
        return None

    async def _attached(self, inbound: Inbound, key: str, seed: str) -> Reply:
        """The reply to a picture or a place without words: they may belong to a report."""
        try:
            return await self._bot.reply(key, ATTACHED, _metadata(inbound))
        except (BotFailed, BotNotReady) as error:
            log.warning("attachment_unread", reason=str(error), message_id=inbound.message_id)
            return self._unread(inbound, seed)

    def _unread(self, inbound: Inbound, seed: str) -> Reply:
        return self._chat(self._speech.say(_attachment_key(inbound.attachments[0].kind), seed))

    async def _ask(
        self,
        inbound: Inbound,
        key: str,
        seed: str,
        tapped: str | None,
        on_wait: Callable[[Outbound], Awaitable[None]] | None,
    ) -> Reply:
        text = tapped if tapped is not None else escape(inbound.text)[:MAX_QUESTION]
        metadata = _metadata(inbound)
        give_up = time.monotonic() + self._start_timeout
        told = False
        for _ in range(_ASKS):
            try:
                return await self._bot.reply(key, text, metadata)
            except BotFailed as error:
                log.error("turn_failed", reason=str(error), message_id=inbound.message_id)
                break
            except BotNotReady as error:
                if self._speech.wants_person(inbound.text):
                    return Reply(messages=(), outcome=Outcome.HANDED_OFF, handoff="asked")
                log.warning("bot_not_ready", reason=str(error), message_id=inbound.message_id)
                if on_wait and not told:
                    await on_wait(self._speech.say("preparing", seed))
                    told = True
                if not await self._wait_ready(give_up):
                    break
        if self._speech.wants_person(inbound.text):
            return Reply(messages=(), outcome=Outcome.HANDED_OFF, handoff="asked")
        return await self._fallback.reply(inbound, seed)

    async def _wait_ready(self, give_up: float) -> bool:
        while time.monotonic() < give_up:
            if await self._bot.ready():
                return True
            await asyncio.sleep(_POLL)
        return False

    def _notes(self, inbound: Inbound, seed: str) -> list[Outbound]:
        """What is said before the answer itself."""
        notes = []
        if inbound.edited:
            notes.append(self._speech.say("edited", seed))
        if len(inbound.text.strip()) > MAX_QUESTION:
            notes.append(self._speech.say("too_long", seed, limit=f"{MAX_QUESTION:,}"))
        kept = {kind_of(token) for token in inbound.kept}
        secret = [TOKENS[kind] for kind in _SECRET_KINDS if kind not in kept]
        kinds = [name for name in secret if f"[{name}]" in inbound.text]
        if kinds:
            notes.append(self._speech.say("private_data", seed, kinds=", ".join(kinds)))
        return notes

    @staticmethod
    def _chat(message: Outbound, outcome: Outcome = Outcome.CHATTED) -> Reply:
        return Reply(messages=(message,), outcome=outcome)


def _metadata(inbound: Inbound) -> dict[str, Any]:
    """What the bot is told beside the words."""
    metadata: dict[str, Any] = {
        "message_id": inbound.message_id,
        "channel": inbound.channel,
        "locale": inbound.locale,
    }
    if inbound.kept:
        metadata["kept"] = list(inbound.kept)
    if inbound.public:
        metadata["public"] = True
    if inbound.attachments:
        metadata["attachments"] = [each.model_dump(mode="json") for each in inbound.attachments]
    return metadata


def _readable(text: str) -> bool:
    """Whether there is a letter or digit; Korean input methods also send invisible letters."""
    plain = unicodedata.normalize("NFKC", text)
    return any(unicodedata.category(c)[0] in "LN" and c not in _FILLERS for c in plain)


def _attachment_key(kind: AttachmentKind) -> str:
    return "file" if kind is AttachmentKind.OTHER else kind.value
