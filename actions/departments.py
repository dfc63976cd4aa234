"""Which department to name, and how its contact is shown."""

from __future__ import annotations

import re
from datetime import datetime

from bot.content.duties import default, department, likely, named
from bot.content.hours import opening
from bot.content.models import Department
from bot.messages import Button, Card, Fact

__all__ = [
    "call_button",
    "contact_card",
    "contact_facts",
    "default",
    "department",
    "likely",
    "named",
    "tel",
]


def contact_facts(who: Department, now: datetime) -> tuple[Fact, ...]:
    """Who, phone that dials, and whether somebody is there now."""
    return (
        Fact(label="담당", value=who.name),
        Fact(label="전화", value=who.phone, url=tel(who.phone)),
        Fact(label="지금", value=opening(who, now).text),
    )


def contact_card(who: Department, now: datetime) -> Card:
    """A card with nothing but the contact."""
    place = (Fact(label="위치", value=who.place),) if who.place else ()
    return Card(title=who.name, facts=contact_facts(who, now)[1:] + place)


def call_button(who: Department) -> Button:
    """A button that dials the department."""
    return Button(label=f"{who.name} 전화", url=tel(who.phone))


def tel(phone: str) -> str:
    """The link that dials a number."""
    return "tel:" + re.sub(r"[^0-9+]", "", phone)
