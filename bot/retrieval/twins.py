"""Searching answers' twins in another language, by questions in that language.

The order of hits is the index's, made by letters and words. What it says of the chance that anything fits was
learned from Korean, so another measure takes its place: how much of what is asked the twin speaks of.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import date

from bot.content.models import Answer, Language
from bot.retrieval.decision import Hit
from bot.retrieval.index import AnswerIndex
from bot.text.language import ENGLISH_SMALL

_HAN = re.compile("[\u3400-\u9fff]+")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+")
_STEM = 5
"""Letters by which words are compared: register, registration."""
_IN_TEXT = 0.6
"""What a word counts that only the answer has, not its questions."""
_FULL = 0.62
"""Share of what is asked from which a twin is as good as certain to fit."""

_SMALL: Mapping[Language, frozenset[str]] = {
    "en": ENGLISH_SMALL
    | frozenset(
        (  # noqa: SIM905 (one a line would be 100 lines)
            "been did done get go has he help just know m make may name put re s she t tell their ve use"
        ).split()
    ),
    "zh": frozenset(
        (  # noqa: SIM905 (as above)
            "怎么样 怎么 什么 哪里 哪儿 多少 可以 需要 没有 一个 请问 的 了 吗 呢 要 去 在 我 想 请 有 和 "
            "是 被 把 这 那 不 能 到"
        ).split()
    ),
    "vi": frozenset(
        (  # noqa: SIM905 (as above)
            "tôi bạn mình ở đâu thế nào làm sao bao nhiêu gì có được không thì là và cho của muốn cần như "
            "phải với khi nào về đến mấy ạ nhé các những một xin hãy bị để trên trong này đó"
        ).split()
    ),
}
"""Words that hold sentences together."""


class TwinIndex:
    """The twins of one language. Not for several threads at once, as `AnswerIndex`."""

    def __init__(self, language: Language, index: AnswerIndex) -> None:
        self._language = language
        self._index = index
        self._twins: dict[str, tuple[Answer, Answer]] = {}
        """Id → an answer, and its twin in the form of an answer."""
        self._rarity: dict[str, float] = {}

    def load(self, answers: Sequence[Answer]) -> None:
        """Search these answers' twins from now on; only new and changed ones are read."""
        twins: dict[str, tuple[Answer, Answer]] = {}
        for answer in answers:
            if self._language in answer.translations:
                known = self._twins.get(answer.id)
                same = known is not None and (known[0] is answer or known[0] == answer)
                twins[answer.id] = known if same and known else (answer, _twin(answer, self._language))
        if twins == self._twins:
            return
        self._twins = twins
        self._index.load([twin for _, twin in twins.values()])
        found = Counter(word for _, twin in twins.values() for word in set(_questions(twin, self._language)))
        self._rarity = {word: math.log1p(len(twins) / times) for word, times in found.items()}

    def search(self, question: str, k: int, today: date) -> list[Hit]:
        """The `k` likeliest answers that are valid on a day, best first."""
        hits = self._index.search(question, k, today) if self._twins else []
        whole = sum(hit.score for hit in hits)
        if not whole:
            return []
        asked = set(_words(question, self._language))
        found = [
            Hit(
                self._twins[hit.answer.id][0],
                hit.score / whole * self._fit(asked, hit.answer),
                hit.matched_question,
            )
            for hit in hits
        ]
        return sorted(found, key=lambda hit: -hit.score)

    def _fit(self, asked: Set[str], twin: Answer) -> float:
        """Chance that a twin speaks of what is asked, 0 to 1."""
        questions = set(_questions(twin, self._language))
        text = set(_words(twin.answer, self._language))
        rarest = math.log1p(len(self._twins))
        weights = {word: self._rarity.get(word, rarest) for word in asked}
        told = sum(
            weight * (1.0 if word in questions else _IN_TEXT if word in text else 0.0)
            for word, weight in weights.items()
        )
        return min(1.0, told / (_FULL * sum(weights.values()))) if weights else 0.0


def _twin(answer: Answer, language: Language) -> Answer:
    twin = answer.translations[language]
    said = {"questions": twin.questions, "answer": twin.answer}
    return answer.model_copy(update={**said, "translations": {}, "plain": None})


def _questions(twin: Answer, language: Language) -> list[str]:
    return _words("\n".join(twin.questions), language)


def _words(text: str, language: Language) -> list[str]:
    """What a text speaks of: stems of words, pairs of Chinese characters; words that hold sentences together
    are left out.
    """
    small = _SMALL[language]
    flat = unicodedata.normalize("NFC", text).lower()
    if language == "zh":
        for word in small:
            flat = flat.replace(word, " ")
        han = [run[at : at + 2] for run in _HAN.findall(flat) for at in range(max(1, len(run) - 1))]
        return [*han, *_WORD.findall(flat)]
    return [word[:_STEM] for word in _WORD.findall(flat) if word not in small]
