"""An answer's form: what was typed becomes fields, and fields become what stands in the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from bot.studio import twin_form
from bot.studio.answer_text import Written
from bot.studio.typed import clean

FIELDS = (
    "questions",
    "answer",
    "owner",
    "source",
    "links",
    "valid_from",
    "valid_until",
    "confirmed_on",
    "example",
)
"""Names of an answer that the form writes; others stay as they are."""


Typed = MultiMapping[Any]
"""A form as a browser sends it."""


@dataclass(frozen=True)
class Row:
    """A question or a link in the form."""

    text: str
    url: str = ""


def read(form: Typed, before: Written) -> Written:
    """What was typed, on top of what the answer has beside it; what is empty is not there."""
    links = [
        {name: value for name, value in (("label", label), ("url", url)) if value}
        for label, url in zip(_all(form, "label"), _all(form, "url"), strict=False)
        if label or url
    ]
    source = before.fields.get("source")
    kept = source if isinstance(source, dict) else {}
    typed: dict[str, Any] = {
        "questions": [each for each in _all(form, "question") if each],
        "answer": clean(str(form.get("answer", ""))),
        "owner": _one(form, "owner"),
        "source": {**kept, "title": _one(form, "source_title"), "url": _one(form, "source_url")},
        "links": links,
        "valid_from": _one(form, "valid_from"),
        "valid_until": _one(form, "valid_until"),
        "confirmed_on": _one(form, "confirmed_on"),
        "example": "true" if form.get("example") else "",
    }
    typed["source"] = {name: value for name, value in typed["source"].items() if value}
    known = (*FIELDS, twin_form.PLAIN, "translations")
    rest = {name: value for name, value in before.fields.items() if name not in known}
    rest |= twin_form.read(form, before.fields, typed["answer"])
    if not form.get("example") and before.fields.get("example") == "false":
        typed["example"] = "false"
    fields = {**rest, **{name: value for name, value in typed.items() if value}}
    return Written(_one(form, "topic") or before.topic, fields)


def rows(form: Typed, do: str) -> tuple[list[Row], list[Row]]:
    """The questions and links of a form after one of its buttons, e.g. `question:up:2`, was pressed."""
    questions = [Row(each) for each in _all(form, "question")]
    links = [Row(*each) for each in zip(_all(form, "label"), _all(form, "url"), strict=False)]
    which, _, step = do.partition(":")
    if which in ("question", "link"):
        _step(questions if which == "question" else links, step)
    return questions, links


def _step(listed: list[Row], step: str) -> None:
    what, _, number = step.partition(":")
    place = int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else len(listed)
    if what == "add":
        listed.append(Row(""))
    elif place >= len(listed):
        return
    elif what == "out":
        del listed[place]
    elif what == "up" and place > 0:
        listed[place - 1 : place + 1] = [listed[place], listed[place - 1]]
    elif what == "down" and place + 1 < len(listed):
        listed[place : place + 2] = [listed[place + 1], listed[place]]


def shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the form: texts, and rows of questions and links."""
    source = fields.get("source")
    given = source if isinstance(source, dict) else {"title": source or ""}
    links = fields.get("links")
    questions = fields.get("questions")
    return {
        **{
            name: str(fields.get(name) or "")
            for name in FIELDS
            if name not in ("questions", "links", "source")
        },
        "example": str(fields.get("example", "")).lower() == "true",
        "source_title": str(given.get("title") or ""),
        "source_url": str(given.get("url") or ""),
        "questions": [Row(str(each)) for each in (questions if isinstance(questions, list) else [])],
        "links": [
            Row(str(each.get("label") or ""), str(each.get("url") or ""))
            for each in (links if isinstance(links, list) else [])
            if isinstance(each, dict)
        ],
    }


def _all(form: Typed, name: str) -> list[str]:
    return [" ".join(clean(str(each)).split()) for each in form.getall(name, [])]


def _one(form: Typed, name: str) -> str:
    return " ".join(clean(str(form.get(name, ""))).split())
