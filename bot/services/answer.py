"""The answer of a service: checked against the fields its file names, and written as citizens read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from bot.content.hours import named_day
from bot.content.models import Department, Slug
from bot.services.models import Definition, Parameter, Rows
from bot.services.reading import Options

MOST_ROWS = 200
"""Rows of a list that are read."""
_LONG = 2000
_TEXT = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONG)]
_TYPES: Mapping[str, TypeAdapter[Any]] = {
    "text": TypeAdapter(Annotated[_TEXT, Field(coerce_numbers_to_str=True)]),
    "number": TypeAdapter(int),
    "won": TypeAdapter(int),
    "date": TypeAdapter(date),
    "time": TypeAdapter(Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]$")]),
    "phone": TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[0-9-]{3,20}$")]),
    "yes_no": TypeAdapter(bool),
    "department": TypeAdapter(Slug),
}

Facts = dict[str, Any]
"""Field → text, number, date, truth value, None where it is missing, or a list of the same."""


class UnfitAnswer(ValueError):
    """The answer is not what the file promises; the text names the fields and never their values."""


def read_answer(definition: Definition, body: bytes) -> Facts:
    """The fields that the file names. Raises `UnfitAnswer`."""
    if not definition.answer:
        return {}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise UnfitAnswer("not JSON") from None
    return check_answer(definition, data)


def check_answer(definition: Definition, data: object) -> Facts:
    """The same for JSON that has been read already."""
    faults: list[str] = []
    facts = _object({**definition.answer}, data, "", faults)
    if faults:
        raise UnfitAnswer(", ".join(faults))
    return facts


def _object(fields: Mapping[str, str | Rows], data: object, where: str, faults: list[str]) -> Facts:
    if not isinstance(data, dict):
        faults.append(where or "no object")
        return {}
    facts: Facts = {}
    for name, field in fields.items():
        place = f"{where}{name}"
        if isinstance(field, Rows):
            facts[name] = _rows(field, data.get(name), place, faults)
        else:
            facts[name] = _value(field, data.get(name), place, faults)
    return facts


def _rows(field: Rows, data: object, place: str, faults: list[str]) -> list[Facts]:
    if not isinstance(data, list):
        faults.append(place)
        return []
    return [_object({**field.list}, row, f"{place}.", faults) for row in data[:MOST_ROWS]]


def _value(field: str, data: object, place: str, faults: list[str]) -> object:
    kind, optional = field.removesuffix("?"), field.endswith("?")
    if data is None or (isinstance(data, str) and not data.strip()):
        if not optional:
            faults.append(place)
        return None
    try:
        return _TYPES[kind].validate_python(data)
    except ValidationError:
        faults.append(place)
        return None


Named = Callable[[str | None], Department]
"""The department of an id; the call centre for one that is not known."""


def shown_facts(fields: Mapping[str, str | Rows], facts: Facts, today: date, who: Named) -> dict[str, str]:
    """Placeholder → text for all fields but lists, of which `{name}` is the number of rows.

    A field of type department has a second placeholder with `_phone` behind its name.
    """
    shown: dict[str, str] = {}
    for name, field in fields.items():
        value = facts.get(name)
        if isinstance(field, Rows):
            shown[name] = str(len(value or ()))
        elif field.startswith("department"):
            department = who(value) if value else None
            shown[name] = department.name if department else ""
            shown[f"{name}_phone"] = department.phone if department else ""
        else:
            shown[name] = _shown(field.removesuffix("?"), value, today)
    return shown


def _shown(kind: str, value: object, today: date) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return said_day(value, today)
    if kind == "won":
        return f"{value:,}원"
    if kind == "number":
        return f"{value:,}"
    if kind == "yes_no":
        return "네" if value else "아니요"
    return str(value)


def said_day(day: date, today: date) -> str:
    """`11월 30일(월)`, with the year when it is another one."""
    return named_day(day) if day.year == today.year else f"{day.year}년 {named_day(day)}"


def shown_parameter(parameter: Parameter, value: str, options: Options, today: date) -> str:
    """A parameter's value as the citizen would say it."""
    if parameter.type == "date":
        return said_day(date.fromisoformat(value), today)
    if parameter.type == "date_range":
        first, last = (said_day(date.fromisoformat(iso), today) for iso in value.split("/"))
        return first if first == last else f"{first}~{last}"
    return options.label(value)


def given(facts: Facts, name: str) -> str:
    """A field as it is given on to another service."""
    value = facts.get(name)
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
