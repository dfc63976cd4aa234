"""A shadow run: the same questions put to two releases, side by side; citizens notice nothing.

    python -m bot.releases.shadow < WORK

WORK is JSON: {one, other (folders), var, encoder, today, questions: [[text, times asked]]}. Written are lines
of JSON: {"share", "text"} while it works, then {"report": …}. Asked is the retrieval, as the action server
does it once a question is known to be one. Nothing is kept on disk but the answers' searchable form.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from bot.content.load import load_answers
from bot.gate.folders import Content
from bot.gate.golden import Golden, read_golden
from bot.gate.golden_run import Found, right
from bot.retrieval.decision import decide
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Thesaurus, load_thesaurus

HITS = 10
_TELL_EVERY = 25
"""Questions between two words about how far it is."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Said:
    """What a release says to a question."""

    kind: Literal["answer", "clarify", "reject"]
    titles: tuple[str, ...]
    """Of the answer, or of those offered."""
    text: str
    """Of the answer; empty when none is given at once."""


@dataclass(frozen=True)
class Difference:
    """A question to which two releases say different things."""

    question: str
    times: int
    """How often citizens asked it; 0 for a golden question."""
    one: Said
    other: Said
    right_one: bool | None = None
    """Whether it is what the golden question wants; None for a citizen's."""
    right_other: bool | None = None


@dataclass(frozen=True)
class Report:
    """A shadow run's end."""

    asked: int
    golden: int
    differences: tuple[Difference, ...]
    """Golden questions that got worse first, then by how often they were asked."""
    golden_right: tuple[int, int]
    """How many golden questions each release answers as it should."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def report_from(read: Mapping[str, Any]) -> Report:
    """What `as_json` gave."""
    differences = tuple(
        Difference(**{**each, "one": _said(each["one"]), "other": _said(each["other"])})
        for each in read["differences"]
    )
    right_one, right_other = read["golden_right"]
    return Report(read["asked"], read["golden"], differences, (right_one, right_other))


def _said(read: Mapping[str, Any]) -> Said:
    return Said(read["kind"], tuple(read["titles"]), read["text"])


def compare(
    index: AnswerIndex,
    one: Path,
    other: Path,
    questions: Sequence[tuple[str, int]],
    today: date,
    progress: Progress = lambda text, share: None,
) -> Report:
    """Put the golden questions of both releases and the citizens' `questions` to both."""
    goldens: dict[str, Golden] = {}
    for root in (one, other):
        goldens |= {golden.key: golden for golden in read_golden(Content.at(root)).cases}
    texts = [*(golden.case.ask for golden in goldens.values()), *(text for text, _ in questions)]
    answers = []
    for place, root in enumerate((one, other)):
        start = place / 2
        progress("답변을 읽고 있어요", start)
        folder = root / "data" / "thesaurus"
        index.use(load_thesaurus(folder) if folder.is_dir() else Thesaurus())
        index.load(load_answers(root / "data" / "answers").answers)
        found = []
        for number, text in enumerate(texts):
            if number % _TELL_EVERY == 0:
                progress("질문을 물어보고 있어요", start + 0.05 + 0.45 * number / len(texts))
            found.append(_ask(index, text, today))
        answers.append(found)
    differences, rights = [], [0, 0]
    for number, golden in enumerate(goldens.values()):
        (was, was_found), (now, now_found) = answers[0][number], answers[1][number]
        well = right(golden, was_found), right(golden, now_found)
        rights = [count + good for count, good in zip(rights, well, strict=True)]
        if was != now:
            differences.append(Difference(golden.case.ask, 0, was, now, *well))
    for (text, times), (was, _), (now, _) in zip(
        questions, answers[0][len(goldens) :], answers[1][len(goldens) :], strict=True
    ):
        if was != now:
            differences.append(Difference(text, times, was, now))
    differences.sort(key=lambda each: (not (each.right_one and not each.right_other), -each.times))
    return Report(len(questions), len(goldens), tuple(differences), (rights[0], rights[1]))


def _ask(index: AnswerIndex, text: str, today: date) -> tuple[Said, Found]:
    decision = decide(index.search(text, HITS, today))
    hits = tuple((hit.answer.id, hit.score) for hit in decision.hits)
    shown = {"answer": 1, "clarify": len(decision.hits), "reject": 0}[decision.kind]
    titles = tuple(hit.answer.questions[0] for hit in decision.hits[:shown])
    words = decision.hits[0].answer.answer if decision.kind == "answer" else ""
    return Said(decision.kind, titles, words), Found(decision.kind, hits)


def main() -> int:
    """The command."""
    work = json.load(sys.stdin)

    def tell(**said: object) -> None:
        print(json.dumps(said, ensure_ascii=False), flush=True)

    var = Path(work["var"])
    morphemes = RecentMorphemes(Morphemes())
    tell(text="준비하고 있어요", share=0.0)
    encoder = encoder_or_none(work["encoder"], morphemes, var / "encoder")
    index = AnswerIndex(encoder, morphemes, var / "compare")
    report = compare(
        index,
        Path(work["one"]),
        Path(work["other"]),
        [(text, times) for text, times in work["questions"]],
        date.fromisoformat(work["today"]),
        lambda text, share: tell(text=text, share=share),
    )
    tell(report=report.as_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
