"""One spelling for what people type: the same in training, understanding and retrieval.

`normalise` gives the text, `align` also says where in the original each character came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from bot.text.hangul import (
    FINALS,
    VOWEL_PAIRS,
    compose,
    decompose,
    is_syllable,
    plain_letter,
    read_letters,
)
from bot.text.initials import find_initials
from bot.text.keyboard import find_slips
from bot.text.lookalikes import plain_letters

Edit = tuple[int, int, str]
"""(start, end, replacement) in the text at hand."""

_UNUSUAL = re.compile(r"[^ -~가-힣ㄱ-ㅣ]")
_FILLERS = "\u115f\u1160\u3164\uffa0"
_UNWRAPPED = ("<wide>", "<narrow>", "<circle>", "<square>", "<font>", "<small>", "<vertical>")
_DARK_CIRCLE, _DARK_SQUARE = range(0x1F150, 0x1F16A), range(0x1F170, 0x1F18A)
_JAMO = re.compile(r"[ㄱ-ㅣ]+")
_LAUGH = re.compile(r"[ㅋㅎ]*[ㅠㅜㅡ]+")
_LAUGH_TAIL = re.compile(r"(?:[ㅋㅎ]{2,}|[ㅠㅜ]{2,})$")
_REPEATED = re.compile(
    r"([^0-9A-Za-z가-힣])\1{2,}|([A-Za-z가-힣])\2{3,}"
)  # 공공공간 is a word, www an address
_CHANTED = re.compile(r"([가-힣]{2,4})(\1{2,})")
_HANGUL = re.compile("[가-힣]")
_SPACES = re.compile(r"^ +| {2,}| +$")
_SPREAD = re.compile(r"(?<![^ ])[가-힣](?: [가-힣]){2,}(?![^ .?!~])")
_SHORT_WORDS = frozenset(
    "가각간개거건것게곳그김꼭나난날남낮내너네년늘님다단달대더던데도돈동두둘들등때또뜻말매몇명몸못문물및밖밤방번법별본분불비빛뿐새서석세셋소속손수술시신아안앞약양언얼여열옆예오온올옷와왜외원월위은을음의이일자잔잘장재저적전점제조좀좋주줄중즉지직집짓차참채책첫총층칠큰키통팔편표한할해형호후"
)
LONGEST_TEXT = 50_000
"""Characters that are read; what follows in a longer text is left out, so that time is bounded."""


@dataclass(frozen=True)
class Aligned:
    """Normalised text with the place of each of its characters in the original."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """For each character of `text` the (start, end) it was made from, in order."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where the stretch `start` to `end` of the normalised text (not empty) stands in the original."""
        return self.spans[start][0], self.spans[end - 1][1]


def normalise(text: str) -> str:
    """`text` in one spelling; never raises, and normalising twice changes nothing more.

    Broken and decomposed Hangul is put together, full-width and circled characters become plain ones,
    invisible ones disappear, ㅋㅋㅋㅋ and !!!! are shortened to two, words typed on the English keyboard are
    read as Hangul, ㄱㅅ as 감사 (`data/initials.tsv`), 전 입 신 고 as 전입신고, white space becomes single
    spaces. Ordinary Hangul stays as it is. Only the first `LONGEST_TEXT` characters are read.
    """
    return align(text).text


def align(text: str) -> Aligned:
    """Normalise `text` and keep the way back to the original."""
    text = text[:LONGEST_TEXT]
    spans = [(at, at + 1) for at in range(len(text))]
    changed = True
    while changed:  # one repair can make another possible; every one shortens or simplifies
        changed = False
        for step in _STEPS:
            if edits := step(text):
                text, spans = _apply(text, spans, edits)
                changed = True
    return Aligned(text, tuple(spans))


def _apply(text: str, spans: list[tuple[int, int]], edits: list[Edit]) -> tuple[str, list[tuple[int, int]]]:
    parts, places = [], []
    done = 0
    for start, end, new in edits:
        parts += [text[done:start], new]
        places += spans[done:start]
        places += [(spans[start][0], spans[end - 1][1])] * len(new)
        done = end
    return "".join([*parts, text[done:]]), places + spans[done:]


def _plain_characters(text: str) -> list[Edit]:
    return [
        (found.start(), found.end(), new)
        for found in _UNUSUAL.finditer(text)
        if (new := _plain(found[0])) != found[0]
    ]


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if char.isspace() or category in {"Zs", "Zl", "Zp"}:
        return " "
    if category in {"Cc", "Cf", "Cs", "Co"} or char in _FILLERS or _selects_variant(char):
        return ""
    for dark in (_DARK_CIRCLE, _DARK_SQUARE):
        if ord(char) in dark:
            return chr(ord("A") + dark.index(ord(char)))
    form, _, parts = unicodedata.decomposition(char).partition(" ")
    if form in _UNWRAPPED:
        return "".join(chr(int(part, 16)) for part in parts.split())
    return char


