"""Answers, services and departments as programs get them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bot.catalogue.service import PublicService
from bot.content.hours import opening
from bot.content.models import Answer, Department
from bot.content.store import ContentStore


def topic_names(content: ContentStore) -> Mapping[str, str]:
    """Id of an answer → what its topic is called."""
    names = content.topic_names()
    return {id_: names.get(topic, topic) for id_, topic in content.topics().items()}


def answer(one: Answer, topic: str, departments: Mapping[str, Department], base: str) -> dict[str, Any]:
    """An answer with its evidence; `base` is the address of `/open`."""
    owner = departments.get(one.owner or "")
    return {
        "id": one.id,
        "url": f"{base}/answers/{one.id}",
        "topic": topic,
        "title": one.questions[0],
        "questions": list(one.questions),
        "answer": one.answer,
        "department": {"id": owner.id, "name": owner.name, "phone": owner.phone} if owner else None,
        "source": {"title": one.source.title, "url": one.source.url},
        "links": [{"label": link.label, "url": link.url} for link in one.links],
        "confirmed_on": _day(one.confirmed_on),
        "valid_from": _day(one.valid_from),
        "valid_until": _day(one.valid_until),
        "example": one.example,
        "plain": one.plain.answer if one.plain else None,
        "translations": {
            language: {"title": twin.questions[0], "answer": twin.answer}
            for language, twin in one.translations.items()
        },
    }


def service(one: PublicService) -> dict[str, Any]:
    """A public service."""
    return {
        "id": one.id,
        "name": one.name,
        "agency": one.agency,
        "department": one.department,
        "area": one.area,
        "purpose": one.purpose,
        "kinds": list(one.kinds),
        "users": list(one.users),
        "target": one.target,
        "criteria": one.criteria,
        "content": one.content,
        "ways": list(one.ways),
        "apply_at": one.apply_at,
        "documents": one.documents,
        "deadline": one.deadline,
        "contacts": [{"name": each.name, "phone": each.phone} for each in one.contacts],
        "laws": list(one.laws),
        "url": one.url or None,
        "online": list(one.online),
        "updated_at": _moment(one.updated_at),
        "fetched_at": _moment(one.fetched_at),
    }


def department(one: Department, now: datetime) -> dict[str, Any]:
    """A department with its hours; `now` says whether it is open."""
    state = opening(one, now)
    return {
        "id": one.id,
        "name": one.name,
        "phone": one.phone,
        "place": one.place,
        "handles": list(one.handles),
        "hours": {
            "weekdays": list(one.hours.weekdays),
            "saturday": list(one.hours.saturday) if one.hours.saturday else None,
            "sunday": list(one.hours.sunday) if one.hours.sunday else None,
            "holidays": list(one.hours.holidays) if one.hours.holidays else None,
            "closed": list(one.hours.closed),
            "lunch": list(one.hours.lunch) if one.hours.lunch else None,
            "note": one.hours.note,
        },
        "now": {"open": state.open, "text": state.text},
    }


def matches(one: Answer, topic: str, words: list[str]) -> bool:
    """Whether every word is somewhere in an answer or its questions."""
    text = fold("\n".join((topic, *one.questions, one.answer)))
    return all(word in text for word in words)


def fold(text: str) -> str:
    """Text as it is compared: composed, small letters."""
    return unicodedata.normalize("NFC", text).casefold()


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
