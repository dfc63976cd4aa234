"""What is said about a city system that did not answer, and about an answer that is not fresh."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from actions.city_api import BadAnswer, NotPermitted, ServiceError, ServiceSlow, ServiceUnavailable
from actions.departments import contact_card
from actions.reply import Said
from actions.service_client import Record
from actions.turn import Turn
from bot.content.models import Department
from bot.content.persona import Voice
from bot.outcomes import Outcome
from bot.text.age import age

LINES: dict[type[ServiceError], str] = {
    ServiceUnavailable: "service_down",
    ServiceSlow: "service_slow",
    BadAnswer: "service_bad_answer",
    NotPermitted: "service_denied",
}
FRESH = timedelta(minutes=1)
"""Younger than this an answer is as good as live and needs no note."""


def trouble(error: ServiceError, voice: Voice, who: Department, turn: Turn) -> Said:
    """An honest word about this kind of failure, and who can help by phone."""
    text = voice.say(LINES[type(error)], turn.seed, department=who.name, department_phone=who.phone)
    return Said(
        Outcome.SERVICE_UNAVAILABLE,
        text,
        cards=(contact_card(who, turn.now),),
        detail={"error": type(error).__name__},
    )


def with_age(text: str, record: Record[Any], voice: Voice, seed: str, now: datetime) -> str:
    """The text, and when the facts were fetched if that was not just now."""
    old = now - record.fetched_at
    if not record.from_cache or old < FRESH:
        return text
    return f"{text}\n\n{voice.say('cached_note', seed, age=age(old))}"
