"""Repairs misspelt words, so that 여꿘 제발급 is understood as 여권 재발급.

A noisy channel in three parts: which known words are one slip away (an index of words with one syllable left
open), how easily that slip happens (`bot.text.slips`), and how much better the sentence reads afterwards
(Kiwi's language model).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Protocol, Sequence, Set, Tuple

from bot.text.hangul import is_syllable
from bot.text.morphemes import Reading
from bot.text.slips import heard, slip_cost

LONGEST_TEXT = 200
"""A longer text is no question; it stays as it is, so that time is bounded."""
_LONGEST_WORD = 7
_TRIED = 8
"""So many of a text's most likely repairs are read by the language model."""
_DEAREST = 5.0
_BY_EAR = 1.5
_STUTTER = 1.0
_OPEN = "*"


class Judge(Protocol):
    """`bot.text.morphemes.Morphemes`: says how well a text reads."""

    def read(self, text: str) -> Reading:
        """How probable `text` is."""


class Repair(NamedTuple):
    """`text[start:end]` may be meant as `new`, which makes a known word of `text[word_start:word_end]`."""

    start: int
    end: int
    new: str
    word_start: int
    word_end: int
    score: float
    """Logit of the probability that the repair is right, before or after the language model was asked."""


class Speller:
    """Knows `words` with their weights (how often they occur, at least 1) and repairs what is close to one.

    With a `judge`, a word of two syllables can be repaired too and a rare but right one is left alone;
    without, only long words are. Words are Hangul of 2 to 7 syllables; others are ignored. 20,000 words take
    10 MB.
    """

    def __init__(self, words: Mapping[str, float], judge: Optional[Judge] = None) -> None:
        self._words = {
            word: math.log(max(weight, 1.0))
            for word, weight in words.items()
            if 1 < len(word) <= _LONGEST_WORD and all(map(is_syllable, word))
        }
        self._judge = judge
        self._commonest = max(self._words.values(), default=0.0)
        self._open: Dict[str, str] = {}
        """Words with one syllable left open → the syllables that fill it."""
        self._heard: Dict[str, str] = {}
        for word in self._words:
            for at, syllable in enumerate(word):
                key = word[:at] + _OPEN + word[at + 1 :]
                self._open[key] = self._open.get(key, "") + syllable
            for variant in heard(word):
                if variant not in self._words:
                    self._heard.setdefault(variant, word)

    def correct(self, text: str, doubted: Optional[Sequence[Tuple[int, int]]] = None) -> str:
        """`text` (best normalised) with misspelt words repaired; spaces, English and numbers stay.

        `doubted`: (start, end) of what the caller finds odd. Only this, and what is written together with it,
        is repaired then, and sooner.
        """
        if len(text) > LONGEST_TEXT:
            return text
        possible = self._possible(text, _written_with(text, doubted))
        if doubted is not None:
            possible = (repair._replace(score=repair.score + _DOUBTED) for repair in possible)
        likely = sorted(possible, key=lambda repair: -repair.score)
        if self._judge is None:
            judged = [repair for repair in likely if repair.score > _ALONE]
        else:
            judged = self._judged(text, likely, self._judge)
        chosen: List[Repair] = []
        for repair in sorted(judged, key=lambda repair: -repair.score):
            if all(_apart(repair, other) for other in chosen):
                chosen.append(repair)
        done = len(text)
        for repair in sorted(chosen, reverse=True):
            if repair.end <= done:
                text = text[: repair.start] + repair.new + text[repair.end :]
                done = repair.start
        return text

    def _judged(self, text: str, repairs: List[Repair], judge: Judge) -> List[Repair]:
        """The repairs, best first, that the language model finds right, with its say in their scores."""
        readings: Dict[Tuple[int, int], Reading] = {}
        found: List[Repair] = []
        tried = 0
        for repair in repairs:
            if repair.score <= _HOPELESS or tried == _TRIED:
                break
            start, end = _surroundings(text, repair)
            if (start, end) not in readings:
                readings[start, end] = judge.read(text[start:end])
            before = readings[start, end]
            better = [one.score for one in found if not _apart(repair, one)]
            if repair.score + _PER_GAIN * _most_gain(before, repair, start) <= max(better, default=_SURE):
                continue
            tried += 1
            after = judge.read(text[start : repair.start] + repair.new + text[repair.end : end])
            gain = after.likelihood - before.likelihood
            score = repair.score + _PER_GAIN * gain
            if gain > 0 and score > _SURE:
                found.append(repair._replace(score=score))
        return found

    def _possible(self, text: str, starts: Sequence[int]) -> Iterator[Repair]:
        """Each repair of a word that begins at one of `starts` once, with the score of the longest word."""
        best: Dict[Tuple[int, int, str], Repair] = {}
        known = self._covered(text, starts)
        for start in starts:
            for end in range(start + 2, min(start + _LONGEST_WORD, len(text)) + 1):
                if not is_syllable(text[end - 1]) or not is_syllable(text[start]):
                    break
                window = text[start:end]
                if window in self._words:
                    continue
                for repair in self._repairs(window, start, known):
                    other = best.get(repair[:3])
                    if other is None or repair.score > other.score:
                        best[repair[:3]] = repair
        return iter(best.values())

    def _repairs(self, window: str, start: int, known: List[int]) -> Iterator[Repair]:
        end = start + len(window)
        if window in self._heard:
            word = self._heard[window]
            yield Repair(start, end, word, start, end, self._score(word, _BY_EAR, 0))
        for at, (first, second) in enumerate(pairwise(window)):
            if slip_cost(first, second) <= _STUTTER:
                for kept in sorted({first, second}):
                    word = window[:at] + kept + window[at + 2 :]
                    if word in self._words:
                        place = start + at
                        cost = _STUTTER + 2 * (first == second)
                        yield Repair(
                            place, place + 2, kept, start, end, self._score(word, cost, known[place])
                        )
        for at, written in enumerate(window):
            filling = self._open.get(window[:at] + _OPEN + window[at + 1 :])
            dearest = self._dearest(len(window), known[start + at]) if filling else 0.0
            for meant in filling or "":
                cost = slip_cost(written, meant)
                if cost <= dearest:
                    word = window[:at] + meant + window[at + 1 :]
                    place = start + at
                    yield Repair(place, place + 1, meant, start, end, self._score(word, cost, known[place]))

    def _dearest(self, length: int, known: int) -> float:
        """The cost at which not even the commonest word of this length is worth a thought."""
        most = _BIAS + _PER_SYLLABLE * length + _PER_LOG * self._commonest + _PER_KNOWN * known
        return min((_HOPELESS - most) / _PER_COST, _DEAREST)

    def _score(self, word: str, cost: float, known: int) -> float:
        return (
            _BIAS
            + _PER_COST * cost
            + _PER_SYLLABLE * len(word)
            + _PER_LOG * self._words[word]
            + _PER_KNOWN * known
        )

    def _covered(self, text: str, starts: Sequence[int]) -> List[int]:
        """For each character the length of the longest known word that it is part of."""
        covered = [0] * len(text)
        for start in starts:
            for length in range(min(_LONGEST_WORD, len(text) - start), 1, -1):
                if text[start : start + length] in self._words:
                    for at in range(start, start + length):
                        covered[at] = max(covered[at], length)
                    break
        return covered


