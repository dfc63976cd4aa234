"""How the questions stand that were handed over to other agencies for a citizen."""

from __future__ import annotations

from actions.card import shorten
from actions.departments import tel
from bot.agencies.peers import Peers
from bot.agencies.referrals import Handed, Referrals
from bot.content.hours import named_day
from bot.messages import Card, Fact

_STATES = {
    "waiting": "전하고 있어요",
    "sent": "답을 기다리고 있어요",
    "late": "답이 늦어지고 있어요",
    "answered": "답이 왔어요",
    "failed": "전하지 못했어요",
}
_AGAIN = "연결이 되지 않아 다시 전하고 있어요"
_ANSWERED = "answered"
_MOST = 5
"""Questions that are shown, the newest first."""
_SHOWN = 120
"""Characters of a question."""


class HandedOver:
    """A citizen's own questions, and nobody else's."""

    def __init__(self, peers: Peers, referrals: Referrals) -> None:
        self._peers = peers
        self._referrals = referrals

    async def cards(self, conversation_id: int) -> tuple[Card, ...]:
        """One for each question; the phone of an agency that has not answered."""
        handed = (await self._referrals.of(conversation_id))[:_MOST]
        if handed:
            await self._peers.refresh()
        return tuple(self._card(one) for one in handed)

    def _card(self, handed: Handed) -> Card:
        known = self._peers.trusted.get(handed.agency)
        again = handed.state == "waiting" and handed.attempts > 0
        facts = [
            Fact(label="물어본 곳", value=known.entry.name if known else handed.agency),
            Fact(label="상태", value=_AGAIN if again else _STATES[handed.state]),
            Fact(label="부탁하신 날", value=named_day(handed.created_at.date())),
        ]
        if known and known.entry.phone and handed.state != _ANSWERED:
            facts.append(Fact(label="전화", value=known.entry.phone, url=tel(known.entry.phone)))
        return Card(title=shorten(handed.question, _SHOWN), facts=tuple(facts))
