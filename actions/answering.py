"""What is said about the answers that were found."""

from __future__ import annotations

from collections.abc import Sequence

from actions.card import answer_card, payload
from actions.departments import contact_card, department, likely
from actions.live_answers import HITS, Found, LiveAnswers
from actions.reply import Said
from actions.turn import Turn
from actions.twin_card import twin_card, twin_choice, twin_of
from bot.content.models import Answer
from bot.content.persona import Voice
from bot.content.store import ContentStore
from bot.messages import Button, Candidate
from bot.outcomes import Outcome
from bot.retrieval.decision import Hit

CHOICES = 3


class Answering:
    """The three ways a question ends, and the repetition of an answer."""

    def __init__(self, content: ContentStore, live: LiveAnswers) -> None:
        self._content = content
        self._live = live

    async def find(self, turn: Turn) -> Found:
        """What retrieval makes of the words."""
        return await self._live.find(turn.text, turn.now.date(), turn.heard)

    def get(self, turn: Turn, id_: str | None) -> Answer | None:
        """An answer by its id, as long as it may be given."""
        return self._live.get(id_, turn.now.date())

    def offered(self, turn: Turn) -> list[Answer]:
        """The answers offered last that may still be given."""
        return [answer for id_ in turn.slots("offered") if (answer := self.get(turn, id_))]

    def give(
        self,
        turn: Turn,
        answer: Answer,
        hits: Sequence[Hit] = (),
        *,
        whole: bool = False,
        original: bool = False,
        text: str = "",
    ) -> Said:
        """The answer as a card, below `text`: its twin where the citizen is answered in other words.

        `original`: the answer as the office wrote it, all the same.
        """
        voice = self._voice(turn)
        owner = department(self._content.departments(), answer.owner)
        twin = None if original else twin_of(answer, turn.language)
        if twin is not None:
            card = twin_card(answer, twin, owner, voice, turn, whole=whole)
            note = "" if twin.verified_on else voice.say("twin_unverified", turn.seed)
        else:
            card = answer_card(answer, owner, turn.now, voice.say("more", turn.seed), whole=whole)
            missing = not original and turn.language != "ko"
            note = voice.say("twin_missing", turn.seed) if missing else ""
            if answer.plain and turn.language in ("ko", "plain"):
                plain = payload("change_language", language="plain", answer_id=answer.id)
                button = Button(label=voice.say("plain_button", turn.seed), payload=plain)
                card = card.model_copy(update={"buttons": (*card.buttons, button)})
        return Said(
            Outcome.ANSWERED_FAQ,
            "\n\n".join(part for part in (text, note) if part),
            cards=(card,),
            candidates=candidates(hits),
            detail={
                "decision": "answer",
                "answer_id": answer.id,
                **({"twin": turn.language} if twin else {}),
            },
            slots={
                "last_answer_id": answer.id,
                "answer_id": None,
                **({"person_talk": None} if turn.is_set("person_talk") else {}),
            },
        )

    def offer(self, turn: Turn, answers: Sequence[Answer], hits: Sequence[Hit] = ()) -> Said:
        """Up to three questions to pick from."""
        picked = answers[:CHOICES]
        none = Button(label=self._say("clarify_none", turn), payload=payload("deny"))
        return Said(
            Outcome.CLARIFIED,
            self._say("clarify", turn),
            buttons=(*(twin_choice(answer, turn.language) for answer in picked), none),
            candidates=candidates(hits),
            detail={"decision": "clarify"},
            slots={
                "offered": [answer.id for answer in picked],
                "offered_for": turn.text if hits else turn.slot("offered_for"),
                "pending_offer": "choice",
            },
        )

    async def pick(self, turn: Turn, answer: Answer) -> Said:
        """The answer chosen among those offered; that it was chosen is remembered."""
        question = turn.slot("offered_for")
        if question and answer.id in turn.slots("offered"):
            await self._live.picked(question, answer, turn.citizen)
        return self.give(turn, answer)

    def unknown(self, turn: Turn, hits: Sequence[Hit] = (), lapsed: Answer | None = None) -> Said:
        """An honest "I do not know": the department to ask, and the offer of a person.

        What an answer said that has lapsed is not said; the department that it belongs to is.
        """
        if lapsed is not None and lapsed.owner:
            return self._at_a_loss(turn, "", [lapsed.owner], hits)
        return self._at_a_loss(turn, turn.text, [hit.answer.owner for hit in hits], hits)

    def _at_a_loss(
        self, turn: Turn, question: str, owners: list[str | None], hits: Sequence[Hit] = ()
    ) -> Said:
        who = likely(self._content.departments(), question, owners)
        text = self._say("unknown", turn, department=who.name, department_phone=who.phone)
        return Said(
            Outcome.UNANSWERED,
            f"{text}\n\n{self._say('offer_person', turn)}",
            cards=(contact_card(who, turn.now),),
            buttons=person_buttons(self._content.persona(), turn),
            candidates=candidates(hits),
            detail={"decision": "reject", "department": who.id},
            slots={"pending_offer": "handoff"},
        )

    def none_fits(self, turn: Turn) -> Said:
        """None of the questions offered was meant: who may know, and the offer of a person."""
        return self._at_a_loss(turn, "", [answer.owner for answer in self.offered(turn)])

    def respond(self, turn: Turn, found: Found) -> Said:
        """The answer, the choice, or that nothing is known."""
        if found.kind == "answer":
            return self.give(turn, found.offered[0], found.hits)
        if found.kind == "clarify":
            return self.offer(turn, found.offered, found.hits)
        return self.unknown(turn, found.hits, found.lapsed)

    def _say(self, key: str, turn: Turn, **values: object) -> str:
        return self._voice(turn).say(key, turn.seed, **values)

    def _voice(self, turn: Turn) -> Voice:
        return self._content.persona().to(turn.language)


def candidates(hits: Sequence[Hit]) -> tuple[Candidate, ...]:
    """Hits as the log keeps them."""
    return tuple(
        Candidate(id=hit.answer.id, score=float(hit.score), question=hit.matched_question)
        for hit in hits[:HITS]
    )


def person_buttons(voice: Voice, turn: Turn) -> tuple[Button, ...]:
    """Yes or no to the offer of a person."""
    voice = voice.to(turn.language)
    return (
        Button(label=voice.say("person_yes", turn.seed), payload=payload("talk_to_person")),
        Button(label=voice.say("person_no", turn.seed), payload=payload("deny")),
    )
