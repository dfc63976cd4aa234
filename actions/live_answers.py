"""The answers as they stand now, indexed, and what the index makes of a question."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar

from actions.turn import Turn
from bot.content.live_thesaurus import LiveThesaurus
from bot.content.models import Answer
from bot.content.store import ContentStore
from bot.retrieval.decision import Hit, decide
from bot.retrieval.index import AnswerIndex
from bot.retrieval.twins import TwinIndex
from bot.text.thesaurus import Thesaurus

T = TypeVar("T")

HITS = 10


@dataclass(frozen=True)
class Found:
    """What retrieval makes of a question."""

    kind: Literal["answer", "clarify", "reject"]
    offered: tuple[Answer, ...]
    """The answer first; for `clarify`, those to offer."""
    hits: tuple[Hit, ...]
    """The best ten, for the log."""
    lapsed: Answer | None = None
    """The answer there would be on another day: no longer valid, or not yet."""

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
        self,
        content: ContentStore,
        index: AnswerIndex,
        thesaurus: LiveThesaurus,
        lock: threading.Lock,
        twins: Mapping[str, TwinIndex] | None = None,
    ) -> None:
        """`lock` is held while an index or what it is made with is in use; `twins` by language."""
        self._content = content
        self._index = index
        self._thesaurus = thesaurus
        self._twins = twins or {}
        self._words: Thesaurus | None = None
        self._lock = lock
        self._refreshing = threading.Lock()
        self._version: int | None = None
        self._answers: dict[str, Answer] = {}
        self._all_from, self._all_until = date.min, date.max
        """Between these days every answer may be given."""
        """Those that begin or end on some day."""

    def refresh(self) -> bool:
        """Load what changed; False when no answer did. May take long: call it in a thread."""
        with self._refreshing:
            return self._refresh()

    def _refresh(self) -> bool:
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
            for twins in self._twins.values():
                twins.load(answers)
            self._answers = {answer.id: answer for answer in answers}
            self._all_from = max((each.valid_from or date.min for each in answers), default=date.min)
            self._all_until = min((each.given_until or date.max for each in answers), default=date.max)
        self._version = version
        return True

    def count(self) -> int:
        """How many answers there are."""
        return len(self._answers)

    async def find(self, question: str, today: date, language: str | None = None) -> Found:
        """The answers that may be given today, best first, and what to do with them.

        Of a question in another language the twins are searched first, then what is written in Korean.
        """
        if twins := self._twins.get(language or ""):
            hits = await self.alone(lambda: twins.search(question, HITS, today))
            if decide(hits).kind != "reject":
                return self._found(hits)
        found = self._found(await self.alone(lambda: self._index.search(question, HITS, today)))
        if found.kind != "reject" or self._all_from <= today <= self._all_until:
            return found
        ever = decide(await self.alone(lambda: self._index.search(question, HITS)))
        return replace(found, lapsed=ever.hits[0].answer) if ever.kind == "answer" else found

    def _found(self, hits: list[Hit]) -> Found:
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
    return (answer.valid_from or today) <= today <= (answer.given_until or today)
