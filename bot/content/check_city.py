"""Rules for `departments.yml` and `persona.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.content.document import Document
from bot.content.lines_twins import SPOKEN
from bot.content.models import CalendarFile, DepartmentFile, Hours, Persona
from bot.content.persona import BUTTONS, COMMON, KEYS, MAX_LABEL, PLACEHOLDER
from bot.content.problem import Problem, did_you_mean

_PHONE = re.compile(r"[0-9]{2,4}(-[0-9]{3,4}){1,2}|1[0-9]{2}")


def check_departments(file: DepartmentFile, document: Document) -> list[Problem]:
    """Every fault in the departments that the schema cannot see."""
    found: list[Problem] = []
    ids: dict[str, int] = {}
    for index, department in enumerate(file.departments):
        at = ("departments", index)
        if ids.setdefault(department.id, index) != index:
            line = document.line("departments", ids[department.id])
            said = f"부서 id ‘{department.id}’는 {line}행에서 이미 썼어요"
            found.append(document.problem("duplicate-id", said, "둘 중 하나의 id를 바꿔 주세요.", *at, "id"))
        if not _PHONE.fullmatch(department.phone):
            said = f"전화번호 ‘{department.phone}’ 꼴이 맞지 않아요"
            found.append(document.problem("phone", said, "099-120-1000처럼 적어 주세요.", *at, "phone"))
        if not department.handles:
            said, remedy = (
                f"‘{department.name}’이 맡은 일이 없어요",
                "handles에 시민이 쓸 낱말을 적어 주세요.",
            )
            found.append(document.problem("handles", said, remedy, *at))
        for name in _bad_spans(department.hours):
            said, remedy = f"{name}: 여는 시각이 닫는 시각보다 늦어요", "이른 시각을 앞에 적어 주세요."
            found.append(document.problem("hours", said, remedy, *at, "hours", name))
    if file.default not in ids:
        said = f"default ‘{file.default}’라는 부서가 없어요.{did_you_mean(file.default, ids)}"
        found.append(document.problem("default", said, "departments에 있는 id를 적어 주세요.", "default"))
    return found


def _bad_spans(hours: Hours) -> Iterator[str]:
    for name in ("weekdays", "saturday", "sunday", "holidays", "lunch"):
        span = getattr(hours, name)
        if span and span[0] >= span[1]:
            yield name


def check_calendar(file: CalendarFile, departments: DepartmentFile, document: Document) -> list[Problem]:
    """Every fault in the calendar that the schema cannot see."""
    found: list[Problem] = []
    ids = {department.id for department in departments.departments}
    for index, day in enumerate(file.days):
        at = ("days", index)
        if day.until and day.until < day.on:
            said, remedy = f"‘{day.name}’: 마지막 날이 첫날보다 빨라요", "until에 더 늦은 날을 적어 주세요."
            found.append(document.problem("calendar", said, remedy, *at, "until"))
        if day.hours and day.hours[0] >= day.hours[1]:
            said = f"‘{day.name}’: 여는 시각이 닫는 시각보다 늦어요"
            found.append(document.problem("hours", said, "이른 시각을 앞에 적어 주세요.", *at, "hours"))
        for id_ in day.departments:
            if id_ not in ids:
                said = f"‘{day.name}’: ‘{id_}’라는 부서가 없어요.{did_you_mean(id_, ids)}"
                remedy = "departments.yml에 있는 id를 적어 주세요."
                found.append(document.problem("owner", said, remedy, *at, "departments"))
    return found


def check_persona(persona: Persona, document: Document) -> list[Problem]:
    """Every fault in the persona that the schema cannot see."""
    return [
        *_check_keys(persona, document),
        *_check_wordings(persona, document),
        *_check_intents(persona, document),
        *_check_menu(persona, document),
    ]


def _check_intents(persona: Persona, document: Document) -> Iterator[Problem]:
    """What is said to intents of staff's own: something, and with no place that nobody fills in."""
    for name, variants in persona.intents.items():
        if not any(text.strip() for text in variants):
            said = f"‘{name}’에 할 말이 없어요"
            yield document.problem("missing-key", said, "문장을 적거나 이 줄을 지워 주세요.", "intents", name)
        for index, text in enumerate(variants):
            unknown = set(PLACEHOLDER.findall(text)) - COMMON - persona.emoji.keys()
            for place in sorted(unknown):
                said = f"‘{{{place}}}’ 자리는 여기서 쓸 수 없어요"
                remedy = f"쓸 수 있는 것: {', '.join(sorted(COMMON | persona.emoji.keys()))}"
                yield document.problem("placeholder", said, remedy, "intents", name, index)


