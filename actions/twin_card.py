"""An answer in plain or in another language: the words, what they are worth, the way to the original."""

from __future__ import annotations

from datetime import date

from actions.card import CARD_TEXT, choice, payload, shorten, shorten_label
from actions.departments import tel
from actions.turn import Turn
from bot.content.models import Answer, Department, Translation, Twin
from bot.content.persona import Voice
from bot.messages import Button, Card, Fact


def twin_of(answer: Answer, language: str) -> Twin | None:
    """What the answer says in plain language (`plain`) or another one; None for Korean or where it is not."""
    if language == "plain":
        return answer.plain
    return next((twin for name, twin in answer.translations.items() if name == language), None)


def title_of(answer: Answer, language: str) -> str:
    """The answer's title as the citizen reads it."""
    twin = twin_of(answer, language)
    return twin.questions[0] if isinstance(twin, Translation) else answer.questions[0]


def twin_choice(answer: Answer, language: str) -> Button:
    """A button that picks an answer."""
    return choice(answer).model_copy(update={"label": shorten_label(title_of(answer, language))})


def twin_card(
    answer: Answer, twin: Twin, owner: Department, voice: Voice, turn: Turn, *, whole: bool = False
) -> Card:
    """The twin's card; a long text ends at a sentence and unfolds. A button leads to the original."""

    def say(key: str) -> str:
        return voice.say(key, turn.seed)

    shown = twin.answer if whole else shorten(twin.answer, CARD_TEXT)
    links = (twin.links if isinstance(twin, Translation) else ()) or answer.links
    buttons = [Button(label=link.label, url=link.url) for link in links]
    if shown != twin.answer:
        buttons.insert(0, Button(label=say("more"), payload=payload("show_more", answer_id=answer.id)))
    original = payload("show_more", answer_id=answer.id, language="ko")
    buttons.append(Button(label=say("original_button"), payload=original))
    unknown = say("label_unverified")
    facts = [
        Fact(label=say("label_owner"), value=owner.name),
        Fact(label=say("label_phone"), value=owner.phone, url=tel(owner.phone)),
        Fact(label=say("label_confirmed"), value=_day(answer.confirmed_on, unknown)),
        Fact(label=say("label_verified"), value=_day(twin.verified_on, unknown)),
        Fact(label=say("label_source"), value=answer.source.title, url=answer.source.url),
    ]
    if answer.example:
        facts.append(Fact(label=say("label_example"), value=say("example_note")))
    title = title_of(answer, turn.language)
    return Card(title=title, text=shown, facts=tuple(facts), buttons=tuple(buttons))


def _day(day: date | None, unknown: str) -> str:
    return day.isoformat() if day else unknown
