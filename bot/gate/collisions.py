"""Meaning collisions: questions of different answers that citizens could not tell apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.content.check_texts import fold
from bot.content.load import Placed
from bot.content.problem import Severity
from bot.gate.alike import Judge, Likeness
from bot.gate.finding import Finding
from bot.gate.pairs import near
from bot.gate.sentences import Reader

SAME_AT = 0.8
"""Cosine from which two questions whose words all have a twin are the same question. Of 2,645 answers of a
public FAQ 22 pairs reach it, each of them rightly; of the demo city's 190 none."""
CLOSE_AT = 0.9
"""Cosine from which a question without a word of its own is named as close to another: 9 pairs in a thousand
answers of that FAQ, none in the demo city."""
MOST_CLOSE = 200
"""Warnings listed; the rest is counted."""

Names = Mapping[str, str]
"""Department id → name."""


@dataclass(frozen=True)
class Asked:
    """One question of one answer."""

    placed: Placed
    place: int
    """Which of the answer's questions."""

    @property
    def text(self) -> str:
        """The question."""
        return self.placed.answer.questions[self.place]

    @property
    def id(self) -> str:
        """Of the answer."""
        return self.placed.answer.id

    def line(self) -> int:
        """Where it stands in its file."""
        return self.placed.document.line("entries", self.placed.index, "questions", self.place)


@dataclass(frozen=True)
class _Pair:
    one: int
    other: int
    likeness: Likeness
    same_text: bool


