"""Which service a citizen's words mean: live, from the words and examples in the services' files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.encoder.encoder import Encoder
from bot.encoder.table import Vectors
from bot.services.models import Definition
from bot.text.dates import find_dates
from bot.text.expressions import Expressions
from bot.text.normalise import normalise

LEAST = 0.4
"""Likeness from which a service is meant."""
MAYBE = 0.33
"""Likeness from which it may be meant, and is asked about."""
NEAR = 0.06
"""Services as like as this to the best are asked about."""
_NAMED = 0.35
"""What an expression of the service in the text adds."""
_MEANING = 0.6
"""Share of the meaning in the likeness; the rest is letters."""
_NUMBER = re.compile(r"\d[\d\s-]*\d")


@dataclass(frozen=True)
class Choice:
    """The service meant, the few that may be meant, or none."""

    ids: tuple[str, ...]
    sure: bool = True

    @property
    def id(self) -> str | None:
        """The service, if it is one for sure."""
        return self.ids[0] if self.sure and len(self.ids) == 1 else None


@dataclass(frozen=True)
class _Prepared:
    services: Mapping[str, Definition]
    owners: tuple[str, ...]
    """Service of each example."""
    vectors: Vectors
    pairs: tuple[Counter[str], ...]
    expressions: Expressions
    called: Mapping[str, tuple[str, ...]]


class Chooser:
    """Compares texts with the examples of all services; one thread at a time, as its encoder."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._prepared: _Prepared | None = None

    def choose(self, text: str, services: Mapping[str, Definition], most: int = 3) -> Choice:
        """The services that a text may mean, the likeliest first, `most` at most."""
        scores = self.scores(text, services)
        ranked = sorted(scores, key=lambda id_: -scores[id_])
        if not ranked or scores[ranked[0]] < MAYBE:
            return Choice(())
        best = scores[ranked[0]]
        return Choice(tuple(id_ for id_ in ranked if scores[id_] > best - NEAR)[:most], best >= LEAST)

    def scores(self, text: str, services: Mapping[str, Definition]) -> dict[str, float]:
        """How like each service is to a text; 1 for a sentence of its examples."""
        known = self._prepare(services)
        if not known.owners:
            return {}
        plain = _timeless(normalise(text))
        meaning = known.vectors @ self._encoder.encode([plain])[0]
        own = _pairs(plain)
        scores: dict[str, float] = {}
        for owner, near, pairs in zip(known.owners, meaning, known.pairs, strict=True):
            like = _MEANING * float(near) + (1 - _MEANING) * _dice(own, pairs)
            scores[owner] = max(scores.get(owner, 0.0), like)
        for found in known.expressions.find(plain):
            for owner in known.called[found.expression]:
                scores[owner] = max(scores[owner], LEAST) + _NAMED * (1 - max(scores[owner], LEAST))
        return scores

    def _prepare(self, services: Mapping[str, Definition]) -> _Prepared:
        if self._prepared is None or self._prepared.services is not services:
            examples = [
                (id_, normalise(text))
                for id_, service in services.items()
                for text in (*service.examples, service.title)
            ]
            called: dict[str, list[str]] = {}
            for id_, service in services.items():
                for word in service.words:
                    called.setdefault(word, []).append(id_)
            self._prepared = _Prepared(
                services,
                tuple(id_ for id_, _ in examples),
                self._encoder.encode([text for _, text in examples]),
                tuple(_pairs(text) for _, text in examples),
                Expressions(called),
                {word: tuple(ids) for word, ids in called.items()},
            )
        return self._prepared


def _timeless(text: str) -> str:
    """Without days, times and numbers: they are values and say nothing of the service."""
    for found in reversed(find_dates(text, date(2000, 1, 1))):
        if found.entity in ("date", "time", "period"):
            text = text[: found.start] + text[found.end :]
    return _NUMBER.sub("", text).strip() or text


def _pairs(text: str) -> Counter[str]:
    letters = "".join(filter(str.isalnum, text.lower()))
    return Counter(letters[at : at + 2] for at in range(len(letters) - 1))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
