"""Syllables and letters of Hangul (Unicode 16, chapter 3.12 and the block Hangul Compatibility Jamo)."""

from __future__ import annotations

import re
import unicodedata

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
VOWEL_PAIRS = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}
FINAL_PAIRS = {
    **{"ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ"},
    **{"ㄹㅅ": "ㄽ", "ㄹㅌ": "ㄾ", "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ"},
}
FIRST = 0xAC00
"""가; every initial has 588 syllables in a row, every vowel in these 28."""
_LAST = 0xD7A3

_SYLLABLE = re.compile(
    f"([{INITIALS}])({'|'.join(VOWEL_PAIRS)}|[{VOWELS}])"
    f"((?:{'|'.join(FINAL_PAIRS)}|[{''.join(FINALS)}])(?![{VOWELS}]))?"
)


def is_syllable(char: str) -> bool:
    """True for one of the 11,172 complete syllables, 가 to 힣."""
    return FIRST <= ord(char) <= _LAST


def compose(initial: str, vowel: str, final: str = "") -> str:
    """One syllable from its letters; each may be given as the pair of keys that makes it (ㅗㅏ for ㅘ)."""
    vowel, final = VOWEL_PAIRS.get(vowel, vowel), FINAL_PAIRS.get(final, final)
    return chr(FIRST + (INITIALS.index(initial) * 21 + VOWELS.index(vowel)) * 28 + FINALS.index(final))


def decompose(syllable: str) -> tuple[str, str, str]:
    """Initial, vowel and final (empty when the syllable is open) of one complete syllable."""
    rest, final = divmod(ord(syllable) - FIRST, 28)
    initial, vowel = divmod(rest, 21)
    return INITIALS[initial], VOWELS[vowel], FINALS[final]


def read_letters(letters: str) -> list[tuple[int, int, str]] | None:
    """Letters typed one after another as the syllables an input method makes of them.

    Returns (start, end, syllable) pieces that cover all of `letters`, or None when a letter is left over.
    """
    pieces = []
    at = 0
    while at < len(letters):
        found = _SYLLABLE.match(letters, at)
        if found is None:
            return None
        pieces.append((at, found.end(), compose(found[1], found[2], found[3] or "")))
        at = found.end()
    return pieces


def plain_letter(jamo: str) -> str:
    """The letter a lone conjoining jamo (U+1100 to U+11FF) is written as; an archaic one stays itself."""
    for position in ("CHOSEONG", "JUNGSEONG", "JONGSEONG"):
        name = unicodedata.name(jamo, "")
        if f"HANGUL {position} " in name:
            try:
                return unicodedata.lookup(name.replace(position, "LETTER"))
            except KeyError:
                return jamo
    return jamo
