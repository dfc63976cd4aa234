"""The words and letters of a text as retrieval sees them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict

from bot.content.models import Answer
from bot.encoder.table import Analyser
from bot.text.morphemes import Morpheme

_NOT_LETTERS = re.compile(r"[\W_]+")
_KEPT = 64


class RecentMorphemes:
    """A `Morphemes` that remembers its last results: index and encoder ask about the same text in turn."""

    def __init__(self, morphemes: Analyser) -> None:
        self._morphemes = morphemes
        self._recent: OrderedDict[str, list[Morpheme]] = OrderedDict()

    def analyse(self, text: str) -> list[Morpheme]:
        """As `Morphemes.analyse`."""
        if text not in self._recent:
            self._recent[text] = self._morphemes.analyse(text)
            if len(self._recent) > _KEPT:
                self._recent.popitem(last=False)
        return self._recent[text]


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case: spaces in Korean are a matter of taste."""
    return _NOT_LETTERS.sub("", text.lower())


def loose(text: str) -> str:
    """Letters and digits in lower case, a space for everything between them."""
    return _NOT_LETTERS.sub(" ", text.lower())


def dictionary_form(key: str) -> str:
    """A word that an encoder can read for the name of a morpheme: 가다 for 가/V."""
    return key.removesuffix("/V") + "다" if key.endswith("/V") else key


def fingerprint(answer: Answer) -> str:
    """Changes when something that is searched changes."""
    searched = json.dumps([answer.questions, answer.answer], ensure_ascii=False)
    return hashlib.sha256(searched.encode("utf-8", "surrogatepass")).hexdigest()[:24]
