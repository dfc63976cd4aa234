"""Whose business something is, and the offer to ask them for the citizen."""

from __future__ import annotations

from collections.abc import Callable

from actions.card import payload
from actions.departments import call_button, contact_card, department, likely, tel
from actions.reply import Said
from actions.turn import Turn
from bot.agencies.jurisdiction import JurisdictionFile, Jurisdictions, Office, Owner
from bot.agencies.peers import Known, Peers, answers
from bot.agencies.referrals import Referrals
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.log.log import ConversationLog
from bot.messages import Button, Card, Fact
from bot.outcomes import Outcome
from bot.rights.consents import Consents, Purpose
from bot.rights.wordings import Text

OFFER = "referral"
"""`pending_offer` while the citizen is asked whether a question may be handed over."""
FORGET = {"refer_to": None, "refer_text": None}


class Owners:
    """Says whose business a question is: ours, another's, or that of a place elsewhere."""

    def __init__(
        self,
        content: ContentStore,
        file: LiveFile[JurisdictionFile],
        peers: Peers,
        consent: Callable[[], Text],
    ) -> None:
        """`consent` is the text by which citizens agree that a question is handed over."""
        self._consent = consent
        self._content = content
        self._file = file
        self._jurisdictions: Jurisdictions | None = None
        self._peers = peers

    def of(self, text: str) -> Owner | None:
        """The owner; None when nothing says whose business it is."""
        file = self._file.current()
        if self._jurisdictions is None or self._jurisdictions.file is not file:
            self._jurisdictions = Jurisdictions(file)
        return self._jurisdictions.resolve(text)

    async def elsewhere(self, turn: Turn, *, places: bool = True) -> Said | None:
        """What is said when a question is not ours; None when it is, or nobody knows.

        Without `places` the name of one says nothing.
        """
        owner = self.of(turn.text)
        if owner and not owner.subject and not places:
            return None
        subject = owner.subject if owner else None
        if owner is None or (subject is not None and subject.owner is None):
            return None
        await self._peers.refresh()
        peer = answers(self._peers.trusted, turn.text, owner.place)
        if subject is not None and subject.owner is not None:
            return self._others(turn, subject.owner, peer)
        return self._place(turn, owner.place, peer)

    def ours(self, turn: Turn) -> Said:
        """Who of us takes care of it."""
        owner = self.of(turn.text)
        file = self._content.departments()
        if owner and owner.subject and owner.subject.department:
            who, line = department(file, owner.subject.department), "ours"
        else:
            who = likely(file, turn.text)
            line = "owner_unknown" if who.id == file.default else "ours"
        text = self._say(line, turn, department=who.name, department_phone=who.phone)
        return Said(
            Outcome.ANSWERED_SERVICE if line == "ours" else Outcome.UNANSWERED,
            text,
            cards=(contact_card(who, turn.now),),
            buttons=(call_button(who),),
            detail={"department": who.id},
        )

    def _others(self, turn: Turn, office: Office, peer: Known | None) -> Said:
        text = self._say("not_ours", turn, owner=office.name, note=office.note)
        facts = [Fact(label="전화", value=office.phone, url=tel(office.phone))]
        buttons = [Button(label="전화하기", url=tel(office.phone))]
        if office.url:
            facts.append(Fact(label="누리집", value=office.url, url=office.url))
            buttons.append(Button(label="누리집", url=office.url))
        said = Said(
            Outcome.REFUSED,
            text,
            cards=(Card(title=office.name, facts=tuple(facts)),),
            buttons=tuple(buttons),
            detail={"owner": office.name},
        )
        return self._offered(turn, said, peer)

    def _place(self, turn: Turn, place: str, peer: Known | None) -> Said:
        elsewhere = self._file.current().elsewhere
        text = self._say("other_place", turn, place=place, phone_note=elsewhere.phone_note)
        buttons = (Button(label=f"{elsewhere.phone} 전화", url=tel(elsewhere.phone)),)
        return self._offered(
            turn, Said(Outcome.REFUSED, text, buttons=buttons, detail={"place": place}), peer
        )

    def _offered(self, turn: Turn, said: Said, peer: Known | None) -> Said:
        if peer is None:
            return said
        offer = self._consent().text.replace("{agency}", peer.entry.name)
        yes = Button(label="대신 물어봐 주세요", payload=payload("affirm"))
        no = Button(label="괜찮아요", payload=payload("deny"))
        slots = {"pending_offer": OFFER, "refer_to": peer.entry.id, "refer_text": turn.text}
        return Said(
            said.outcome,
            f"{said.text}\n\n{offer}",
            cards=said.cards,
            buttons=(yes, no, *said.buttons),
            detail={**said.detail, "agency": peer.entry.id},
            slots=slots,
        )

    def _say(self, key: str, turn: Turn, **values: object) -> str:
        return self._content.persona().say(key, turn.seed, **values)


class HandingOver:
    """Does what the citizen said yes to."""

    def __init__(
        self,
        content: ContentStore,
        log: ConversationLog,
        peers: Peers,
        referrals: Referrals,
        consents: Consents,
        consent: Callable[[], Text],
    ) -> None:
        self._consents = consents
        self._consent = consent
        self._content = content
        self._log = log
        self._peers = peers
        self._referrals = referrals

    async def agreed(self, turn: Turn) -> Said | None:
        """The question goes to the agency that was named; None when nothing was offered."""
        agency, question = turn.slot("refer_to"), turn.slot("refer_text")
        conversation = await self._log.find(turn.channel, turn.user_id)
        if not agency or not question or conversation is None:
            return None
        await self._peers.refresh()
        peer = self._peers.trusted.get(agency)
        if peer is None:
            return None
        await self._consents.agree(conversation.id, Purpose.REFERRAL, self._consent())
        await self._referrals.hand_over(conversation.id, turn.message_id, agency, question)
        text = self._content.persona().say("referral_started", turn.seed, agency=peer.entry.name)
        return Said(Outcome.ANSWERED_SERVICE, text, slots=FORGET, detail={"agency": agency})
