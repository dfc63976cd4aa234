"""What is wrong in the domain, the rules and the stories, as far as it can be told without Rasa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.content.document import Document, Unreadable, read_document
from bot.content.problem import Problem, did_you_mean

RASA_ACTIONS = frozenset(
    {"action_listen", "action_restart", "action_session_start", "action_default_fallback",
     "action_deactivate_loop", "action_revert_fallback_events", "action_default_ask_affirmation",
     "action_default_ask_rephrase", "action_two_stage_fallback", "action_unlikely_intent", "action_back",
     "action_extract_slots"}
)  # fmt: skip
"""Actions that Rasa 3.6 has of its own (`rasa.shared.core.constants.DEFAULT_ACTION_NAMES`)."""
RASA_INTENTS = frozenset({"nlu_fallback", "restart", "back", "session_start"})
_KINDS = {"rules": "rule", "stories": "story"}
_STEPS = frozenset(
    {
        "intent",
        "action",
        "active_loop",
        "slot_was_set",
        "or",
        "checkpoint",
        "user",
        "bot",
        "entities",
        "metadata",
    }
)


@dataclass(frozen=True)
class _Domain:
    """The names that rules may use."""

    intents: frozenset[str]
    entities: frozenset[str]
    slots: frozenset[str]
    forms: frozenset[str]
    actions: frozenset[str]


@dataclass(frozen=True)
class _Place:
    """A part of a file of rules or stories."""

    document: Document
    at: tuple[int | str, ...]

    def problem(self, rule: str, said: str, remedy: str, *more: int | str) -> Problem:
        return self.document.problem(rule, said, remedy, *self.at, *more)

    def __truediv__(self, step: int | str) -> _Place:
        return _Place(self.document, (*self.at, step))


def check_dialogue(domain_file: Path, data: Path) -> list[Problem]:
    """Every fault in a domain and in the rules and stories under `data`; none where there is no domain."""
    if not domain_file.exists():
        return []
    try:
        document = read_document(domain_file)
    except Unreadable as error:
        return [error.problem]
    problems = list(_domain_shape(document))
    domain = _read(document.data if isinstance(document.data, dict) else {})
    for folder in ("rules", "stories"):
        for file in sorted((data / folder).rglob("*.y*ml")):
            if file.name.startswith((".", "~")):
                continue
            try:
                found = read_document(file)
            except Unreadable as error:
                problems.append(error.problem)
                continue
            problems += _file(found, domain)
    return problems


def _domain_shape(document: Document) -> Iterator[Problem]:
    if not isinstance(document.data, dict) or "intents" not in document.data:
        yield document.problem(
            "domain", "알아듣는 뜻의 목록(intents)이 없어요", "intents: 아래에 적어 주세요."
        )
        return
    for key in ("intents", "entities", "actions"):
        names = [_name(item) for item in _list(document.data.get(key))]
        for at, name in enumerate(names):
            if name in names[:at]:
                said = f"‘{name}’이 {key}에 두 번 있어요"
                yield document.problem("twice", said, "하나를 지워 주세요.", key, at)
    domain = _read(document.data)
    for form, content in _mapping(document.data.get("forms")).items():
        for slot in _list(_mapping(content).get("required_slots")):
            if slot not in domain.slots:
                said = f"양식 ‘{form}’이 물어볼 ‘{slot}’이 slots에 없어요."
                said += did_you_mean(str(slot), domain.slots)
                yield document.problem("slot", said, "이름을 고치거나 slots에 더해 주세요.", "forms", form)


def _read(data: Mapping[str, Any]) -> _Domain:
    def names(key: str) -> frozenset[str]:
        return frozenset(map(_name, _list(data.get(key))))

    forms = frozenset(_mapping(data.get("forms")))
    responses = frozenset(_mapping(data.get("responses")))
    return _Domain(
        names("intents") | RASA_INTENTS,
        names("entities"),
        frozenset(_mapping(data.get("slots"))) | {"requested_slot"},
        forms,
        names("actions") | forms | responses | RASA_ACTIONS,
    )


def _file(document: Document, domain: _Domain) -> Iterator[Problem]:
    data = document.data
    if not isinstance(data, dict) or not any(key in data for key in _KINDS):
        said = "규칙(rules:)이나 이야기(stories:)가 없어요"
        yield document.problem("dialogue", said, "rules: 아래에 ‘- rule: 이름’으로 적어 주세요.")
        return
    for key, kind in _KINDS.items():
        for index, entry in enumerate(_list(data.get(key))):
            place = _Place(document, (key, index))
            title = entry.get(kind) if isinstance(entry, dict) else None
            if not title:
                yield place.problem(
                    "dialogue", f"이름({kind}:)이 없어요", f"‘- {kind}: 이름’으로 적어 주세요."
                )
                continue
            if _twice(data, key, kind, index, title):
                said = f"‘{title}’이라는 이름이 이 파일에 이미 있어요"
                again = place.problem("twice", said, "다른 이름을 붙여 주세요.", kind)
                yield replace(again, severity="warning")
            if not _list(entry.get("steps")):
                yield place.problem(
                    "dialogue", f"‘{title}’에 할 일(steps:)이 없어요", "steps: 아래에 적어 주세요."
                )
            for part in ("condition", "steps"):
                for at, step in enumerate(_list(entry.get(part))):
                    yield from _step(place / part / at, step, domain)


def _twice(data: Mapping[str, Any], key: str, kind: str, index: int, title: str) -> bool:
    return any(_mapping(entry).get(kind) == title for entry in _list(data[key])[:index])


def _step(place: _Place, step: Any, domain: _Domain) -> Iterator[Problem]:
    if not isinstance(step, dict):
        yield place.problem(
            "dialogue", "알아볼 수 없는 줄이에요", "‘- intent: 이름’이나 ‘- action: 이름’으로 적어 주세요."
        )
        return
    for name in step.keys() - _STEPS:
        said = f"‘{name}’은 모르는 이름이에요.{did_you_mean(str(name), _STEPS)}"
        yield place.problem(
            "unknown-key", said, "intent, action, active_loop, slot_was_set 가운데 하나를 써 주세요."
        )
    for at, one in enumerate(_list(step.get("or"))):
        yield from _step(place / "or" / at, one, domain)
    names = (
        ("intent", domain.intents, "알아듣는 뜻"),
        ("action", domain.actions, "챗봇이 하는 일"),
        ("active_loop", domain.forms, "양식"),
    )
    for key, known, what in names:
        name = step.get(key)
        if name is not None and str(name) not in known:
            said = f"{what} ‘{name}’이 domain.yml에 없어요.{did_you_mean(str(name), known)}"
            yield place.problem(key, said, "이름을 고치거나 domain.yml에 더해 주세요.", key)
    for slot in _list(step.get("slot_was_set")):
        for name in slot if isinstance(slot, dict) else [slot]:
            if str(name) not in domain.slots:
                said = f"기억하는 것 ‘{name}’이 domain.yml의 slots에 없어요."
                said += did_you_mean(str(name), domain.slots)
                yield place.problem("slot", said, "이름을 고쳐 주세요.", "slot_was_set")
    for entity in _list(step.get("entities")):
        for name in entity if isinstance(entity, dict) else [entity]:
            if str(name) not in domain.entities:
                said = f"낱말 ‘{name}’이 domain.yml의 entities에 없어요."
                said += did_you_mean(str(name), domain.entities)
                odd = place.problem("entity", said, "이름을 고치거나 더해 주세요.", "entities")
                yield replace(odd, severity="warning")


def _name(item: Any) -> str:
    """Of an entry of the domain: its text, or the one name of a mapping with settings."""
    return str(next(iter(item), "")) if isinstance(item, dict) else str(item)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
