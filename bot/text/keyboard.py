"""Korean typed while the keyboard was set to English: durnjs is 여권 on the two-set (dubeolsik) layout.

The layout is KS X 5002. Left-hand keys are consonants, right-hand keys vowels, so few English words read
as complete syllables; the rest is told apart by how common those syllables are, by a short list of words,
and by what else the message holds.
"""

from __future__ import annotations

import re
from itertools import chain

from bot.text.hangul import FINAL_PAIRS, VOWEL_PAIRS, compose, decompose, read_letters
from bot.text.words import COMMON_SYLLABLES, LATIN

_KEYS = {
    **dict(zip("rRseEfaqQtTdwWczxvg", "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", strict=True)),
    **dict(zip("koiOjpuPhynbml", "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", strict=True)),
}
_LETTERS = str.maketrans(_KEYS | {key: _KEYS[key.lower()] for key in "ABCDFGHIJKLMNSUVXYZ"})
_TYPED = {letter: key for key, letter in _KEYS.items()}
_TYPED |= {
    letter: "".join(_TYPED[part] for part in pair) for pair, letter in {**VOWEL_PAIRS, **FINAL_PAIRS}.items()
}

_CHUNK = re.compile(r"\S+")
_ADDRESS = re.compile(r"@|://|[A-Za-z0-9][._/\\][A-Za-z0-9]")
_WORD = re.compile(r"(?<![A-Za-z&'_+-])[A-Za-z]+(?![A-Za-z0-9&'_+-])")
_COUNTERS = frozenset("번월일년시분개층호동명장통대매원위")
_HANGUL = re.compile("[가-힣]")
_LAUGH = re.compile(r"(?:zz+|gg+|bb+|nn+)$", re.IGNORECASE)

Piece = tuple[int, int, str]
"""(start, end, Hangul): the stretch of keys that one syllable was typed with."""


def to_keys(hangul: str) -> str:
    """Complete syllables as the English letters that the same keys type; other characters stay."""
    return "".join(
        "".join(_TYPED[letter] for letter in decompose(char) if letter) if "가" <= char <= "힣" else char
        for char in hangul
    )


def to_hangul(keys: str) -> str | None:
    """English letters as the Hangul that the same keys type, or None when they leave a lone letter."""
    pieces = read_letters(keys.translate(_LETTERS))
    return None if pieces is None else "".join(syllable for _, _, syllable in pieces)


def find_slips(text: str) -> list[Piece]:
    """The stretches of `text` that were meant as Hangul, one piece a syllable, in order.

    A word of one syllable counts only beside another slip (`gh` alone may mean anything) or as the counter
    of a number (`1qjs`, 1번); in a message
    with more English words than slips nothing is changed; in one typed wholly on the English keyboard every
    word that can be read is.
    """
    slips: list[list[Piece]] = []
    short: list[list[Piece]] = []
    doubtful: list[list[Piece]] = []
    english = 0
    for word, start in _words(text):
        pieces = _read(word, start)
        if pieces is None:
            english += len(word) > 2 and not word.isupper() and not _LAUGH.fullmatch(word)
        elif text[start - 1 : start].isdecimal() and pieces[0][2] in _COUNTERS:
            slips.append(pieces)
        elif not _is_plausible(word, pieces):
            doubtful.append(pieces)
        else:
            (slips if len(pieces) > 1 else short).append(pieces)
    if (not slips and len(short) < 2) or english > len(slips) + len(short):
        return []
    if len(slips) > 1 and not english and not _HANGUL.search(text):
        short += doubtful
    laughs = [_letter_pieces(word, start) for word, start in _words(text) if _LAUGH.fullmatch(word)]
    return sorted(chain(*slips, *short, *laughs))


def _words(text: str) -> list[tuple[str, int]]:
    """Latin words with their places, but none out of addresses, codes and hyphenated words."""
    return [
        (word[0], chunk.start() + word.start())
        for chunk in _CHUNK.finditer(text)
        if not _ADDRESS.search(chunk[0])
        for word in _WORD.finditer(chunk[0])
    ]


def _read(word: str, start: int) -> list[Piece] | None:
    """The Hangul that the keys of one word type, a laugh (zz, ㅋㅋ) at its end included, or None."""
    if word.isupper():
        if len(word) < 5:
            return None  # an abbreviation; a longer word was typed with the caps lock on
        word = word.lower()
    laugh = _LAUGH.search(word)
    for core in (word, word[: laugh.start()] if laugh else ""):
        if pieces := _read_shifted(core):
            read = [(start + a, start + b, _unbounced(syllable, pieces)) for a, b, syllable in pieces]
            return read + _letter_pieces(word[len(core) :], start + len(core))
    return None


def _read_shifted(keys: str) -> list[Piece] | None:
    """The syllables of `keys`; a shift key that makes rare ones of them was held by accident (WOqkfrmq)."""
    readings = [
        pieces
        for shifted in dict.fromkeys((keys, keys[:1].lower() + keys[1:], keys.lower()))
        if (pieces := read_letters(shifted.translate(_LETTERS)))
    ]
    common = (pieces for pieces in readings if all(text in COMMON_SYLLABLES for _, _, text in pieces))
    return next(common, readings[0] if readings else None)


def _unbounced(syllable: str, word: list[Piece]) -> str:
    """A rare syllable that closes with the key it began with loses it (wowqkfrmq, 쟂발급, is 재발급)."""
    initial, vowel, final = decompose(syllable)
    opened = compose(initial, vowel)
    bounced = len(word) > 2 and initial == final and opened in COMMON_SYLLABLES
    return opened if bounced and syllable not in COMMON_SYLLABLES else syllable


def _is_plausible(word: str, pieces: list[Piece]) -> bool:
    """Korean as it is written: no English word, and one rare syllable at most in three or more."""
    syllables = [text for _, _, text in pieces if text >= "가"]
    rare = sum(syllable not in COMMON_SYLLABLES for syllable in syllables)
    return word.lower() not in LATIN and rare <= (len(syllables) > 2)


def _letter_pieces(keys: str, start: int) -> list[Piece]:
    return [
        (start + at, start + at + 1, letter) for at, letter in enumerate(keys.lower().translate(_LETTERS))
    ]
