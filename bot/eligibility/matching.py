"""The catalogue as citizens of one city see it: what is for them, what is named, what comes first."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, timedelta

import numpy as np

from bot.catalogue.service import PublicService
from bot.catalogue.stored import LOCAL
from bot.eligibility.codes import Group
from bot.eligibility.engine import Evaluation, Rules
from bot.eligibility.facts import Facts
from bot.eligibility.questions import Question, next_question
from bot.proactive.deadlines import read_deadline

_OWN, _WIDE, _OTHERS_BUSINESS = 2.0, 1.0, 0.1
"""How much a service matters: of the own city, of a wider area, for businesses while nobody has one."""
_SOON = timedelta(days=30)
_OWN_CITY = 2
"""So many conditions that hold is it worth that a service is the own city's."""
_NAMED = 4
"""Least letters of a name that is told from other words."""


class Matching:
    """The services that are there for our citizens, ready to be matched.

    `generic` are words that say nothing in a name: 지원, 사업, the city's own name.
    """

    def __init__(self, services: Sequence[PublicService], generic: Collection[str]) -> None:
        self.services = tuple(services)
        self.rules = Rules([each.conditions for each in services], [each.users for each in services])
        self.places = {each.id: place for place, each in enumerate(services)}
        """Id → place in `services`."""
        self._own = np.array(
            [any(word in each.agency_kind for word in LOCAL) for each in services], dtype=bool
        )
        drop = re.compile("|".join(sorted(map(re.escape, generic), key=len, reverse=True)))
        cores = [(_squeezed(drop.sub(" ", each.name)), place) for place, each in enumerate(services)]
        self._cores = sorted(
            ((core, place) for core, place in cores if len(core) >= _NAMED),
            key=lambda one: (-len(one[0]), not self._own[one[1]]),
        )

    def evaluate(self, facts: Facts) -> Evaluation:
        """Verdicts for every service."""
        return self.rules.evaluate(facts)

    def named(self, text: str) -> PublicService | None:
        """The service that is named in a text, be it without its 지원 or 사업; the longest name wins."""
        squeezed = _squeezed(text)
        return next((self.services[place] for core, place in self._cores if core in squeezed), None)

    def question(self, facts: Facts, asked: Collection[Group], only: str = "") -> Question | None:
        """What to ask next about all services that matter here, or about one of them."""
        if only:
            weights = np.zeros(len(self.services))
            weights[self.places[only]] = 1.0
        else:
            business = any(code.startswith(("JA1", "JA2")) for code in facts.has)
            weights = np.where(self._own, _OWN, _WIDE)
            weights = weights * np.where(self.rules.for_persons | business, 1.0, _OTHERS_BUSINESS)
        return next_question(self.evaluate(facts), asked, weights)

    def best(self, evaluation: Evaluation, today: date) -> list[int]:
        """Places of the services whose conditions all hold, the most fitting first; none that is over.

        What is made for people like this one counts, and to be the own city's, and to end soon.
        """
        meant = np.zeros(len(self.services), dtype=np.int64)
        for group, (holds, _) in evaluation.states.items():
            meant += self.rules.limits(group) & holds
        found = []
        for place in np.flatnonzero(evaluation.yes).tolist():
            ends = read_deadline(self.services[place].deadline, today).last
            if ends is None or ends >= today:
                soon = ends is not None and ends - today <= _SOON
                found.append((-int(meant[place]) - _OWN_CITY * int(self._own[place]) - soon, place))
        return [place for _, place in sorted(found)]


def _squeezed(text: str) -> str:
    return "".join(char for char in text if char.isalnum()).casefold()
