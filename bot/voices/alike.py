"""Which public ideas share the most letters with another one: what an operator might merge it with."""

from __future__ import annotations

from collections.abc import Sequence

from bot.voices.categories import squeeze
from bot.voices.tables import Idea

MOST = 30


def most_alike(text: str, ideas: Sequence[Idea]) -> list[Idea]:
    """The ideas by how many pairs of neighbouring letters they share with a text, the likest first."""
    wanted = _pairs(text)

    def alike(idea: Idea) -> float:
        its = _pairs(f"{idea.title} {idea.text}")
        return len(wanted & its) / (len(wanted | its) or 1)

    return sorted(ideas, key=alike, reverse=True)[:MOST]


def _pairs(text: str) -> set[str]:
    letters = squeeze(text)
    return {letters[place : place + 2] for place in range(len(letters) - 1)}
