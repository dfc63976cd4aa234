"""Korean morphemes by Kiwi (https://github.com/bab2min/Kiwi), the same for understanding and retrieval.

Why Kiwi, and why with these settings: `docs/adr/0003-korean-text.md`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

from kiwipiepy import Kiwi


class Morpheme(NamedTuple):
    """One morpheme and where it stands in the text that was analysed."""

    form: str
    """Dictionary form: 버려요 has 버리 and 어요."""
    tag: str
    """Sejong tag as Kiwi writes it (NNG noun, VV verb, JKS particle …), without Kiwi's -R and -I marks."""
    start: int
    end: int
    """`start` == `end` for a morpheme that contraction left no character of; neighbours may overlap."""


class Reading(NamedTuple):
    """How well a text reads: natural logarithms of probabilities."""

    likelihood: float
    pieces: list[tuple[int, int, float]]
    """(start, end, share of the likelihood) of each morpheme."""


class Morphemes:
    """One Kiwi. Loading takes two to three seconds and 300 MB, so all that want the same words share one.

    `words` are names that belong together as one proper noun (빛가온동).
    Not for several threads at once: `analyse` itself is what takes the time.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._kiwi = _kiwi(tuple(words))

    def analyse(self, text: str) -> list[Morpheme]:
        """The morphemes of `text` in order, with offsets into `text`.

        `text` is best normalised first; a lone surrogate in it is read as a replacement character.
        """
        return self.analyse_and_read(text)[0]

    def read(self, text: str) -> Reading:
        """How probable `text` is in Kiwi's language model, as a whole and piece by piece."""
        return self.analyse_and_read(text)[1]

    def analyse_and_read(self, text: str) -> tuple[list[Morpheme], Reading]:
        """Both in the time of one."""
        tokens, total = self._kiwi.analyze(_encodable(text), compatible_jamo=True)[0]
        morphemes = [
            Morpheme(token.form, token.tag.partition("-")[0], token.start, token.end) for token in tokens
        ]
        return morphemes, Reading(total, [(token.start, token.end, token.score) for token in tokens])


@functools.lru_cache(maxsize=2)
def _kiwi(words: tuple[str, ...]) -> Kiwi:
    kiwi = Kiwi(num_workers=1, load_multi_dict=False, load_typo_dict=False)
    for word in words:
        kiwi.add_user_word(word, "NNP", 3.0)
    kiwi.tokenize("가")  # builds the tables now, not while the first citizen waits
    return kiwi


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
