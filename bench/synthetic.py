"""As many answers as wanted, put together from real ones: words and lengths as in life, always the same."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bot.content.models import Answer, Source

_PIECE = 12
"""Words in a row that stay together in a text."""


def synthesise(base: Sequence[Answer], number: int) -> list[Answer]:
    """`number` answers with different questions; the first are those of `base`."""
    chance = random.Random(100_000)
    made = list(base[:number])
    seen = {answer.questions[0] for answer in made}
    titles = [answer.questions[0].split() for answer in base]
    texts = [answer.answer.split() for answer in base]
    while len(made) < number:
        title = list(chance.choice(titles))
        other = chance.choice(titles)
        place = chance.randrange(len(title))
        title[place : place + chance.randint(0, 1)] = chance.sample(
            other, min(len(other), chance.randint(1, 3))
        )
        question = " ".join(title)[:300]
        if question in seen:
            continue
        seen.add(question)
        length = len(chance.choice(texts))
        words: list[str] = []
        while len(words) < length:
            source = chance.choice(texts)
            start = chance.randrange(max(len(source) - _PIECE, 1))
            words += source[start : start + _PIECE]
        text = " ".join(words[: max(length, 1)]) or question
        key = f"made-{len(made)}"
        made.append(Answer(id=key, questions=(question,), answer=text, source=Source(title="만든 답변")))
    return made
