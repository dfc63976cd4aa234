"""The content and questions by which retrieval is calibrated and measured.

The public ones lie beside the repository (`../shared`) and are never copied into it.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.content.models import Answer, Source
from bot.encoder.table import Analyser
from bot.text.noise import english_keyboard, mistyped, no_spaces

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
DEMO_ANSWERS = ROOT / "data" / "answers"

KEYWORDS = "keywords"
DEMO = "demo"
_MISTYPED = 0.1
_PARTS = (120, 400, 1000)
"""Sizes of the random parts of the public FAQ."""
_HELD_OUT = 2
"""Times that a question of every answer of the demo city is taken away."""
_LEFT_OUT = 0.3
"""Share of the demo city's answers that are then left out whole."""


@dataclass(frozen=True)
class Question:
    """A line of `eval/dev.jsonl`."""

    id: str
    style: str
    text: str
    answers: frozenset[str]
    """Ids of the right answers; empty when there is none."""


@dataclass(frozen=True)
class Content:
    """Answers, and the questions put to them."""

    answers: Sequence[Answer]
    questions: Sequence[Question]


def read_answers(shared: Path = SHARED) -> list[Answer]:
    """The 2,645 FAQ of a real call centre; FileNotFoundError where the public data is not there."""
    path = shared / "data" / "seoul120" / "seoul-120-text.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Answer(
                id=row["번호"],
                questions=(row["제목"].strip()[:300],),
                answer=row["내용"].strip() or row["제목"].strip(),
                source=Source(title="서울시 120다산콜"),
            )
            for row in csv.DictReader(file)
        ]


def read_questions(shared: Path = SHARED) -> list[Question]:
    """The development questions; FileNotFoundError where the public data is not there."""
    lines = (shared / "eval" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Question(row["id"], row["style"], row["query"], frozenset(row["answers"]))
        for row in map(json.loads, filter(str.strip, lines))
    ]


def noisy_variants(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """The plain ones of `questions` as they would be without spaces, mistyped and on the English keyboard.

    One syllable of ten has a wrong letter; the same ones every time.
    """
    chance = random.Random(3)
    plain = [question for question in questions if question.style == "plain"]
    return {
        "no spaces": [replace(one, text=no_spaces(one.text)) for one in plain],
        "mistyped": [replace(one, text=mistyped(one.text, _MISTYPED, chance)) for one in plain],
        "english keyboard": [replace(one, text=english_keyboard(one.text)) for one in plain],
    }


def call_centre(answers: Sequence[Answer], questions: Sequence[Question]) -> Iterator[Content]:
    """The whole FAQ and random parts of it."""
    yield Content(answers, questions)
    chance = random.Random(7)
    answered = [question for question in questions if question.answers and question.style != KEYWORDS]
    for size in _PARTS:
        kept = {min(q.answers) for q in chance.sample(answered, size // 3)}
        kept |= {answer.id for answer in chance.sample(list(answers), size - len(kept))}
        yield Content([answer for answer in answers if answer.id in kept], questions)


def demo_city(answers: Sequence[Answer], strange: Sequence[Question]) -> Iterator[Content]:
    """Answers with several questions each: one is taken away and asked; some answers are left out whole.

    `strange` are questions that no city answers.
    """
    for number in range(_HELD_OUT):
        chance = random.Random(number)
        kept, asked = [], list(strange)
        for answer in answers:
            place = chance.randrange(len(answer.questions))
            rest = answer.questions[:place] + answer.questions[place + 1 :]
            asked.append(Question(answer.id, DEMO, answer.questions[place], frozenset({answer.id})))
            if rest and chance.random() > _LEFT_OUT:
                kept.append(answer.model_copy(update={"questions": rest}))
        yield Content(kept, asked)


def keywords(answers: Sequence[Answer], morphemes: Analyser) -> list[Question]:
    """Questions of a word or two from the titles of answers: many people type no more."""
    chance = random.Random(11)
    made = []
    for answer in chance.sample(list(answers), 300):
        found = [m.form for m in morphemes.analyse(answer.questions[0]) if m.tag in {"NNG", "NNP"}]
        if len(found) > 1:
            words = found if len(found) < 3 else chance.sample(found, chance.choice((1, 2, 2, 3)))
            made.append(Question(f"keywords-{answer.id}", KEYWORDS, " ".join(words), frozenset({answer.id})))
    return made
