"""`data/checks`: what staff want asked questions to end in, kept true by the index itself."""

from __future__ import annotations

import pytest
import yaml

from bot.content.store import ContentStore
from bot.encoder.encoder import load_encoder
from bot.retrieval.decision import Decision, decide
from bot.retrieval.index import AnswerIndex
from bot.settings import ROOT, Settings
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes

CHECKS = yaml.safe_load((ROOT / "data" / "checks" / "questions.yml").read_text(encoding="utf-8"))
RIGHT_AT_LEAST = 0.95
"""Share of the listed questions that must be answered or offered the answer; failing lists the rest."""


@pytest.fixture(scope="module")
def index() -> AnswerIndex:
    morphemes = RecentMorphemes(Morphemes())
    made = AnswerIndex(load_encoder("sotong", morphemes), morphemes)
    made.load(ContentStore(Settings(_env_file=None)).answers())
    return made


def given(decision: Decision) -> set[str]:
    """Ids of the answers a citizen gets to see."""
    shown = {"answer": 1, "clarify": 3, "reject": 0}[decision.kind]
    return {hit.answer.id for hit in decision.hits[:shown]}


def test_questions_get_their_answers(index: AnswerIndex) -> None:
    wrong = [
        f"{question} -> {sorted(given(decision))}, wanted {wanted}"
        for question, *wanted in CHECKS["answered"]
        if not given(decision := decide(index.search(question))) & set(wanted)
    ]
    share = 1 - len(wrong) / len(CHECKS["answered"])
    assert share >= RIGHT_AT_LEAST, "\n".join(wrong)


def test_the_checks_are_no_copies_of_the_content() -> None:
    answers = ContentStore(Settings(_env_file=None)).answers()
    known = {question for answer in answers for question in answer.questions}
    ids = {answer.id for answer in answers}
    for question, *wanted in CHECKS["answered"]:
        assert question not in known
        assert set(wanted) <= ids
