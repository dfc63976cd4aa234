"""From a citizen's question to the answers that may fit, each with its chance of being right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from bot.content.models import Answer
from bot.encoder.encoder import Encoder
from bot.retrieval.clicks import ClickCounts, boost, question_mark
from bot.retrieval.decision import Hit
from bot.retrieval.lexical import NoMeaning
from bot.retrieval.likeness import Likeness
from bot.retrieval.prepared import Preparer
from bot.retrieval.query import Query, QuestionReader
from bot.retrieval.repair import Repair
from bot.retrieval.shelf import Shelf
from bot.retrieval.store import Store
from bot.retrieval.weights import LEXICAL, PATH, SHARING, Weights, shares
from bot.text.normalise import normalise
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Thesaurus

LONGEST = 1000
"""Characters of a question that are read: nobody's question begins later."""
_EXACT_POINTS = 12.0
_EXACT_CHANCE = 0.99
"""The very question of an answer, spaces and punctuation aside, is as good as certain."""
_PICKED_CHANCE = 0.8
"""That a question is answered at all, when at least two citizens picked an answer of those offered for it."""
_SAVE_AFTER = 50
_SAVE_SHARE = 0.02
"""New answers, at least, after which the file is written again; fewer are quickly read at the next start."""
_RESPELL = 0.02
"""When so large a share of the answers is new, the speller learns their words; until then it lets them be."""


class AnswerIndex:
    """Searches answers. Not for several threads at once (Kiwi is not)."""

    def __init__(
        self,
        encoder: Encoder,
        morphemes: RecentMorphemes,
        cache_dir: Path | None = None,
        weights: Weights | None = None,
        thesaurus: Thesaurus | None = None,
        clicks: ClickCounts | None = None,
    ) -> None:
        """`morphemes`: give the encoder the same `RecentMorphemes`, then no text is analysed twice.

        `thesaurus`: what citizens' words are officially called. `clicks`: what citizens picked before.
        `cache_dir`: where the searchable form of answers is kept between starts; None keeps nothing.
        """
        self._preparer = Preparer(encoder, morphemes)
        self._store = Store(cache_dir, encoder.name) if cache_dir else None
        self._weights = weights or Weights.load(LEXICAL if encoder.name == NoMeaning.name else PATH)
        self._reader = QuestionReader(self._preparer, thesaurus or Thesaurus())
        self._clicks = clicks
        self._shelf = Shelf(self._preparer, self._store.read() if self._store else ())
        self._judge = morphemes
        self._likeness = Likeness([], self._preparer)
        self._repair: Repair | None = None
        self._unsaved = 0
        self._unspelled = 0

    def load(self, answers: Sequence[Answer]) -> None:
        """Search these answers from now on; only new and changed ones are read."""
        read = self._shelf.load(answers)
        self._unsaved += read
        if self._store and self._unsaved:
            enough = max(_SAVE_AFTER, _SAVE_SHARE * len(answers))
            if self._unsaved >= enough or not self._store.path.exists():
                self._shelf.move(self._store.save([part.segment for part in self._shelf.parts]))
                self._unsaved = 0
        self._likeness = Likeness(self._shelf.parts, self._preparer, self._likeness)
        self._unspelled += read
        if self._repair is None or self._unspelled > _RESPELL * len(answers):
            self._unspelled = 0
            self._repair = Repair(self._shelf.parts, self._reader, self._judge)
        else:
            self._repair.follow(self._shelf.parts)

    def use(self, thesaurus: Thesaurus) -> None:
        """Look citizens' words up in this thesaurus from now on."""
        self._reader.use(thesaurus)
        if self._repair:
            self._repair = Repair(self._shelf.parts, self._reader, self._judge)

    def search(self, question: str, k: int = 10, today: date | None = None) -> list[Hit]:
        """The `k` likeliest answers, best first; none when nothing can be read in the question.

        With `today`, answers that are not valid on that day are left out.
        """
        if self._repair is None:
            return []
        query = self._repair.read(normalise(question[:LONGEST]))
        if not query.squeezed:
            return []
        found = self._likeness.candidates(query, self._weights.choose, today)
        if not found.answers:
            return []
        same = np.array([candidate.exact for candidate in found.answers])
        points = found.features @ self._weights.rank
        signs = self._weights.signs(found.features, points, found.substance)
        chance = max(self._weights.in_scope(signs), _EXACT_CHANCE * bool(same.any()))
        picked = self._picked(query)
        raised = [boost(picked.get(one.answer.id, 0)) for one in found.answers] if picked else [0.0]
        if any(raised):
            points += np.array(raised, np.float32)
            chance = max(chance, _PICKED_CHANCE)
        if same.any():  # nothing tells apart answers with the same question
            points[same] = points.max() + _EXACT_POINTS
        scores = chance * shares(points, SHARING)
        hits = []
        for place in np.argsort(-scores, kind="stable")[:k]:
            candidate = found.answers[place]
            matched = candidate.answer.questions[candidate.nearest]
            hits.append(Hit(candidate.answer, float(scores[place]), matched))
        return hits

    def clicked(self, question: str, answer_id: str, citizen: str) -> None:
        """A citizen (any id of theirs) picked an answer out of those offered for a question."""
        if self._clicks and self._repair:
            query = self._repair.read(normalise(question[:LONGEST]))
            self._clicks.record(question_mark(query.names[: query.own]), answer_id, citizen)

    def _picked(self, query: Query) -> Mapping[str, int]:
        if self._clicks is None or not query.own:
            return {}
        return self._clicks.citizens(question_mark(query.names[: query.own]))
