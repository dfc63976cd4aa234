"""The content as it stands now, in segments: a large one that stays and small ones that edits go to.

An edit marks the old answer as gone and adds the new one to the smallest segment; segments are merged when
they have grown alike in size, so that there are never more than a handful and an edit takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from bot.content.models import Answer
from bot.retrieval.building import build, merge
from bot.retrieval.prepared import Preparer
from bot.retrieval.segment import Segment
from bot.retrieval.words import fingerprint

_AT_ONCE = 2048
_SMALL = 256
"""Segments that have no more answers together are always merged."""
_RATIO = 8
"""A segment less than so many times as large as its successor is merged with it."""
_BULK = 0.1
"""When so large a share is new, all segments are merged."""
_TWIN = b"+"
_EVER = (0, 2**31 - 1)
_NEVER = (1, 0)
"""First and last day, as ordinals."""


@dataclass
class Part:
    """A segment and which of its answers are in use."""

    segment: Segment
    answers: list[Answer | None] = field(default_factory=list)
    """None where the answer is gone."""

    def __post_init__(self) -> None:
        if not self.answers:
            self.answers = [None] * self.segment.size
        self.days = np.full((2, self.segment.size), np.array(_NEVER)[:, None], np.int32)
        for row, answer in enumerate(self.answers):
            if answer:
                self.put(row, answer)

    def put(self, row: int, answer: Answer | None) -> None:
        """Set or remove the answer of a row."""
        self.answers[row] = answer
        if answer is None:
            self.days[:, row] = _NEVER
        else:
            since, until = answer.valid_from, answer.given_until
            self.days[:, row] = (
                since.toordinal() if since else _EVER[0],
                until.toordinal() if until else _EVER[1],
            )

    @property
    def alive(self) -> int:
        """How many answers are in use."""
        return int((self.days[0] != _NEVER[0]).sum())

    def valid(self, today: date | None) -> npt.NDArray[np.bool_]:
        """bool[answers]: in use, and on this day if one is given."""
        since, until = self.days
        if today is None:
            return np.asarray(since != _NEVER[0], bool)
        return np.asarray((since <= today.toordinal()) & (today.toordinal() <= until), bool)


class Shelf:
    """Keeps parts in step with the content."""

    def __init__(self, preparer: Preparer, segments: Sequence[Segment] = ()) -> None:
        """`segments` were prepared before; what of them is still wanted is used at the first `load`."""
        self._preparer = preparer
        self.parts = [Part(segment) for segment in segments]
        self._spare: dict[bytes, tuple[Part, int]] = {}
        for part in reversed(self.parts):
            for row in reversed(range(part.segment.size)):
                self._spare[self._last(part.segment.marks[row].tobytes()) + _TWIN] = part, row
        self._answers: Sequence[Answer] = ()
        self._places: dict[str, tuple[Part, int]] = {}

    def load(self, answers: Sequence[Answer]) -> int:
        """Hold these answers from now on; returns how many had to be read."""
        added = [answer for answer in self._changed(answers) if not self._reuse(answer)]
        for start in range(0, len(added), _AT_ONCE):
            self._add(added[start : start + _AT_ONCE])
        self._spare = {}
        self._answers = tuple(answers)
        self._tidy(whole=len(added) > _BULK * len(answers))
        return len(added)

    def _last(self, mark: bytes) -> bytes:
        """Key of the last of the spare answers with this mark: answers may say the same."""
        while mark + _TWIN in self._spare:
            mark += _TWIN
        return mark

    def _changed(self, answers: Sequence[Answer]) -> list[Answer]:
        """Answers that are not searched as they are; those that are gone are taken out."""
        before = self._answers
        if len(answers) == len(before):
            moved = [i for i, (a, b) in enumerate(zip(answers, before, strict=True)) if a is not b]
            if all(answers[i].id == before[i].id for i in moved):
                return [answers[i] for i in moved]
        wanted = {answer.id for answer in answers}
        for id_ in [id_ for id_ in self._places if id_ not in wanted]:
            part, row = self._places.pop(id_)
            part.put(row, None)
        return list({answer.id: answer for answer in answers}.values())

    def _reuse(self, answer: Answer) -> bool:
        """Keep the row of an answer whose searched text is the same as before, or that was on disk."""
        if place := self._places.get(answer.id):
            part, row = place
            old = part.answers[row]
            if old and (old is answer or (old.questions, old.answer) == (answer.questions, answer.answer)):
                part.put(row, answer)
                return True
            part.put(row, None)
            del self._places[answer.id]
        if self._spare and (spare := self._spare.pop(self._last(fingerprint(answer)), None)):
            spare[0].put(spare[1], answer)
            self._places[answer.id] = spare
            return True
        return False

    def _add(self, answers: Sequence[Answer]) -> None:
        prepared = [self._preparer.prepare(answer) for answer in answers]
        segment = build(prepared, self._preparer.word_vectors, [part.segment for part in self.parts])
        part = Part(segment, list(answers))
        self.parts.append(part)
        self._places |= {answer.id: (part, row) for row, answer in enumerate(answers)}
        self._tidy()

    def _tidy(self, *, whole: bool = False) -> None:
        self.parts = [part for part in self.parts if part.alive]
        if whole and len(self.parts) > 1:
            self._merge(0)
        while len(self.parts) > 1:
            last, before = self.parts[-1].alive, self.parts[-2].alive
            if before + last > _SMALL and before > _RATIO * last:
                break
            self._merge(len(self.parts) - 2)

    def _merge(self, start: int) -> None:
        """Make one part of those from `start` on."""
        parts = self.parts[start:]
        kept = [np.array([answer is not None for answer in part.answers], bool) for part in parts]
        segment = merge([part.segment for part in parts], kept)
        answers = [answer for part in parts for answer in part.answers if answer]
        self._replace(start, Part(segment, list(answers)))

    def _replace(self, start: int, part: Part) -> None:
        self.parts[start:] = [part]
        self._places |= {answer.id: (part, row) for row, answer in enumerate(part.answers) if answer}

    def move(self, segments: Sequence[Segment]) -> None:
        """Use these copies of the segments (the same arrays, in a file) from now on."""
        for part, segment in zip(self.parts, segments, strict=True):
            part.segment = segment
