"""Repairs misspelt words, so that 여꿘 제발급 is understood as 여권 재발급.

A noisy channel in three parts: which known words are one slip away (an index of words with one syllable left
open), how easily that slip happens (`bot.text.slips`), and how much better the sentence reads afterwards
(Kiwi's language model). The last takes nearly all of the time, so only the few repairs that are likely anyway
are read: where the text reads badly and no known word stands.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Container, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Protocol, Tuple

from bot.text.hangul import is_syllable
from bot.text.morphemes import Reading
from bot.text.slips import heard, slip_cost

LONGEST_TEXT = 200
"""A longer text is no question; it stays as it is, so that time is bounded."""
_LONGEST_WORD = 7
_PASSES = 2
"""A repaired word can show that what is beside it is misspelt, too."""
_TRIED = 8
"""So many of a text's most likely repairs are read by the language model."""
_LEAST_COST = 0.6
_DEAREST = 5.0
_BY_EAR = 1.5
_STUTTER = 1.0
_OPEN = "*"
_RUN = re.compile("[가-힣]{2,}")
_NEAR, _FAR = 4, 10
"""Letters of context that are read on either side of a word, at least, and the most up to a space."""


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
    """Logit of the probability that the repair is right, before the language model is asked."""
    judged: float
    """The part of that logit which stays when it has been."""


