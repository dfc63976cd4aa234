"""Finds known expressions in what a person wrote, whatever its spaces, particles and endings."""

from __future__ import annotations

from collections import defaultdict
from typing import DefaultDict, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from bot.text.endings import PARTICLE, ends_as_particle, goes_on_as_noun, goes_on_as_verb, stems
from bot.text.morphemes import Morpheme

_PARTICLE_LETTERS = 4
_UNSPACED = 8
"""A word of so many letters is probably several, written without spaces."""
_NOUNS = frozenset({"NNG", "NNP", "XPN", "XR", "SL"})


class Found(NamedTuple):
    """An expression and where it stands in the text."""

    expression: str
    start: int
    end: int


class _Pattern(NamedTuple):
    words: Tuple[str, ...]
    tails: FrozenSet[str]
    """Empty for a noun; else what the stem goes on with after the last of `words`: 버리 버려 버린 …"""
    apart: bool
    """The stem's first syllable is in `tails`, so a particle may stand before it."""
    expression: str


class _Letters(NamedTuple):
    """The letters of a text without what stands between them; all of the same length but `text`."""

    text: str
    places: Sequence[int]
    word_starts: Sequence[int]
    word_ends: Sequence[int]


class Expressions:
    """Looks for many expressions at once: some 20 µs a sentence, however many there are.

    애 보려고 쉬는 아빠 is found in 애를보려고 쉬는아빠인데, 차 빼다 in 차좀 빼주실래요, 딱지 not in 코딱지.
    """

    def __init__(self, expressions: Iterable[str]) -> None:
        self._known: DefaultDict[str, Dict[str, List[_Pattern]]] = defaultdict(dict)
        """By the first word and the letter that the second begins with."""
        self._lengths: Dict[str, Tuple[int, ...]] = {}
        """How long the first words are that begin with a letter."""
        for expression in dict.fromkeys(expressions):
            for pattern in _patterns(expression):
                first, second = pattern.words[0], "".join(pattern.words[1:2])
                self._known[first].setdefault(second[:1], []).append(pattern)
                self._lengths[first[0]] = tuple(sorted({*self._lengths.get(first[0], ()), len(first)}))

    def find(self, text: str, morphemes: Optional[Sequence[Morpheme]] = None) -> List[Found]:
        """What is found in a normalised text, in order and without overlap; the longest wins.

        With the `morphemes` of the same text an expression inside a word written without spaces is told from
        a part of a longer word more surely.
        """
        letters = _letters(text)
        starts = _openings(morphemes) if morphemes is not None else None
        found: List[Found] = []
        at = done = 0
        while at < len(letters.text):
            end, expressions = self._longest(letters, at)
            if not expressions or not self._may_start(letters, at, done, starts):
                at += 1
                continue
            places = letters.places[at], letters.places[end - 1] + 1
            found += [Found(expression, *places) for expression in dict.fromkeys(expressions)]
            at = done = end
        return found

    def _may_start(self, letters: _Letters, at: int, done: int, starts: Optional[Dict[int, bool]]) -> bool:
        start = letters.word_starts[at]
        if at in (start, done):
            return True
        unspaced = letters.word_ends[at] - start >= _UNSPACED
        if starts is not None:
            after_noun = starts.get(letters.places[at])
            return after_noun is not None and (unspaced or not after_noun)
        return ends_as_particle(letters.text[max(start, done) : at])

    def _longest(self, letters: _Letters, at: int) -> Tuple[int, List[str]]:
        """Where the longest match ends, and every expression that ends there."""
        best: Tuple[int, List[str]] = at, []
        for length in self._lengths.get(letters.text[at], ()):
            end = at + length
            by_second = self._known.get(letters.text[at:end])
            if by_second is None or end > len(letters.text):
                continue
            for second in dict.fromkeys(("", *letters.text[end : end + _PARTICLE_LETTERS + 1])):
                for pattern in by_second.get(second, ()):
                    found = _match(pattern, letters, end)
                    if found == best[0]:
                        best[1].append(pattern.expression)
                    elif found is not None and found > best[0]:
                        best = found, [pattern.expression]
        return best


def _patterns(expression: str) -> List[_Pattern]:
    words = ["".join(filter(str.isalnum, word)).lower() for word in expression.split()]
    words = [word for word in words if word]
    if not words:
        return []
    head = tuple(_bare(word) for word in words[:-1])
    found = [_Pattern((*head, words[-1]), frozenset(), False, expression)]
    for begin, tails in stems(words[-1], alone=len(words) == 1):
        found.append(_Pattern((*head, begin) if begin else head, tails, not begin, expression))
    return found


def _bare(word: str) -> str:
    """A word inside an expression without the particle that people leave out."""
    certain = word[-1] in "을를가" or (len(word) > 2 and word[-1] in "이은는")
    return word[:-1] if certain and len(word) > 1 else word


def _letters(text: str) -> _Letters:
    kept: List[str] = []
    places: List[int] = []
    starts: List[int] = []
    ends: List[int] = []
    at = 0
    for word in text.split(" "):
        inside = [place for place, char in enumerate(word, at) if char.isalnum()]
        first = len(kept)
        kept += [text[place].lower()[0] for place in inside]
        places += inside
        starts += [first] * len(inside)
        ends += [first + len(inside)] * len(inside)
        at += len(word) + 1
    return _Letters("".join(kept), places, starts, ends)


def _openings(morphemes: Sequence[Morpheme]) -> Dict[int, bool]:
    """Where morphemes begin, and whether a noun stands right before."""
    found: Dict[int, bool] = {}
    before: Optional[Morpheme] = None
    for morpheme in morphemes:
        joined = before is not None and before.end == morpheme.start and before.tag in _NOUNS
        found.setdefault(morpheme.start, joined)
        before = morpheme
    return found


def _match(pattern: _Pattern, letters: _Letters, end: int) -> Optional[int]:
    """Where the pattern ends, when its first word ended at `end`."""
    for word in pattern.words[1:]:
        start = letters.text.find(word, end, end + _PARTICLE_LETTERS + len(word))
        if start < 0 or not _is_particle(letters.text, end, start):
            return None
        end = start + len(word)
    if not pattern.tails:
        rest = letters.text[end : letters.word_ends[end - 1]]
        return end if goes_on_as_noun("".join(pattern.words), rest) else None
    for start in range(end, end + _PARTICLE_LETTERS + 1 if pattern.apart else end + 1):
        for stop in (start + 2, start + 1):
            tail = letters.text[start:stop]
            if tail in pattern.tails and stop <= len(letters.text) and _is_particle(letters.text, end, start):
                rest = letters.text[stop : letters.word_ends[stop - 1]]
                return stop if goes_on_as_verb(tail, rest) else None
    return None


def _is_particle(text: str, start: int, end: int) -> bool:
    return start == end or PARTICLE.fullmatch(text, start, end) is not None
