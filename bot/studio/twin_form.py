"""The part of an answer's form that says the answer otherwise: in plain language, in other languages.

A twin counts as confirmed only as long as neither it nor the answer changes after somebody confirmed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from multidict import MultiMapping

from bot.content.models import LANGUAGES
from bot.studio.typed import clean
from bot.studio.yaml_text import same

PLAIN = "plain"
TWINS = (PLAIN, *LANGUAGES)
"""What the form calls them."""


@dataclass(frozen=True)
class Shown:
    """A twin as it stands in the form."""

    name: str
    questions: str
    """One a line; empty for plain language, which has none of its own."""
    answer: str
    verified_on: str
    links: str = ""
    """One a line, `name | address`; plain language has those of the answer."""


def read(form: MultiMapping[Any], before: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """`plain` and `translations` as they were typed; a form without them changes none."""
    if f"{PLAIN}_answer" not in form:
        return {name: before[name] for name in (PLAIN, "translations") if name in before}
    stale = not same(before.get("answer") or "", answer)
    plain = _twin(_mapping(before.get(PLAIN)), form, PLAIN, stale)
    known = _mapping(before.get("translations"))
    translations = {name: _twin(_mapping(known.get(name)), form, name, stale) for name in LANGUAGES}
    rest = {name: value for name, value in known.items() if name not in LANGUAGES}
    written = {name: value for name, value in translations.items() if value} | rest
    return {name: value for name, value in ((PLAIN, plain), ("translations", written)) if value}


def shown(fields: Mapping[str, Any]) -> list[Shown]:
    """What stands in the form, plain language first."""
    translations = _mapping(fields.get("translations"))
    twins = [(PLAIN, _mapping(fields.get(PLAIN)))]
    twins += [(name, _mapping(translations.get(name))) for name in LANGUAGES]
    return [
        Shown(
            name,
            "\n".join(map(str, _list(twin.get("questions")))),
            str(twin.get("answer") or ""),
            str(twin.get("verified_on") or ""),
            "\n".join(map(_link_line, _list(twin.get("links")))),
        )
        for name, twin in twins
    ]


def verified(fields: Mapping[str, Any], name: str, today: date) -> dict[str, Any]:
    """The fields with one twin, where there is one, confirmed today."""
    if name == PLAIN and _mapping(fields.get(PLAIN)):
        return {**fields, PLAIN: {**fields[PLAIN], "verified_on": today.isoformat()}}
    translations = _mapping(fields.get("translations"))
    if name in translations and isinstance(translations[name], dict):
        twin = {**translations[name], "verified_on": today.isoformat()}
        return {**fields, "translations": {**translations, name: twin}}
    return dict(fields)


def _twin(old: Mapping[str, Any], form: MultiMapping[Any], name: str, stale: bool) -> dict[str, Any]:
    typed: dict[str, Any] = {"answer": _text(form, f"{name}_answer")}
    if name != PLAIN:
        lines = (" ".join(line.split()) for line in _text(form, f"{name}_questions").split("\n"))
        typed = {"questions": [line for line in lines if line], **typed}
        if f"{name}_links" in form:
            given = _text(form, f"{name}_links").split("\n")
            typed["links"] = [_link(line) for line in given if line.strip()]
    if not any(typed.values()):
        return {}
    changed = stale or any(not same(old.get(part) or "", value or "") for part, value in typed.items())
    kept = {part: value for part, value in old.items() if not (changed and part == "verified_on")}
    return {part: value for part, value in {**kept, **typed}.items() if value}


def _link_line(link: Any) -> str:
    return " | ".join(str(_mapping(link).get(part) or "") for part in ("label", "url"))


def _link(line: str) -> dict[str, str]:
    """What a line says; a line without a bar is an address, or a name that lacks one."""
    label, bar, url = (part.strip() for part in line.rpartition("|"))
    if not bar and not url.startswith("https://"):
        label, url = url, ""
    return {"label": label, "url": url}


def _text(form: MultiMapping[Any], name: str) -> str:
    return clean(str(form.get(name, "")))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
