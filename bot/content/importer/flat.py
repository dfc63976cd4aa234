"""An answer as the cells of one row, by the names of `FIELDS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.content.importer.cells import clean, link_lines, one_line
from bot.content.models import LANGUAGES

PARTS: Mapping[str, tuple[str, ...]] = {
    "question": ("questions",),
    "variants": ("questions",),
    "answer": ("answer",),
    "owner": ("owner",),
    "source": ("source",),
    "url": ("source",),
    "links": ("links",),
    "confirmed_on": ("confirmed_on",),
    "valid_from": ("valid_from",),
    "valid_until": ("valid_until",),
    "example": ("example",),
    "plain": ("plain",),
    "plain_verified_on": ("plain",),
    **{
        f"{language}_{name}": ("translations", language)
        for language in LANGUAGES
        for name in ("question", "variants", "answer", "links", "verified_on")
    },
}
"""Which part of an answer a cell is of."""


def cells_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """The cells of an answer's fields, plain values as they are read from files (id and topic left out)."""
    source, plain = _mapping(fields.get("source")), _mapping(fields.get("plain"))
    cells = {
        **_asked(fields, ""),
        "answer": _text(fields.get("answer")),
        "owner": _text(fields.get("owner")),
        "source": one_line(_text(source.get("title"))),
        "url": one_line(_text(source.get("url"))),
        "links": _links(fields.get("links")),
        "confirmed_on": _text(fields.get("confirmed_on")),
        "valid_from": _text(fields.get("valid_from")),
        "valid_until": _text(fields.get("valid_until")),
        "example": "예" if _text(fields.get("example")).lower() == "true" else "",
        "plain": _text(plain.get("answer")),
        "plain_verified_on": _text(plain.get("verified_on")),
    }
    for language in LANGUAGES:
        twin = _mapping(_mapping(fields.get("translations")).get(language))
        cells |= _asked(twin, f"{language}_")
        cells[f"{language}_answer"] = _text(twin.get("answer"))
        cells[f"{language}_links"] = _links(twin.get("links"))
        cells[f"{language}_verified_on"] = _text(twin.get("verified_on"))
    return cells


def _asked(fields: Mapping[str, Any], prefix: str) -> dict[str, str]:
    questions = list(dict.fromkeys(one_line(str(each)) for each in fields.get("questions") or ()))
    return {f"{prefix}question": "".join(questions[:1]), f"{prefix}variants": "\n".join(questions[1:])}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return "" if value is None else clean(str(value))


def _links(value: Any) -> str:
    return link_lines(
        {"label": one_line(str(each.get("label", ""))), "url": one_line(str(each.get("url", "")))}
        for each in value or ()
        if isinstance(each, Mapping)
    )