def _apart(one: Repair, other: Repair) -> bool:
    return one.word_end <= other.word_start or other.word_end <= one.word_start


def _written_with(text: str, doubted: Optional[Sequence[Tuple[int, int]]]) -> Sequence[int]:
    """Where words may begin: anywhere, or in the stretches without a space that hold what is doubted."""
    if doubted is None:
        return range(len(text))
    places: Set[int] = set()
    for start, end in doubted:
        after = text.find(" ", end)
        places.update(range(text.rfind(" ", 0, start + 1) + 1, len(text) if after < 0 else after))
    return sorted(places)


def _surroundings(text: str, repair: Repair) -> Tuple[int, int]:
    """From the written word before the repaired one to the one after it; the rest reads the same."""
    start = text.rfind(" ", 0, repair.word_start) + 1
    end = text.find(" ", repair.word_end)
    if end < 0:
        end = len(text)
    after = text.find(" ", end + 1)
    return text.rfind(" ", 0, max(start - 1, 0)) + 1, len(text) if after < 0 else after


def _most_gain(reading: Reading, repair: Repair, offset: int) -> float:
    """What a repair can gain: what is now lost on the pieces it touches, but for what a good word costs."""
    first, last = repair.start - offset, repair.end - offset
    lost = sum(
        score for start, end, score in reading.pieces if start <= last and first <= max(end, start + 1)
    )
    return -lost - _GOOD_WORD


_BIAS, _PER_COST, _PER_SYLLABLE, _PER_LOG, _PER_KNOWN, _PER_GAIN = -4.22, -2.13, 1.65, 0.37, -0.5, 0.27
"""Logistic regression over 5,000 possible repairs of public sentences, right ones and mistyped ones."""
_DOUBTED = 2.0
"""Added where the caller finds a word odd: there a slip is likelier than elsewhere."""
_SURE, _ALONE, _HOPELESS = 0.25, 1.0, -5.0
_GOOD_WORD = 5.0
