"""What citizens would see of an answer: the card as the actions make it, fitted as the outbox fits it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from actions.card import answer_card
from actions.departments import department
from bot.channel import Capabilities, Channel
from bot.content.models import Answer, DepartmentFile, Link, Source
from bot.content.persona import Voice
from bot.fit import fit
from bot.messages import Outbound
from connectors.webchat.channel import WebChat

NOTHING = "…"
"""Stands where nothing has been written yet."""


def preview(
    fields: Mapping[str, Any],
    capabilities: Capabilities,
    departments: DepartmentFile,
    voice: Voice,
    now: datetime,
) -> list[Outbound]:
    """The messages that a channel gets, in order; what is missing or wrong yet is left out."""
    answer = _answer(fields)
    owner = department(departments, answer.owner)
    card = answer_card(answer, owner, now, voice.say("more"))
    return fit(Outbound(cards=(card,)), capabilities)


def previewed(channels: Mapping[str, Channel]) -> dict[str, Capabilities]:
    """The web chat and the channels that are set up; in public places answers are said otherwise."""
    return {WebChat.name: WebChat.capabilities} | {
        name: channel.capabilities
        for name, channel in channels.items()
        if channel.capabilities.converses and channel.capabilities.max_buttons
    }


def _answer(fields: Mapping[str, Any]) -> Answer:
    """An answer out of what is written so far."""
    questions = fields.get("questions")
    source = fields.get("source")
    links = fields.get("links")
    written: dict[str, Any] = {
        "questions": [each for each in questions or () if isinstance(each, str) and each.strip()],
        "answer": fields.get("answer"),
        "owner": fields.get("owner"),
        "source": _model(Source, source),
        "links": [made for each in links or () if (made := _model(Link, each))],
        "confirmed_on": fields.get("confirmed_on"),
        "example": fields.get("example", False),
    }
    usual: dict[str, Any] = {
        "id": "preview",
        "questions": (NOTHING,),
        "answer": NOTHING,
        "source": Source(title=NOTHING),
    }
    good = {name: value for name, value in written.items() if value and _fits(name, value, usual)}
    return Answer.model_validate({**usual, **good})


def _fits(name: str, value: Any, usual: Mapping[str, Any]) -> bool:
    try:
        Answer.model_validate({**usual, name: value})
    except ValidationError:
        return False
    return True


def _model(model: type[Source] | type[Link], value: Any) -> Source | Link | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None
