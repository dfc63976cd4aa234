"""The noise a person reads through, for tests, benchmarks and training: wrong letters, spaces, keyboard."""

from __future__ import annotations

import random
from typing import Callable, Dict, Tuple

from bot.text.hangul import FINALS, INITIALS, VOWELS, compose, decompose, is_syllable
from bot.text.keyboard import to_keys

NEIGHBOURS: Dict[str, str] = {
    **{
        "ㅂ": "ㅈㅁ",
        "ㅈ": "ㅂㄷㄴ",
        "ㄷ": "ㅈㄱㅇ",
        "ㄱ": "ㄷㅅㄹ",
        "ㅅ": "ㄱㅎ",
        "ㅁ": "ㄴㅂㅋ",
        "ㄴ": "ㅁㅇㅈㅌ",
    },
    **{
        "ㅇ": "ㄴㄹㄷㅊ",
        "ㄹ": "ㅇㅎㄱㅍ",
        "ㅎ": "ㄹㅅ",
        "ㅋ": "ㅌㅁ",
        "ㅌ": "ㅋㅊㄴ",
        "ㅊ": "ㅌㅍㅇ",
        "ㅍ": "ㅊㄹ",
    },
    **{"ㄲ": "ㄸㅆ", "ㄸ": "ㅉㄲ", "ㅃ": "ㅉ", "ㅆ": "ㄲ", "ㅉ": "ㅃㄸ"},
    **{
        "ㅛ": "ㅕㅗ",
        "ㅕ": "ㅛㅑㅓ",
        "ㅑ": "ㅕㅐㅏ",
        "ㅐ": "ㅑㅔㅣ",
        "ㅔ": "ㅐ",
        "ㅗ": "ㅓㅛㅠ",
        "ㅓ": "ㅗㅏㅕㅜ",
    },
    **{"ㅏ": "ㅓㅣㅑㅡ", "ㅣ": "ㅏㅐ", "ㅠ": "ㅜㅗ", "ㅜ": "ㅠㅡㅓ", "ㅡ": "ㅜㅏ"},
}
"""Letters whose keys touch on the two-set layout (KS X 5002)."""

SOUND_ALIKE: Tuple[str, ...] = (
    *("ㄱㄲㅋ", "ㄷㄸㅌ", "ㅂㅃㅍ", "ㅅㅆ", "ㅈㅉㅊ"),
    *("ㅐㅔ", "ㅒㅖㅔ", "ㅚㅙㅞ", "ㅏㅑ", "ㅓㅕ", "ㅗㅛ", "ㅜㅠ", "ㅢㅣ", "ㅢㅡ", "ㅟㅣ"),
)
"""Letters that are spoken nearly alike: tense, plain and breathed, and vowels of one sound."""

Letters = Tuple[str, str, str]
FINAL_SOUNDS = ("ㄱㄲㅋㄳㄺ", "ㄴㄵㄶ", "ㄷㅅㅆㅈㅊㅌ", "ㄹㄼㄽㄾㅀ", "ㅁㄻ", "ㅂㅍㅄㄿ", "ㄴㅇ", "ㅁㄴ")


def mistyped(text: str, rate: float, rng: random.Random) -> str:
    """`text` with one wrong letter in each complete syllable with probability `rate`."""
    return "".join(_wrong(char, rng) if is_syllable(char) and rng.random() < rate else char for char in text)


def no_spaces(text: str) -> str:
    """`text` without white space."""
    return "".join(text.split())


def english_keyboard(text: str) -> str:
    """`text` as it comes out with the keyboard set to English: 여권 재발급 → durnjs woqkfrmq."""
    return to_keys(text)


def _wrong(syllable: str, rng: random.Random) -> str:
    letters = decompose(syllable)
    for _ in range(20):
        changed = compose(*rng.choice(_KINDS)(letters, rng))
        if changed != syllable:
            return changed
    return syllable


def _any_letter(letters: Letters, rng: random.Random) -> Letters:
    initial, vowel, final = letters
    place = rng.randrange(3 if final else 2)
    if place == 0:
        return rng.choice(INITIALS), vowel, final
    return (initial, rng.choice(VOWELS), final) if place == 1 else (initial, vowel, rng.choice(FINALS))


def _neighbour(letters: Letters, rng: random.Random) -> Letters:
    return _replaced(letters, lambda letter: NEIGHBOURS.get(letter, letter), rng)


def _sound(letters: Letters, rng: random.Random) -> Letters:
    initial, vowel, final = letters
    if final and rng.random() < 0.4:
        alike = "".join(group for group in FINAL_SOUNDS if final in group) or final
        return initial, vowel, rng.choice(alike)
    return _replaced(letters, lambda letter: "".join(g for g in SOUND_ALIKE if letter in g) or letter, rng)


def _replaced(letters: Letters, others: Callable[[str], str], rng: random.Random) -> Letters:
    place = rng.randrange(3 if letters[2] else 2)
    allowed = (INITIALS, VOWELS, FINALS)[place]
    choices = [other for other in others(letters[place]) if other in allowed] or [letters[place]]
    changed = [*letters]
    changed[place] = rng.choice(choices)
    return changed[0], changed[1], changed[2]


def _final_lost_or_caught(letters: Letters, rng: random.Random) -> Letters:
    initial, vowel, final = letters
    return initial, vowel, "" if final else rng.choice("ㄱㄴㄹㅁㅂㅅㅇ")


_KINDS: Tuple[Callable[[Letters, random.Random], Letters], ...] = (
    _any_letter,
    _neighbour,
    _neighbour,
    _sound,
    _sound,
    _final_lost_or_caught,
)
