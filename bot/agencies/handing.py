"""The work between agencies: questions go out, replies come in, entries are exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.agencies.directory import BadEntry, Signed
from bot.agencies.peers import Peers
from bot.agencies.referrals import Handed, Referrals
from bot.channel import DeliveryError
from bot.messages import Button, Card, Outbound
from bot.speech import Speech

_MOST_ENTRIES = 200
"""Entries that are taken from one agency at a time."""
_SAY_AFTER = 2
"""Vain attempts, half a minute apart, after which the citizen hears that it takes longer."""

log = structlog.get_logger(__name__)

Tell = Callable[[int, Sequence[Outbound], str], Any]


class Letters(Protocol):
    """Sends letters to agencies that we trust."""

    async def send(self, to: str, path: str, content: dict[str, Any], once: str) -> dict[str, Any]:
        """Raises `DeliveryError`."""


class Reader(Protocol):
    """Reads what an installation shows to everybody."""

    async def entry(self, url: str) -> Signed:
        """Its own entry. Raises `DeliveryError` or `BadEntry`."""

    async def entries(self, url: str) -> list[Signed]:
        """Those of the agencies it trusts. Raises as above."""


class Handing:
    """`tell` says something to a citizen once: `Gateway.tell`."""

    def __init__(
        self, peers: Peers, referrals: Referrals, letters: Letters, reader: Reader, speech: Speech, tell: Tell
    ) -> None:
        self._peers = peers
        self._referrals = referrals
        self._letters = letters
        self._reader = reader
        self._speech = speech
        self._tell = tell

    async def work(self) -> None:
        """Send what is due; ask nobody twice who has taken a question."""
        await self._peers.refresh()
        for handed in await self._referrals.due():
            if handed.state == "waiting":
                await self._send(handed)
            else:
                await self._say(handed, "referral_late")
                await self._referrals.asked_about(handed.id)

    async def exchange(self) -> None:
        """Read anew who those we trust are, and whom they trust."""
        await self._peers.refresh()
        for agency, known in self._peers.trusted.items():
            try:
                found = [await self._reader.entry(known.entry.url)]
                found += await self._reader.entries(known.entry.url)
            except (DeliveryError, BadEntry) as error:
                log.warning("agency_not_read", agency=agency, reason=str(error))
                continue
            for signed in found[:_MOST_ENTRIES]:
                await self._meet(signed, agency)

    async def reply(self, handed: Handed, agency: str, messages: Sequence[Outbound], once: str) -> None:
        """Tell the citizen what the agency answered, as its words and not ours."""
        if handed.conversation_id is None:
            return
        name = self._name(agency)
        opening = self._speech.say("referral_answered", f"{handed.id}:{once}", agency=name)
        shown = [_harmless(message) for message in messages]
        await self._tell(handed.conversation_id, [opening, *shown], f"referral:{handed.id}:{once}")

    async def _send(self, handed: Handed) -> None:
        question = {"kind": "question", "id": handed.id, "text": handed.question}
        try:
            await self._letters.send(handed.agency, "/webhooks/agency", question, handed.id)
        except DeliveryError as error:
            log.warning("question_not_handed_over", agency=handed.agency, reason=str(error))
            if await self._referrals.not_sent(handed.id, str(error), final=error.permanent):
                await self._say(handed, "referral_failed")
            elif handed.attempts + 1 == _SAY_AFTER:
                await self._say(handed, "referral_delayed")
        else:
            await self._referrals.sent(handed.id)

    async def _say(self, handed: Handed, sentence: str) -> None:
        if handed.conversation_id is not None:
            known = self._peers.trusted.get(handed.agency)
            phone = known.entry.phone if known else ""
            message = self._speech.say(
                sentence, handed.id, agency=self._name(handed.agency), agency_phone=phone
            )
            await self._tell(handed.conversation_id, [message], f"{sentence}:{handed.id}")

    def _name(self, agency: str) -> str:
        known = self._peers.trusted.get(agency)
        return known.entry.name if known else agency

    async def _meet(self, signed: Signed, agency: str) -> None:
        try:
            await self._peers.meet(signed)
        except (BadEntry, ValidationError, SQLAlchemyError) as error:
            log.warning("entry_refused", source=agency, reason=type(error).__name__)


def _harmless(message: Outbound) -> Outbound:
    """Another agency's message without what only its own citizens could use: addresses stay, choices go."""
    return message.model_copy(
        update={
            "buttons": _links(message.buttons),
            "cards": tuple(_card(card) for card in message.cards),
            "image_url": None,
        }
    )


def _card(card: Card) -> Card:
    return card.model_copy(update={"buttons": _links(card.buttons), "image_url": None})


def _links(buttons: Sequence[Button]) -> tuple[Button, ...]:
    return tuple(button for button in buttons if button.url and button.url.startswith(("https://", "tel:")))
