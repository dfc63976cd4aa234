"""What is wrong with an answer while it is being written, by the field in which it is put right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.content.check import RULES, Answers
from bot.content.check_texts import fold
from bot.content.document import Document, Unreadable, parse_document
from bot.content.load import answers_of
from bot.content.problem import Problem, Severity
from bot.studio.answer_text import read_answer
from bot.studio.yaml_text import mapping

LONGEST = 100_000
"""Characters of an answer with all its fields that a draft holds."""
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--|&[a-z]{2,8};")
_LATER = frozenset({"no-owner", "no-confirmed-on"})
"""Rules about whole files; the form shows an empty field."""
_PATH = Path("answer.yml")
_HEAD = "topic: .\nentries:\n  - "
_EMPTY: Mapping[str, Any] = {"id": "new", "questions": ["…"], "answer": "…", "source": {"title": "…"}}
"""Stands in for what is not written yet, so that the rest is looked at."""


@dataclass(frozen=True)
class Fault:
    """One fault."""

    field: str
    """Name of the answer's field."""
    place: int | None
    """Which question or link, from 0."""
    message: str
    remedy: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}"


@dataclass(frozen=True)
class Around:
    """What an answer is looked at with."""

    departments: frozenset[str]
    asked: Mapping[str, str]
    """Which answer a question belongs to, by the folded question."""
    own_address: str
    """Of our web chat; empty when citizens cannot reach it by one."""
    today: date


def faults(text: str, id_: str, around: Around) -> list[Fault]:
    """Everything that the content check finds in a draft of an answer, and what only its writer can do wrong.

    Raises `bot.content.document.Unreadable` for a text that is none.
    """
    fields = dict(read_answer(text).fields)
    wrong = _looked_at(fields, around)
    rest = {name: value for name, value in fields.items() if name not in {fault.field for fault in wrong}}
    more = _looked_at(rest, around) if wrong else []  # what the rules find only where the form is right
    found = [*wrong, *(fault for fault in more if fault not in wrong)]
    return [
        *_missing(fields),
        *found,
        *_twins(fields, id_, around),
        *_markup(fields),
        *_circles(fields, around),
    ]


def _looked_at(fields: Mapping[str, Any], around: Around) -> list[Fault]:
    """What the content check says of fields."""
    source = {**_EMPTY["source"], **_mapping(fields.get("source"))}
    document = parse_document(_HEAD + mapping({**_EMPTY, **fields, "source": source}, 4), _PATH)
    file = answers_of(document)
    answers = Answers((file,), around.departments, around.today)
    problems = [*file.problems, *(problem for rule in RULES for problem in rule(answers))]
    return [_placed(problem, document) for problem in problems if problem.rule not in _LATER]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _missing(fields: Mapping[str, Any]) -> Iterator[Fault]:
    if not fields.get("questions"):
        yield Fault("questions", 0, "질문이 없어요", "시민이 물을 말을 한 줄 이상 적어 주세요.", "error")
    if not fields.get("answer"):
        yield Fault("answer", None, "답변이 비어 있어요", "시민에게 할 말을 적어 주세요.", "error")
    if not _mapping(fields.get("source")).get("title"):
        remedy = "법령, 고시, 누리집처럼 사실이 적혀 있는 곳을 적어 주세요."
        yield Fault("source", None, "출처가 없어요", remedy, "error")
    if not fields.get("owner"):
        remedy = "부서를 고르면 답변 아래에 담당 부서와 전화가 나와요."
        yield Fault("owner", None, "담당 부서를 고르지 않았어요", remedy, "warning")
    if not fields.get("confirmed_on"):
        remedy = "사실을 확인하고 ‘오늘 확인했어요’를 눌러 주세요."
        yield Fault("confirmed_on", None, "확인한 날이 없어요", remedy, "warning")


def _placed(problem: Problem, document: Document) -> Fault:
    """A problem's line as the field that stands there."""
    entry = ("entries", 0)
    field, place = "answer", None
    for name in document.names(*entry):
        if document.line(*entry, name) > problem.line:
            break
        field = name
    if field in ("questions", "links"):
        items = document.data["entries"][0].get(field, [])
        lines = [document.line(*entry, field, i) for i in range(len(items) if isinstance(items, list) else 0)]
        place = next((i for i in reversed(range(len(lines))) if lines[i] <= problem.line), None)
    if field == "source" and document.line(*entry, field, "url") == problem.line:
        field = "source_url"
    message = problem.message.partition(": ")[2] if problem.rule == "schema" else problem.message
    return Fault(field, place, message or problem.message, problem.remedy, problem.severity)


def _twins(fields: Mapping[str, Any], id_: str, around: Around) -> Iterator[Fault]:
    """Questions that another answer has already."""
    questions = fields.get("questions")
    for place, question in enumerate(questions if isinstance(questions, list) else []):
        other = around.asked.get(fold(str(question)), id_)
        if other != id_:
            message = f"질문 ‘{str(question)[:40]}’이 답변 ‘{other}’에도 있어요"
            yield Fault("questions", place, message, "한쪽에만 남기거나 두 답변을 합쳐 주세요.", "error")


def _markup(fields: Mapping[str, Any]) -> Iterator[Fault]:
    """Tags and the like: citizens would see them as they are."""
    questions = fields.get("questions")
    parts: list[tuple[str, int | None, Any]] = [("answer", None, fields.get("answer"))]
    parts += [("questions", place, each) for place, each in enumerate(questions or [])]
    for field, place, part in parts:
        if isinstance(part, str) and (found := _MARKUP.search(part)):
            message = f"‘{found[0][:40]}’은 꾸밈이 되지 않고 글자 그대로 보여요"
            yield Fault(field, place, message, "꾸밈 기호를 지우고 글만 남겨 주세요.", "warning")


def _circles(fields: Mapping[str, Any], around: Around) -> Iterator[Fault]:
    """Buttons that lead back to where the citizen is."""
    own = _address(around.own_address)
    links = fields.get("links")
    for place, link in enumerate(links if isinstance(links, list) else []):
        url = link.get("url") if isinstance(link, dict) else None
        if own and isinstance(url, str) and _address(url)[: len(own)] == own:
            message = "이 단추는 시민을 지금 있는 챗봇으로 되돌려 보내요"
            yield Fault("links", place, message, "안내할 누리집의 주소를 적거나 단추를 지워 주세요.", "error")


def _address(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ()
    return (host, *filter(None, parts.path.split("/"))) if host else ()


def unreadable(error: Unreadable) -> str:
    """Why a text is none, in a sentence."""
    return f"{error.problem.message}. {error.problem.remedy}"
