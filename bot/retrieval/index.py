"""From a citizen's question to the answers that may fit, each with its chance of being right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from bot.content.models import Answer
from bot.encoder.encoder import Encoder
from bot.encoder.table import Analyser
from bot.retrieval.decision import Hit
from bot.retrieval.matrices import Matrices, Query, candidates, read_query
from bot.retrieval.prepared import Preparer
from bot.retrieval.store import Store
from bot.retrieval.weights import Weights, shares
from bot.text.normalise import normalise

LONGEST = 1000
"""Characters of a question that are read: nobody's question begins later."""
_EXACT_POINTS = 12.0
_EXACT_CHANCE = 0.99
"""The very question of an answer, spaces and punctuation aside, is as good as certain."""
_SAVE_AFTER = 50
"""New answers after which the file is written again; fewer are quickly prepared at the next start."""


class AnswerIndex:
    """Searches answers. Not for several threads at once (Kiwi is not)."""

    def __init__(
        self,
        encoder: Encoder,
        morphemes: Analyser,
        cache_dir: Path | None = None,
        weights: Weights | None = None,
    ) -> None:
        """`morphemes`: give the encoder the same `RecentMorphemes`, then no text is analysed twice.

        `cache_dir`: where prepared answers are kept between starts; None keeps nothing.
        """
        self._preparer = Preparer(encoder, morphemes)
        self._store = Store(cache_dir, encoder.name) if cache_dir else None
        self._weights = weights or Weights.load()
        self._answers: tuple[Answer, ...] = ()
        self._matrices: Matrices | None = None
        self._unsaved = 0
        if self._store:
            self._store.fill(self._preparer)

    def load(self, answers: Sequence[Answer]) -> None:
        """Search these answers from now on; only new and changed ones are read."""
        before = set(self._preparer.answers)
        prepared = self._preparer.prepare(answers)
        matrices = Matrices(prepared, self._preparer) if prepared else None
        self._answers, self._matrices = tuple(answers), matrices
        self._unsaved += len(self._preparer.answers.keys() - before)
        if (
            self._store
            and prepared
            and self._unsaved
            and (self._unsaved >= _SAVE_AFTER or not self._store.path.exists())
        ):
            self._store.save(self._preparer)
            self._unsaved = 0

    def search(self, question: str, k: int = 10, today: date | None = None) -> list[Hit]:
        """The `k` likeliest answers, best first; none when nothing can be read in the question.

        With `today`, answers that are not valid on that day are left out.
        """
        query = self._read(question)
        valid = [row for row, answer in enumerate(self._answers) if today is None or _valid(answer, today)]
        if query is None or self._matrices is None or not valid:
            return []
        found = candidates(self._matrices, query, self._weights.rank, np.array(valid, np.int64))
        exact = dict(self._matrices.exact(query))
        same = np.array([row in exact for row in found.rows])
        points = found.features @ self._weights.rank
        signs = self._weights.signs(found.features, points, self._matrices.substance(query))
        chance = max(self._weights.in_scope(signs), _EXACT_CHANCE * bool(same.any()))
        if same.any():  # nothing tells apart answers with the same question
            points[same] = points.max() + _EXACT_POINTS
        scores = chance * shares(points)
        hits = []
        for place in np.argsort(-scores, kind="stable")[:k]:
            row = int(found.rows[place])
            answer = self._answers[row]
            matched = answer.questions[exact.get(row, int(found.nearest[place]))]
            hits.append(Hit(answer, float(scores[place]), matched))
        return hits

    def _read(self, question: str) -> Query | None:
        query = read_query(normalise(question[:LONGEST]), self._preparer)
        return query if query.squeezed else None


def _valid(answer: Answer, today: date) -> bool:
    return (answer.valid_from or today) <= today <= (answer.valid_until or today)
