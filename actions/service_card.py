"""A public service as a card: what for, how to apply, by when, whom to ask, and how old that is."""

from __future__ import annotations

import re
from datetime import date

from actions.card import CARD_TEXT, cut, payload, shorten
from actions.departments import tel
from bot.catalogue.catalogue import SOURCE
from bot.catalogue.service import PublicService
from bot.messages import Button, Card, Fact
from bot.proactive.deadlines import read_deadline

SEARCH = "search_service"
"""The intent of a search; its buttons carry what they are about in one of these entities:"""
SERVICE, NEED, SKIP = "service_id", "need", "skip"

_FACT = 120
"""Longest value of a line, in characters; whole cards show everything."""
_PHONE = re.compile(r"\+?\d[\d\-]+\d")


def service_card(service: PublicService, today: date, more: str, *, whole: bool = False) -> Card:
    """The card of a service; a shortened one has a button labelled `more`."""
    said = [service.purpose, service.content if service.content != service.purpose else ""]
    text = "\n\n".join(part for part in said if part)
    rows = [
        ("지원", ", ".join(service.kinds)),
        ("대상", service.target),
        *((("기준", service.criteria), ("서류", service.documents)) if whole else ()),
        ("신청", ", ".join(filter(None, (*service.ways, service.apply_at)))),
        ("기한", f"{service.deadline} (지난 기한이에요)" if over(service, today) else service.deadline),
        ("담당", " ".join(filter(None, (service.agency, service.department)))),
    ]
    facts = [Fact(label=label, value=value if whole else _brief(value)) for label, value in rows if value]
    facts += _phones(service, whole=whole)
    if whole and service.laws:
        facts.append(Fact(label="근거", value=", ".join(service.laws)))
    if service.updated_at:
        facts.append(Fact(label="고친 날", value=service.updated_at.date().isoformat()))
    facts.append(Fact(label="출처", value=SOURCE, url=service.url or None))
    shown = text if whole else shorten(text, CARD_TEXT)
    short = shown != text or any(_brief(value) != value for _, value in rows)
    known = service.criteria or service.documents or service.laws
    buttons = [Button(label="온라인 신청", url=url) for url in service.online[:1]]
    if not whole and (short or known):
        buttons.insert(0, Button(label=more, payload=payload(SEARCH, **{SERVICE: service.id})))
    return Card(title=service.name, text=shown, facts=tuple(facts), buttons=tuple(buttons))


def over(service: PublicService, today: date) -> bool:
    """Whether its last day to apply is known to be past."""
    last = read_deadline(service.deadline, today).last
    return last is not None and last < today


def _phones(service: PublicService, *, whole: bool) -> list[Fact]:
    """Whom to call; only what can be dialled becomes a link."""
    found = []
    for contact in service.contacts[: None if whole else 1]:
        number = _PHONE.search(contact.phone)
        value = " ".join(
            filter(None, (contact.name if contact.name != service.agency else "", contact.phone))
        )
        found.append(
            Fact(label="전화" if number else "문의", value=value, url=tel(number[0]) if number else None)
        )
    return found


def _brief(text: str) -> str:
    return text if len(text) <= _FACT else cut(text, _FACT)