class Collisions:
    """All questions of some content, ready to be compared."""

    def __init__(
        self,
        entries: Sequence[Placed],
        reader: Reader,
        judge: Judge,
        path_of: Callable[[Placed], str],
        names: Names,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        """Reads every question that was not read before."""
        self._asked = [Asked(one, place) for one in entries for place in range(len(one.answer.questions))]
        self._reader = reader
        self._judge = judge
        self._path_of = path_of
        self._names = names
        self._read = reader.read([asked.text for asked in self._asked], progress)
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, asked in enumerate(self._asked):
            self._places[asked.id].append(place)
        numbers = {id_: number for number, id_ in enumerate(self._places)}
        self._owners = np.array([numbers[asked.id] for asked in self._asked], np.int64)

    def __len__(self) -> int:
        return len(self._asked)

    def find(
        self,
        new: Collection[tuple[str, str]] | None = None,
        *,
        all_pairs: bool = True,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Finding]:
        """Collisions, the worst first. `new` is (answer id, question) of what was not there before: pairs
        without one of these are told as warnings, or left out unless `all_pairs`. None = all is new.
        """
        fresh = None
        if new is not None:
            fresh = {at for at, one in enumerate(self._asked) if (one.id, one.text) in new}
        rows = None if fresh is None or all_pairs else np.array(sorted(fresh), np.int64)
        if not len(self._asked) or (rows is not None and not len(rows)):
            return []
        pairs = near(self._read.vectors, self._owners, SAME_AT, rows, progress)
        best: dict[tuple[str, str], _Pair] = {}
        for one, other, cosine in pairs:
            pair = self._compare(one, other, cosine)
            if pair is not None:
                key = tuple(sorted((self._asked[one].id, self._asked[other].id)))
                known = best.get((key[0], key[1]))
                if known is None or (pair.likeness.same and not known.likeness.same):
                    best[key[0], key[1]] = pair
        return self._tell(list(best.values()), fresh)

    def _compare(self, one: int, other: int, cosine: float) -> _Pair | None:
        mine, yours = self._asked[one], self._asked[other]
        words = self._read.words
        likeness = self._judge.compare(mine.text, words[one], yours.text, words[other], cosine)
        if not likeness.same and not (likeness.unclear and cosine >= CLOSE_AT):
            return None
        if fold(mine.text) == fold(yours.text):
            return None  # said by the rule `duplicate-question`
        same_text = fold(mine.placed.answer.answer) == fold(yours.placed.answer.answer)
        return _Pair(one, other, likeness, same_text)

    def _tell(self, pairs: list[_Pair], fresh: set[int] | None) -> list[Finding]:
        pairs.sort(key=lambda pair: (not pair.likeness.same, -pair.likeness.cosine, pair.one, pair.other))
        found: list[Finding] = []
        close = 0
        for pair in pairs:
            touched = fresh is None or pair.one in fresh or pair.other in fresh
            blocks = touched and pair.likeness.same and not pair.same_text
            close += not blocks
            if blocks or close <= MOST_CLOSE:
                found.append(self._finding(pair, "error" if blocks else "warning", touched, fresh))
        if close > MOST_CLOSE:
            last = found[-1]
            said = f"비슷한 질문이 {close - MOST_CLOSE:,}쌍 더 있어요"
            remedy = "위에 있는 것부터 고치고 다시 점검해 주세요."
            found.append(Finding("collision", "warning", last.path, last.line, said, remedy, last.item))
        return found

    def _finding(self, pair: _Pair, severity: Severity, touched: bool, fresh: set[int] | None) -> Finding:
        one, other, likeness = pair.one, pair.other, pair.likeness
        blamed_other = other in fresh if fresh is not None else True
        if not blamed_other:
            one, other = other, one
            likeness = Likeness(likeness.cosine, likeness.other_only, likeness.one_only, likeness.same)
        there, here = self._asked[one], self._asked[other]
        said, remedy = _words(there, here, likeness, pair.same_text)
        if not touched:
            said = f"{said} (전부터 그랬어요)"
        return Finding(
            rule="collision",
            severity=severity,
            path=self._path_of(here.placed),
            line=here.line(),
            message=said,
            remedy=remedy,
            item=f"answer:{here.id}",
            details={
                "likeness": round(likeness.cosine, 3),
                "same": likeness.same,
                "same_text": pair.same_text,
                "existing": not touched,
                "one": self._side(there, likeness.one_only, here),
                "other": self._side(here, likeness.other_only, there),
            },
        )

    def _side(self, asked: Asked, words: tuple[str, ...], against: Asked) -> dict[str, Any]:
        owner = asked.placed.answer.owner
        return {
            "answer": asked.id,
            "question": asked.text,
            "department": self._names.get(owner or "", owner or ""),
            "path": self._path_of(asked.placed),
            "line": asked.line(),
            "words": list(words),
            "clearest": self._clearest(asked.id, against.id),
        }

    def _clearest(self, answer: str, against: str) -> str:
        """The question of an answer that is farthest from all questions of another."""
        mine, yours = self._places[answer], self._places[against]
        cosines = self._read.vectors[mine] @ self._read.vectors[yours].T
        return self._asked[mine[int(cosines.max(axis=1).argmin())]].text


def _words(there: Asked, here: Asked, likeness: Likeness, same_text: bool) -> tuple[str, str]:
    """What is said of a pair, and what to do."""
    both = f"‘{_short(here.text)}’ ↔ ‘{_short(there.text)}’({there.id})"
    if same_text:
        return (
            f"질문도 답도 같은 답변이 둘 있어요: {both}",
            "한쪽을 지우고 그 질문들을 남은 답변에 더해 주세요.",
        )
    if likeness.same:
        return (
            f"같은 질문으로 보이는데 답이 달라요: {both}",
            "두 답변을 하나로 합치거나, 질문에 둘을 가르는 말(누가, 무엇을, 어디에서)을 넣어 주세요.",
        )
    own = likeness.one_only or likeness.other_only
    apart = f"가르는 말이 ‘{', '.join(own)}’뿐이에요" if own else "가르는 말이 뚜렷하지 않아요"
    return f"시민이 헷갈릴 수 있어요. {apart}: {both}", "짧은 쪽 질문에도 그 답변만의 말을 넣어 주세요."


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
