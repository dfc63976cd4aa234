"""Examples of two intents that nobody could tell apart, by letters and by meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher

import numpy as np

from bot.gate.alike import Judge
from bot.gate.examples import Example
from bot.gate.finding import Finding
from bot.gate.pairs import near
from bot.gate.sentences import Reader
from bot.retrieval.words import squeeze

LETTERS_AT = 0.8
"""Share of letters in common, in order. What people say to a bot hardly differs in its nouns (알림 받고
싶어요, 알림 뭐 받고 있어요), so words and letters both have to agree: 4 pairs of the demo city's 3,711
examples do."""
_COSINE_AT = 0.85


def intent_collisions(
    examples: Sequence[Example], reader: Reader, judge: Judge, new: Collection[tuple[str, str]] | None = None
) -> Iterator[Finding]:
    """Warnings. `new` is (intent, sentence) of what was not there before: others are told as old; None = all.

    The very same sentence in two intents is the affair of `read_examples`.
    """
    if not examples:
        return
    read = reader.read([example.text for example in examples])
    numbers = {name: number for number, name in enumerate(dict.fromkeys(one.intent for one in examples))}
    owners = np.array([numbers[example.intent] for example in examples], np.int64)
    for one, other, cosine in near(read.vectors, owners, _COSINE_AT):
        mine, yours = examples[one], examples[other]
        letters = squeeze(mine.text), squeeze(yours.text)
        if letters[0] == letters[1] or SequenceMatcher(None, *letters).ratio() < LETTERS_AT:
            continue
        if not judge.compare(mine.text, read.words[one], yours.text, read.words[other], cosine).same:
            continue
        touched = new is None or bool({(mine.intent, mine.text), (yours.intent, yours.text)} & set(new))
        there = f"{mine.intent}, {mine.path} {mine.line}행"
        said = f"두 의도의 예문이 거의 같아요: ‘{yours.text}’ ↔ ‘{mine.text}’({there})"
        yield Finding(
            rule="intent-collision",
            severity="warning",
            path=yours.path,
            line=yours.line,
            message=said if touched else f"{said} (전부터 그랬어요)",
            remedy="맞는 의도 쪽에만 남기거나, 한쪽에 그 의도만의 말을 넣어 주세요.",
            item=f"file:{yours.path}",
            details={
                "likeness": round(cosine, 3),
                "same": True,
                "existing": not touched,
                "one": {"intent": mine.intent, "question": mine.text},
                "other": {"intent": yours.intent, "question": yours.text},
            },
        )
