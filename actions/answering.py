"""Answers, found by what they mean: what the index holds now, and what is said about it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from typing import Literal

from actions.card import answer_card, choice, payload
from actions.departments import contact_card, department, likely
from actions.reply import Said
from actions.turn import Clock, Turn
from bot.content.models import Answer
from bot.content.store import ContentStore
from bot.messages import Button, Candidate
from bot.outcomes import Outcome
from bot.retrieval import AnswerIndex, Decision, Hit, decide

HITS = 10
CHOICES = 3


class LiveAnswers:
    """The answers that may be given today, indexed; `refresh` follows the files and the calendar."""

    def __init__(self, content: ContentStore, index: AnswerIndex, clock: Clock) -> None:
        self._content = content
        self._index = index
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[int, date] | None = None
        self._answers: dict[str, Answer] = {}

    def refresh(self) -> bool:
        """Load what changed; False when nothing did. May take long: call it in a thread."""
        with self._lock:
            today = self._clock().date()
            version = self._content.version
            if self._seen == (version, today):
                return False
            answers = [answer for answer in self._content.answers() if in_force(answer, today)]
            self._index.load(answers)
            self._answers = {answer.id: answer for answer in answers}
            self._seen = (version, today)
            return True

    def search(self, question: str) -> list[Hit]:
        """The best ten answers."""
        return self._index.search(question, k=HITS)

    def get(self, id_: str | None) -> Answer | None:
        """An answer that may be given today."""
        return self._answers.get(id_ or "")


def in_force(answer: Answer, today: date) -> bool:
    """Whether an answer may be given on a day."""
    return (answer.valid_from or today) <= today <= (answer.valid_until or today)


class Answering:
    """The three ways a question ends, and the repetition of an answer."""

    def __init__(self, content: ContentStore, live: LiveAnswers) -> None:
        self._content = content
        self.live = live

    def decide(self, turn: Turn) -> Decision:
        """What retrieval makes of the words."""
        return decide(self.live.search(turn.text))

    def give(
        self,
        turn: Turn,
        answer: Answer,
        hits: Sequence[Hit] = (),
        *,
        whole: bool = False,
        text: str = "",
    ) -> Said:
        """The answer as a card, below `text`."""
        owner = department(self._content.departments(), answer.owner)
        card = answer_card(answer, owner, turn.now, self._say("more", turn), whole=whole)
        return Said(
            Outcome.ANSWERED_FAQ,
            text,
            cards=(card,),
            candidates=candidates(hits),
            detail={"decision": "answer", "answer_id": answer.id},
            slots={"last_answer_id": answer.id, "answer_id": None},
        )

    def offer(self, turn: Turn, answers: Sequence[Answer], hits: Sequence[Hit] = ()) -> Said:
        """Up to three questions to pick from."""
        picked = answers[:CHOICES]
        none = Button(label=self._say("clarify_none", turn), payload=payload("deny"))
        return Said(
            Outcome.CLARIFIED,
            self._say("clarify", turn),
            buttons=(*(choice(answer) for answer in picked), none),
            candidates=candidates(hits),
            detail={"decision": "clarify"},
            slots={"offered": [answer.id for answer in picked], "pending_offer": "choice"},
        )

    def unknown(self, turn: Turn, hits: Sequence[Hit] = ()) -> Said:
        """An honest "I do not know": the department to ask, and the offer of a person."""
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
            buttons=person_buttons(),
            candidates=candidates(hits),
            detail={"decision": "reject", "department": who.id},
            slots={"pending_offer": "handoff"},
        )

    def none_fits(self, turn: Turn) -> Said:
        """None of the questions offered was meant: who may know, and the offer of a person."""
        offered = [answer for id_ in turn.slots("offered") if (answer := self.live.get(id_))]
        return self._at_a_loss(turn, "", [answer.owner for answer in offered])

    def respond(self, turn: Turn, decision: Decision) -> Said:
        """Whatever the decision asks for."""
        kind: Literal["answer", "clarify", "reject"] = decision.kind
        if kind == "answer":
            return self.give(turn, decision.hits[0].answer, decision.hits)
        if kind == "clarify":
            return self.offer(turn, [hit.answer for hit in decision.hits], decision.hits)
        return self.unknown(turn, decision.hits)

    def _say(self, key: str, turn: Turn, **values: object) -> str:
        return self._content.persona().say(key, turn.seed, **values)


def candidates(hits: Sequence[Hit]) -> tuple[Candidate, ...]:
    """Hits as the log keeps them."""
    return tuple(
        Candidate(id=hit.answer.id, score=float(hit.score), question=hit.matched_question)
        for hit in hits[:HITS]
    )


def person_buttons() -> tuple[Button, ...]:
    """Yes or no to the offer of a person."""
    return (
        Button(label="상담원 연결", payload=payload("talk_to_person")),
        Button(label="괜찮아요", payload=payload("deny")),
    )
