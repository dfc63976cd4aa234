"""An answer as a card: the words, then who answers for them and since when they are known to be right."""

from __future__ import annotations

import json
import re
from datetime import datetime

from actions.departments import contact_facts
from bot.content.models import Answer, Department
from bot.messages import Button, Card, Fact

CARD_TEXT = 350
"""Longest text of a card, in characters; the rest is behind a button."""
LABEL = 40
"""Longest label of a button here; channels shorten further."""

SENTENCE_END = re.compile(r"(?<=[가-힣)\]\"'’”%][.!?])\s+|\s*\n")


def answer_card(answer: Answer, owner: Department, now: datetime, more: str, *, whole: bool = False) -> Card:
    """The card of one answer; a long text ends at a sentence and has a button labelled `more`."""
    text = answer.answer.strip()
    shown = text if whole else shorten(text, CARD_TEXT)
    buttons = [Button(label=link.label, url=link.url) for link in answer.links]
    if shown != text:
        buttons.insert(0, Button(label=more, payload=payload("show_more", answer_id=answer.id)))
    confirmed = answer.confirmed_on.isoformat() if answer.confirmed_on else "확인 전"
    facts = [
        *contact_facts(owner, now),
        Fact(label="확인일", value=confirmed),
        Fact(label="출처", value=answer.source.title, url=answer.source.url),
    ]
    if answer.example:
        facts.append(Fact(label="예시", value="가상의 도시를 위해 지어낸 내용이에요"))
    return Card(title=answer.questions[0], text=shown, facts=tuple(facts), buttons=tuple(buttons))


def choice(answer: Answer) -> Button:
    """A button that picks an answer."""
    return Button(
        label=shorten_label(answer.questions[0]), payload=payload("choose_answer", answer_id=answer.id)
    )


def payload(intent: str, **entities: str) -> str:
    """What a button sends to Rasa in place of words."""
    return f"/{intent}" + (
        json.dumps(entities, ensure_ascii=False, separators=(",", ":")) if entities else ""
    )


def shorten(text: str, limit: int) -> str:
    """The text, or as many whole sentences as fit into `limit` characters; never a part of a word.

    When not even the first sentence fits it ends after a whole word with `…`.
    """
    if len(text) <= limit:
        return text
    ends = [match.start() for match in SENTENCE_END.finditer(text) if 0 < match.start() <= limit]
    if ends:
        return text[: ends[-1]].rstrip()
    return cut(text, limit)


def shorten_label(text: str) -> str:
    """A label of at most `LABEL` characters."""
    return text if len(text) <= LABEL else cut(text, LABEL)


def cut(text: str, limit: int) -> str:
    """As many whole words as fit with an ellipsis into `limit`; a single endless word is cut."""
    spaces = [match.start() for match in re.finditer(r"\s", text[:limit])]
    return text[: spaces[-1] if spaces and spaces[-1] else limit - 1].rstrip() + "…"
