"""Answers, found by what they mean: what the index holds now, and what is said about it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from actions.card import answer_card, choice, payload
from actions.departments import contact_card, department, likely
from actions.reply import Said
from actions.turn import Turn
from bot.content.live_thesaurus import LiveThesaurus
from bot.content.models import Answer
from bot.content.store import ContentStore
from bot.messages import Button, Candidate
from bot.outcomes import Outcome
from bot.retrieval.decision import Hit, decide
from bot.retrieval.index import AnswerIndex
from bot.text.thesaurus import Thesaurus

T = TypeVar("T")

HITS = 10
CHOICES = 3


@dataclass(frozen=True)
class Found:
    """What retrieval makes of a question."""

    kind: Literal["answer", "clarify", "reject"]
    offered: tuple[Answer, ...]
    """The answer first; for `clarify`, those to offer."""
    hits: tuple[Hit, ...]
    """The best ten, for the log."""

    def likelier_than(self, turn: Turn) -> bool:
        """Whether the words are more probably this answer's question than what their intent says.

        Both are chances of being right, from 0 to 1: of the best answer and of the intent. A button's intent
        is what it says.
        """
        certain = self.kind == "answer" and turn.typed
        return certain and self.hits[0].score > (1.0 if turn.confidence is None else turn.confidence)


class LiveAnswers:
    """The answers as they stand in the files, indexed; the index is used by one thread at a time."""

    def __init__(
        self, content: ContentStore, index: AnswerIndex, thesaurus: LiveThesaurus, lock: threading.Lock
    ) -> None:
        """`lock` is held while the index or what it is made with is in use."""
        self._content = content
        self._index = index
        self._thesaurus = thesaurus
        self._words: Thesaurus | None = None
        self._lock = lock
        self._version: int | None = None
        self._answers: dict[str, Answer] = {}

    def refresh(self) -> bool:
        """Load what changed; False when no answer did. May take long: call it in a thread."""
        words = self._thesaurus.current()
        if words is not self._words:
            with self._lock:
                self._index.use(words)
            self._words = words
        version = self._content.version
        if version == self._version:
            return False
        answers = self._content.answers()
        with self._lock:
            self._index.load(answers)
            self._answers = {answer.id: answer for answer in answers}
        self._version = version
        return True

    async def find(self, question: str, today: date) -> Found:
        """The answers that may be given today, best first, and what to do with them."""
        hits = await self.alone(lambda: self._index.search(question, HITS, today))
        decision = decide(hits)
        return Found(decision.kind, tuple(hit.answer for hit in decision.hits), tuple(hits))

    async def alone(self, work: Callable[[], T]) -> T:
        """What `work` gives, done while nobody else uses the index or its encoder."""
        if self._lock.acquire(blocking=False):
            try:
                return work()
            finally:
                self._lock.release()
        return await asyncio.to_thread(self._locked, work)  # being loaded anew

    async def picked(self, question: str, answer: Answer, citizen: str) -> None:
        """A citizen picked an answer out of those offered for a question: it rises for the next who asks."""
        await asyncio.to_thread(self._clicked, question, answer.id, citizen)

    def get(self, id_: str | None, today: date) -> Answer | None:
        """An answer that may be given today."""
        answer = self._answers.get(id_ or "")
        return answer if answer and in_force(answer, today) else None

    def _clicked(self, question: str, answer_id: str, citizen: str) -> None:
        with self._lock:
            self._index.clicked(question, answer_id, citizen)

    def _locked(self, work: Callable[[], T]) -> T:
        with self._lock:
            return work()


def in_force(answer: Answer, today: date) -> bool:
    """Whether an answer may be given on a day."""
    return (answer.valid_from or today) <= today <= (answer.valid_until or today)


class Answering:
    """The three ways a question ends, and the repetition of an answer."""

    def __init__(self, content: ContentStore, live: LiveAnswers) -> None:
        self._content = content
        self._live = live

    async def find(self, turn: Turn) -> Found:
        """What retrieval makes of the words."""
        return await self._live.find(turn.text, turn.now.date())

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
        return self._at_a_loss(turn, "", [answer.owner for answer in self.offered(turn)])

    def respond(self, turn: Turn, found: Found) -> Said:
        """The answer, the choice, or that nothing is known."""
        if found.kind == "answer":
            return self.give(turn, found.offered[0], found.hits)
        if found.kind == "clarify":
            return self.offer(turn, found.offered, found.hits)
        return self.unknown(turn, found.hits)

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
