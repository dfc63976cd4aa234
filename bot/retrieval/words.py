"""The words and letters of a text as retrieval sees them."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict

from bot.content.models import Answer
from bot.text.morphemes import Morpheme, Morphemes, Reading

_NOT_LETTERS = re.compile(r"[\W_]+")
_KEPT = 64


class RecentMorphemes:
    """A `Morphemes` that remembers its last results: index and encoder ask about the same text in turn."""

    def __init__(self, morphemes: Morphemes) -> None:
        self._morphemes = morphemes
        self._recent: OrderedDict[str, tuple[list[Morpheme], Reading]] = OrderedDict()

    def analyse(self, text: str) -> list[Morpheme]:
        """As `Morphemes.analyse`."""
        return self._both(text)[0]

    def read(self, text: str) -> Reading:
        """As `Morphemes.read`."""
        return self._both(text)[1]

    def _both(self, text: str) -> tuple[list[Morpheme], Reading]:
        if text not in self._recent:
            self._recent[text] = self._morphemes.analyse_and_read(text)
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


def fingerprint(answer: Answer) -> bytes:
    """12 bytes that change when something that is searched changes."""
    searched = "\0".join((*answer.questions, answer.answer))
    return hashlib.blake2b(searched.encode("utf-8", "surrogatepass"), digest_size=12).digest()