def _selects_variant(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _composed(text: str) -> list[Edit]:
    """Canonical composition (NFC), then lone conjoining jamo as ordinary letters."""
    if not _UNUSUAL.search(text):
        return []
    starts = [
        at
        for at, char in enumerate(text)
        if not at or not (unicodedata.combining(char) or "\u1160" <= char <= "\u11ff")
    ]
    edits = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end]
        new = "".join(
            plain_letter(char) if "\u1100" <= char <= "\u11ff" else char
            for char in _undecorated(unicodedata.normalize("NFC", piece))
        )
        if new != piece:
            edits.append((start, end, new))
    return edits


def _undecorated(piece: str) -> str:
    """Without the strokes and dots that are piled on Hangul, Latin letters and marks for looks."""
    if piece[0] > "\u02ff" and not "ㄱ" <= piece[0] <= "힣":
        return piece
    return piece[0] + "".join(char for char in piece[1:] if not unicodedata.combining(char))


def _joined_letters(text: str) -> list[Edit]:
    """Letters that a person reads as a syllable: ㅇㅕㄱㅝㄴ, 해ㅆ어요, 여구ㅓㄴ, 네ㅔㅔ.

    Not those that stand for themselves: ㅋㅋㅠㅠ, ㅇㅇ, ㄱㅅ.
    """
    edits: list[Edit] = []
    for found in _JAMO.finditer(text):
        letters, start, end = found[0], found.start(), found.end()
        before = text[start - 1] if start and is_syllable(text[start - 1]) else ""
        inside = end < len(text) and is_syllable(text[end])
        if before and (new := _finished(before, letters, inside)):
            edits.append((start - 1, end, new))
        elif not _LAUGH.fullmatch(letters):
            tail = _LAUGH_TAIL.search(letters)
            core = letters[: tail.start()] if tail else letters
            pieces = read_letters(letters) or read_letters(core) or []
            edits += [(start + a, start + b, syllable) for a, b, syllable in pieces]
    return edits


def _finished(syllable: str, letters: str, inside: bool) -> str | None:
    """`syllable` with the letters that follow it, when they belong to it."""
    initial, vowel, final = decompose(syllable)
    if final:
        return None
    if letters.strip(_last_part(vowel)) == "" and vowel not in "ㅠㅜㅡ":
        return syllable  # 네ㅔㅔ: drawn out
    if letters in FINALS and letters not in "ㅋㅎ":
        return compose(initial, vowel, letters) if inside or letters in "ㄴㄹㅁㅂㅆ" else None
    if vowel + letters[0] in VOWEL_PAIRS and letters[1:] in FINALS:
        return compose(initial, vowel + letters[0], letters[1:])
    return None


def _last_part(vowel: str) -> str:
    return next((pair[1] for pair, joined in VOWEL_PAIRS.items() if joined == vowel), vowel)


def _shortened(text: str) -> list[Edit]:
    return [(found.start() + 2, found.end(), "") for found in _REPEATED.finditer(text)]


def _said_twice(text: str) -> list[Edit]:
    """빨리빨리빨리 is 빨리빨리."""
    return [(found.end(1) * 2 - found.start(1), found.end(), "") for found in _CHANTED.finditer(text)]


def _gathered(text: str) -> list[Edit]:
    """여 권 재 발 급 is 여권재발급; words of one syllable in a row (더 할 수 없) stay."""
    edits: list[Edit] = []
    for found in _SPREAD.finditer(text):
        syllables = found[0].split(" ")
        short = sum(syllable in _SHORT_WORDS for syllable in syllables)
        whole = found.start() == 0 and not _HANGUL.search(text, found.end())
        if short * 2 <= len(syllables) and (whole or len(syllables) > 3):
            edits += [(at, at + 1, "") for at in range(found.start() + 1, found.end(), 2)]
    return edits


def _single_spaces(text: str) -> list[Edit]:
    last = len(text)
    return [
        (found.start(), found.end(), "" if found.start() == 0 or found.end() == last else " ")
        for found in _SPACES.finditer(text)
    ]


_STEPS: tuple[Callable[[str], list[Edit]], ...] = (
    _plain_characters,
    _composed,
    plain_letters,
    _joined_letters,
    find_slips,
    _shortened,
    _said_twice,
    find_initials,
    _single_spaces,
    _gathered,
)