class Speller:
    """Knows `words` with their weights (how often they occur, at least 1) and repairs what is close to one.

    Words are Hangul of 2 to 7 syllables; others are ignored. 20,000 words take 10 MB. `bold`: added to the
    logit of a repair where no known word stands, for a caller to whom such a word says nothing as it is.
    """

    def __init__(self, words: Mapping[str, float], judge: Judge, bold: float = 0.0) -> None:
        self._words = {
            word: math.log(max(weight, 1.0))
            for word, weight in words.items()
            if 1 < len(word) <= _LONGEST_WORD and all(map(is_syllable, word))
        }
        self._judge = judge
        self._bold = bold
        self._commonest = max(self._words.values(), default=0.0)
        self._open: Dict[str, str] = {}
        """Words with one syllable left open → the syllables that fill it, the commonest word's first."""
        self._heard: Dict[str, str] = {}
        for word in sorted(self._words, key=lambda word: -self._words[word]):
            for at, syllable in enumerate(word):
                key = word[:at] + _OPEN + word[at + 1 :]
                self._open[key] = self._open.get(key, "") + sys.intern(syllable)
            for variant in heard(word):
                if variant not in self._words:
                    self._heard.setdefault(variant, word)

    def leave(self, words: Iterable[str]) -> None:
        """From now on let these words be; nothing is repaired towards them."""
        for word in words:
            self._words.setdefault(word, 0.0)

    def correct(self, text: str) -> str:
        """`text` (best normalised) with misspelt words repaired; spaces, English and numbers stay."""
        if len(text) > LONGEST_TEXT:
            return text
        near: Container[int] = range(len(text))
        for _ in range(_PASSES):
            text, changed = self._once(text, near)
            near = {at for place in changed for at in range(place - _NEAR, place + _NEAR + 1)}
            if not near:
                break
        return text

    def _once(self, text: str, near: Container[int]) -> Tuple[str, List[int]]:
        """With the best repairs of letters at these places made, and where they were."""
        seen = _Seen(text, self._judge.read(text), self._covered(text), near)
        likely = sorted(self._possible(seen), key=lambda repair: -repair.score)
        chosen: List[Repair] = []
        for _, repair in sorted(self._judged(seen, likely[:_TRIED]), reverse=True):
            if all(_apart(repair, other) for other in chosen):
                chosen.append(repair)
        done = len(text)
        for repair in sorted(chosen, reverse=True):
            if repair.end <= done:
                text = text[: repair.start] + repair.new + text[repair.end :]
                done = repair.start
        return text, [repair.start for repair in chosen]

    def _judged(self, seen: "_Seen", repairs: List[Repair]) -> List[Tuple[float, Repair]]:
        """Those of the repairs that the language model finds right, with their final scores."""
        text = seen.text
        readings: Dict[Tuple[int, int], Reading] = {}
        best: List[Tuple[float, Repair]] = []
        for repair in repairs:
            least = max((score for score, one in best if not _apart(repair, one)), default=_SURE)
            if repair.judged + _PER_GAIN * min(seen.most_gain(repair), _MOST_GAIN) <= least:
                continue
            if repair.score > _CERTAIN:
                best.append((repair.judged + _PER_GAIN * _MOST_GAIN, repair))
                continue
            start, end = seen.surroundings(repair)
            if (start, end) not in readings:
                readings[start, end] = self._judge.read(text[start:end])
            after = self._judge.read(text[start : repair.start] + repair.new + text[repair.end : end])
            gain = after.likelihood - readings[start, end].likelihood
            score = repair.judged + _PER_GAIN * min(gain, _MOST_GAIN)
            if gain > 0 and score > _SURE:
                best.append((score, repair))
        return best

    def _possible(self, seen: "_Seen") -> Iterator[Repair]:
        """Each repair worth a thought once, with the score of the likeliest word."""
        best: Dict[Tuple[int, int, str], Repair] = {}
        for run in _RUN.finditer(seen.text):
            for start in range(run.start(), run.end() - 1):
                for end in range(start + 2, min(start + _LONGEST_WORD, run.end()) + 1):
                    window = seen.text[start:end]
                    most = self._most(seen, start, end)
                    if most + max(seen.odd[start:end]) < _LEAST or window in self._words:
                        continue
                    for place, stop, new, word, cost in self._repairs(window, start, most, seen):
                        repair = self._weighed(seen, (place, stop, new), (start, end), word, cost)
                        other = best.get(repair[:3])
                        if repair.score > _LEAST and (other is None or repair.score > other.score):
                            best[repair[:3]] = repair
        return iter(best.values())

    def _most(self, seen: "_Seen", start: int, end: int) -> float:
        """The score of the commonest word here, for the least slip of a letter of which nothing is said."""
        least = _BIAS + _PER_COST * _LEAST_COST + _PER_SYLLABLE * (end - start)
        return least + _PER_LOG * self._commonest + seen.fits(start, end)

    def _repairs(
        self, window: str, start: int, most: float, seen: "_Seen"
    ) -> Iterator[Tuple[int, int, str, str, float]]:
        """(start, end, new, known word, cost) of each way to make a known word of `window`."""
        end = start + len(window)
        if window in self._heard:
            word = self._heard[window]
            yield start, end, word, word, _BY_EAR
        for place in seen.stutters:
            if start <= place < end - 1:
                at = place - start
                for kept in sorted({*window[at : at + 2]}):
                    word = window[:at] + kept + window[at + 2 :]
                    if word in self._words:
                        cost = _STUTTER + 2 * (window[at] == window[at + 1])
                        yield place, place + 2, kept, word, cost
        for at, written in enumerate(window):
            spare = most + seen.odd[start + at] - _LEAST
            before, after = window[:at], window[at + 1 :]
            if spare < 0 or not (fills := self._open.get(before + _OPEN + after)):
                continue
            spare -= _PER_LOG * (self._commonest - self._words[before + fills[0] + after])
            dearest = min(_LEAST_COST - spare / _PER_COST, _DEAREST)
            if dearest < _LEAST_COST:
                continue
            for meant in fills:
                cost = slip_cost(written, meant)
                if cost <= dearest:
                    yield start + at, start + at + 1, meant, before + meant + after, cost

    def _weighed(
        self, seen: "_Seen", changed: Tuple[int, int, str], bounds: Tuple[int, int], word: str, cost: float
    ) -> Repair:
        size, often, place = len(word), self._words[word], changed[0]
        score = (
            _BIAS
            + _PER_COST * cost
            + _PER_SYLLABLE * size
            + _PER_LOG * often
            + seen.fits(*bounds)
            + seen.odd[place]
        )
        judged = (
            _JUDGED_BIAS
            + _JUDGED_COST * cost
            + _JUDGED_SYLLABLE * size
            + _JUDGED_LOG * often
            + _JUDGED_KNOWN * seen.covered[place]
            + _JUDGED_BEGINS * (bounds[0] in seen.begins)
            + self._bold * (seen.covered[place] == 0)
        )
        return Repair(*changed, *bounds, score, judged)

    def _covered(self, text: str) -> List[int]:
        """For each character the length of the longest known word that it is part of."""
        covered = [0] * len(text)
        for start in range(len(text)):
            for length in range(min(_LONGEST_WORD, len(text) - start), 1, -1):
                if text[start : start + length] in self._words:
                    for at in range(start, start + length):
                        covered[at] = max(covered[at], length)
                    break
        return covered


