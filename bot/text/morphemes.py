"""Korean morphemes by Kiwi (https://github.com/bab2min/Kiwi), the same for understanding and retrieval.

Why Kiwi, and why with these settings: `docs/adr/0003-korean-text.md`.
"""

from __future__ import annotations

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


class Morphemes:
    """One Kiwi. Loading takes two to three seconds and half a gigabyte, so build it once for a process.

    `words` are names that belong together as one proper noun (빛가온동).
    Not for several threads at once: `analyse` itself is what takes the time.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._kiwi = Kiwi(num_workers=1)
        for word in words:
            self._kiwi.add_user_word(word, "NNP", 3.0)
        self._kiwi.tokenize("가")  # builds the tables now, not while the first citizen waits

    def analyse(self, text: str) -> list[Morpheme]:
        """The morphemes of `text` in order, with offsets into `text`.

        `text` is best normalised first; a lone surrogate in it is read as a replacement character.
        """
        clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return [
            Morpheme(token.form, token.tag.partition("-")[0], token.start, token.end)
            for token in self._kiwi.tokenize(clean, compatible_jamo=True)
        ]
