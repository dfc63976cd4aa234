"""How easily one syllable is written for another, and how words sound."""

from __future__ import annotations

from functools import lru_cache
from typing import FrozenSet, Sequence, Tuple

from bot.text.hangul import (
    FINAL_PAIRS,
    FINALS,
    FIRST,
    INITIALS,
    VOWELS,
    compose,
    decompose,
    is_syllable,
)
from bot.text.noise import FINAL_SOUNDS, NEIGHBOURS, SOUND_ALIKE

_PARTS = {joined: (pair[0], pair[1]) for pair, joined in FINAL_PAIRS.items()}
_SOFTENED = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}


def _letter_cost(written: str, meant: str, alike: Tuple[str, ...]) -> float:
    if written == meant:
        return 0.0
    if not written or not meant:
        return 1.5
    if any(written in group and meant in group for group in alike):
        return 0.6
    return 1.5 if meant in NEIGHBOURS.get(written, "") else 2.5


def _table(letters: Sequence[str], alike: Tuple[str, ...]) -> Tuple[Tuple[float, ...], ...]:
    return tuple(tuple(_letter_cost(written, meant, alike) for meant in letters) for written in letters)


_INITIAL_COSTS = _table(INITIALS, SOUND_ALIKE)
_VOWEL_COSTS = _table(VOWELS, SOUND_ALIKE)
_FINAL_COSTS = _table(FINALS, FINAL_SOUNDS)


@lru_cache(maxsize=20_000)
def slip_cost(written: str, meant: str) -> float:
    """0 for the same syllable; 0.6 for letters of one sound, 1.5 for a neighbouring key or a final lost or
    caught, 2.5 for any other letter, and more when two letters are wrong.
    """
    from_, to = ord(written) - FIRST, ord(meant) - FIRST
    initial = _INITIAL_COSTS[from_ // 588][to // 588]
    vowel = _VOWEL_COSTS[from_ // 28 % 21][to // 28 % 21]
    final = _FINAL_COSTS[from_ % 28][to % 28]
    wrong = (initial > 0) + (vowel > 0) + (final > 0)
    return initial + vowel + final + 1.5 * max(0, wrong - 1)


def heard(word: str) -> FrozenSet[str]:
    """How a word is written by ear when a final is carried over: 같이 → 가치, 확인 → 화긴."""
    found = set()
    for at in range(len(word) - 1):
        carried = _carried(word[at], word[at + 1])
        if carried:
            found.add(word[:at] + carried + word[at + 2 :])
    return frozenset(found)


def _carried(first: str, second: str) -> str:
    if not (is_syllable(first) and is_syllable(second)):
        return ""
    initial, vowel, final = decompose(first)
    empty, next_vowel, next_final = decompose(second)
    stays, moves = _PARTS.get(final, ("", final))
    if empty != "ㅇ" or not moves or moves in "ㅇㅎ" or stays not in FINALS:
        return ""
    if next_vowel == "ㅣ":
        moves = _SOFTENED.get(moves, moves)
    return compose(initial, vowel, stays) + compose(moves, next_vowel, next_final)