class _Seen:
    """A text as the language model and a speller see it."""

    def __init__(self, text: str, reading: Reading, covered: List[int], near: Container[int]) -> None:
        self.text = text
        self.covered = covered
        self._pieces = reading.pieces
        self.begins = {start for start, _, _ in reading.pieces}
        self._ends = {end for _, end, _ in reading.pieces}
        lost = [0.0] * len(text)
        for start, end, score in reading.pieces:
            for at in range(start, min(max(end, start + 1), len(text))):
                lost[at] = max(lost[at], -score)
        self.odd = [
            _PER_LOST * min(lost[at], _MOST_LOST) + _PER_KNOWN * known if at in near else -math.inf
            for at, known in enumerate(covered)
        ]
        """What speaks for a slip at each letter (none but `near`): it reads badly, no known word has it."""
        self.stutters = [
            at
            for run in _RUN.finditer(text)
            for at in range(run.start(), run.end() - 1)
            if slip_cost(text[at], text[at + 1]) <= _STUTTER
        ]
        """Where a syllable is followed by one nearly the same."""

    def fits(self, start: int, end: int) -> float:
        """What speaks for a word here: morphemes begin and end where it does."""
        return _BEGINS * (start in self.begins) + _ENDS * (end in self._ends)

    def most_gain(self, repair: Repair) -> float:
        """What a repair can gain: what is lost on the pieces it touches, but for what a good word costs."""
        lost = sum(
            score
            for start, end, score in self._pieces
            if start <= repair.end and repair.start <= max(end, start + 1)
        )
        return -lost - _GOOD_WORD

    def surroundings(self, repair: Repair) -> Tuple[int, int]:
        """From the written word before the repaired one to the one after it; the rest reads the same.

        Where there are no spaces, the morphemes next to it.
        """
        text, first, last = self.text, repair.word_start, repair.word_end
        start = text.rfind(" ", 0, max(text.rfind(" ", 0, first), 0)) + 1
        if first - start > _FAR:
            start = max((at for at in self.begins if start < at <= first - _NEAR), default=start)
        after = text.find(" ", last)
        end = text.find(" ", after + 1) if after >= 0 else -1
        end = len(text) if end < 0 else end
        if end - last > _FAR:
            end = min((at for at in self._ends if last + _NEAR <= at < end), default=end)
        return start, end


def _apart(one: Repair, other: Repair) -> bool:
    return one.word_end <= other.word_start or other.word_end <= one.word_start


_BIAS, _PER_COST, _PER_SYLLABLE, _PER_LOG, _PER_KNOWN = -11.5, -1.95, 2.5, 0.63, -1.05
_PER_LOST, _BEGINS, _ENDS = 0.24, 1.6, 1.3
_JUDGED_BIAS, _JUDGED_COST, _JUDGED_SYLLABLE, _JUDGED_LOG, _JUDGED_KNOWN = -6.5, -2.1, 2.0, 0.51, -0.54
_JUDGED_BEGINS, _PER_GAIN = 0.5, 0.34
"""Two logistic regressions over 43,000 possible repairs of public sentences, a third of them without a slip:
before and after the language model was asked."""
_MOST_LOST, _MOST_GAIN = 20.0, 15.0
_LEAST, _CERTAIN, _SURE = -3.0, 3.0, -0.4
"""Logits from which a repair is read, is made unread, and is made when it was read."""
_GOOD_WORD = 5.0
