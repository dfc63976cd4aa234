"""Public ideas that mean the same as what somebody is about to propose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from bot.encoder.encoder import Encoder
from bot.encoder.table import Vectors
from bot.voices.tables import Idea

ALIKE = 0.6
"""Cosine from which two ideas are shown as similar."""
MOST = 3

PublicIdeas = Callable[[], Awaitable[Sequence[Idea]]]


class Similar:
    """Compares by meaning. Vectors are kept for the texts that are public now."""

    def __init__(self, encoder: Encoder, ideas: PublicIdeas) -> None:
        self._encoder = encoder
        self._ideas = ideas
        self._known: dict[str, Vectors] = {}

    async def find(self, text: str, *, apart_from: int | None = None) -> list[Idea]:
        """The public ideas nearest in meaning, the nearest first; none when nothing is near."""
        ideas = [idea for idea in await self._ideas() if idea.id != apart_from]
        if not ideas:
            return []
        return await asyncio.to_thread(self._nearest, text, ideas)

    def _nearest(self, text: str, ideas: Sequence[Idea]) -> list[Idea]:
        texts = [f"{idea.title} {idea.text}" for idea in ideas]
        new = [each for each in dict.fromkeys(texts) if each not in self._known]
        vectors = self._encoder.encode([text, *new])
        made = dict(zip(new, vectors[1:], strict=True))
        self._known = {each: made[each] if each in made else self._known[each] for each in texts}
        scores = np.stack([self._known[each] for each in texts]) @ vectors[0]
        best = np.argsort(-scores)[:MOST]
        return [ideas[place] for place in best if scores[place] >= ALIKE]