def _check_keys(persona: Persona, document: Document) -> Iterator[Problem]:
    for key in persona.says:
        if key not in KEYS:
            said = f"‘{key}’는 봇이 쓰지 않는 말이에요.{did_you_mean(key, KEYS)}"
            yield document.problem("unknown-key", said, "이름을 고치거나 지워 주세요.", "says", key)
    for key, line in KEYS.items():
        if not any(text.strip() for text in persona.says.get(key, ())):
            said = f"‘{key}’({line.use})의 말이 없어요"
            yield document.problem(
                "missing-key", said, f"says 아래 ‘{key}:’에 문장을 적어 주세요.", "says", key
            )
    taken = COMMON | {name for line in KEYS.values() for name in line.values | line.sometimes}
    for name in persona.emoji:
        if name in taken or not re.fullmatch(r"[A-Za-z_]+", name):
            said = f"이모지 이름 ‘{name}’은 쓸 수 없어요"
            yield document.problem("emoji", said, "다른 영어 낱말로 지어 주세요. 예: smile", "emoji", name)


def _check_wordings(persona: Persona, document: Document) -> Iterator[Problem]:
    yield from _check_says(persona, persona.says, document, "says")
    for language, says in persona.says_in.items():
        at = ("says_in", language)
        yield from _check_says(persona, says, document, *at)
        for key in says.keys() - SPOKEN:
            said = f"‘{key}’는 다른 언어로는 쓰지 않는 말이에요.{did_you_mean(key, SPOKEN)}"
            yield document.problem("unknown-key", said, "이름을 고치거나 지워 주세요.", *at, key)
        if missing := sorted(SPOKEN - says.keys()):
            said = f"{language}: 아직 없는 말이 {len(missing)}개 있어요 (처음: ‘{missing[0]}’)"
            remedy = "적기 전까지는 한국어로 말해요."
            yield replace(document.problem("missing-key", said, remedy, *at), severity="warning")


def _check_says(
    persona: Persona, says: Mapping[str, tuple[str, ...]], document: Document, *place: int | str
) -> Iterator[Problem]:
    for key, variants in says.items():
        if key not in KEYS:
            continue
        allowed = COMMON | KEYS[key].values | KEYS[key].sometimes | persona.emoji.keys()
        for index, text in enumerate(variants):
            at = (*place, key, index)
            if not text.strip():
                yield document.problem(
                    "empty", f"{key}: 빈 문장이 있어요", "문장을 적거나 줄을 지워 주세요.", *at
                )
            yield from _check_placeholders(key, text, allowed, document, *at)
            if key in BUTTONS and (len(text.strip()) > MAX_LABEL or "\n" in text.strip()):
                said = f"{key}: 단추 이름이 너무 길어요 (최대 {MAX_LABEL}자, 한 줄)"
                yield document.problem("too-long", said, "짧게 줄여 주세요.", *at)
        if len(set(variants)) < len(variants):
            twin = document.problem(
                "duplicate", f"{key}: 같은 문장이 두 번 있어요", "하나를 지워 주세요.", *place, key
            )
            yield replace(twin, severity="warning")


def _check_placeholders(
    key: str, text: str, allowed: frozenset[str], document: Document, *at: int | str
) -> Iterator[Problem]:
    for name in PLACEHOLDER.findall(text):
        if name not in allowed:
            said = f"{key}: ‘{{{name}}}’ 자리는 여기서 쓸 수 없어요.{did_you_mean(name, allowed)}"
            remedy = f"쓸 수 있는 것: {', '.join(sorted(allowed))}"
            yield document.problem("placeholder", said, remedy, *at)
    if "{" in (rest := PLACEHOLDER.sub("", text)) or "}" in rest:
        said, remedy = f"{key}: 중괄호의 짝이 맞지 않아요", "{name}처럼 여닫아 주세요."
        yield document.problem("placeholder", said, remedy, *at)


def _check_menu(persona: Persona, document: Document) -> Iterator[Problem]:
    allowed = frozenset(COMMON | persona.emoji.keys())
    labels: set[str] = set()
    for index, item in enumerate(persona.menu):
        if not item.label.strip() or item.label in labels:
            said = f"menu: 단추 이름 ‘{item.label}’이 비었거나 두 번 있어요"
            yield document.problem("menu", said, "서로 다른 이름을 적어 주세요.", "menu", index, "label")
        labels.add(item.label)
        yield from _check_placeholders("menu", item.label, allowed, document, "menu", index, "label")
    if not persona.menu:
        yield document.problem("menu", "메뉴가 비어 있어요", "자주 묻는 것을 하나 이상 적어 주세요.", "menu")
    elif len(persona.menu) > 10:
        many = document.problem(
            "menu",
            "메뉴가 10개보다 많아요",
            "자주 쓰는 것만 남겨 주세요. 메신저에 따라 뒤쪽이 안 보여요.",
            "menu",
        )
        yield replace(many, severity="warning")
    if not persona.handoff_words:
        said = "handoff_words가 비어 있어요"
        yield document.problem("handoff", said, "‘상담원’처럼 사람을 찾는 말을 적어 주세요.", "handoff_words")
