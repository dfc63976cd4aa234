"""Words that citizens write, as far as they are counted: beginnings of what stands between spaces.

A beginning is what a Korean word keeps whatever ending it has (단수, 단수예요, 단수인가요): no dictionary is
needed, and a word that nobody has foreseen is counted too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SHORTEST, LONGEST = 2, 6
"""Syllables."""
LEAST = 2
"""Conversations in which a word must stand within an hour to be counted at all."""
_HANGUL = re.compile("[가-힣]+")
_SAME = 0.8
"""A longer beginning says more when this share of the shorter one's has it too."""


def beginnings(text: str) -> set[str]:
    """The beginnings of all words of a text, each once."""
    return {
        word[:length]
        for word in _HANGUL.findall(text)
        for length in range(SHORTEST, min(LONGEST, len(word)) + 1)
    }


def counted(lines: Iterable[tuple[int, str]]) -> dict[str, int]:
    """In how many conversations each beginning stands: `lines` are (conversation, text)."""
    found: dict[str, set[int]] = {}
    for conversation, text in lines:
        for word in beginnings(text):
            found.setdefault(word, set()).add(conversation)
    return {word: len(who) for word, who in found.items() if len(who) >= LEAST}


def telling(counts: Mapping[str, int]) -> dict[str, int]:
    """Of beginnings of the same words the one that tells most: 수도요금 rather than 수도."""

    def longer(word: str) -> bool:
        return any(
            len(other) > len(word) and other.startswith(word) and n >= _SAME * counts[word]
            for other, n in counts.items()
        )

    return {word: n for word, n in counts.items() if not longer(word)}
