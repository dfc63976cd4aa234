"""What intents are learned from: can it be read, does it fit the domain, does it hold personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

from bot.content.check_texts import fold, personal_data
from bot.content.document import Document, Unreadable, read_document
from bot.content.problem import Severity
from bot.gate.finding import Finding, from_problem
from bot.gate.folders import Content

_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_KINDS = ("intent", "lookup", "synonym", "regex")


@dataclass(frozen=True)
class Example:
    """A sentence of an intent."""

    intent: str
    text: str
    """As a citizen writes it, without marks of entities."""
    path: str
    line: int


@dataclass(frozen=True)
class Examples:
    """What was read, and what is wrong with it."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]


def read_examples(content: Content) -> Examples:
    """Every example under `data/nlu`, and every fault that can be told without training."""
    examples: list[Example] = []
    findings: list[Finding] = []
    folder = content.data / "nlu"
    for path in sorted(folder.rglob("*.yml")) if folder.is_dir() else ():
        try:
            document = read_document(path)
        except Unreadable as error:
            findings.append(from_problem(error.problem, content.shown(path)))
            continue
        read, wrong = _read(document, content.shown(path))
        examples += read
        findings += wrong
    findings += _unknown_intents(content, examples)
    findings += _said_twice(examples)
    findings += _personal(examples)
    return Examples(tuple(examples), tuple(findings))


def _read(document: Document, shown: str) -> tuple[list[Example], list[Finding]]:
    data = document.data
    entries = data.get("nlu") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        said = "알아듣는 말의 파일은 ‘nlu:’ 목록이어야 해요"
        return [], [_fault(shown, 1, "schema", said, "다른 파일의 첫 줄들을 본떠 고쳐 주세요.")]
    found: list[Example] = []
    wrong: list[Finding] = []
    for index, entry in enumerate(entries):
        line = document.line("nlu", index)
        kind = next((kind for kind in _KINDS if isinstance(entry, dict) and kind in entry), None)
        text = entry.get("examples") if isinstance(entry, dict) else None
        if kind is None or not isinstance(text, str):
            said = "이름(intent, lookup, synonym, regex)과 examples가 있어야 해요"
            remedy = "‘examples: |’ 아래에 ‘- 문장’을 한 줄에 하나씩 적어 주세요."
            wrong.append(_fault(shown, line, "schema", said, remedy))
            continue
        begins = document.line("nlu", index, "examples") + 1
        for number, written in enumerate(text.split("\n")):
            sentence = written.strip()
            if not sentence or sentence.startswith("#"):
                continue
            if not sentence.startswith("-"):
                said = f"‘{sentence[:30]}’ 앞에 ‘- ’가 없어요"
                wrong.append(_fault(shown, begins + number, "schema", said, "줄마다 ‘- ’로 시작해 주세요."))
            elif kind == "intent" and (said_by := _ENTITY.sub(r"\1", sentence[1:].strip())):
                found.append(Example(entry["intent"], said_by, shown, begins + number))
    return found, wrong


def _unknown_intents(content: Content, examples: list[Example]) -> Iterator[Finding]:
    if not content.domain.is_file():
        return
    try:
        domain: Any = yaml.safe_load(content.domain.read_text(encoding="utf-8"))
        listed = domain.get("intents", [])
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        shown = content.shown(content.domain)
        yield _fault(shown, 1, "unreadable", "파일을 읽을 수 없어요", "따옴표와 들여쓰기를 확인해 주세요.")
        return
    known = {next(iter(one)) if isinstance(one, dict) else str(one) for one in listed}
    told: set[str] = set()
    for example in examples:
        if known and example.intent.split("/")[0] not in known and example.intent not in told:
            told.add(example.intent)
            said = f"의도 ‘{example.intent}’이(가) domain.yml의 intents에 없어요"
            remedy = "이름을 고치거나 domain.yml에 더해 주세요."
            yield _fault(example.path, example.line, "unknown-intent", said, remedy)


def _said_twice(examples: list[Example]) -> Iterator[Finding]:
    first: dict[str, Example] = {}
    for example in examples:
        earlier = first.setdefault(fold(example.text), example)
        if earlier is example:
            continue
        if earlier.intent != example.intent:
            there = f"{earlier.path} {earlier.line}행"
            said = f"‘{example.text[:40]}’이(가) ‘{earlier.intent}’의 예문이기도 해요 ({there})"
            remedy = "둘 가운데 맞는 쪽에만 남겨 주세요."
            sides = {
                name: {"intent": side.intent, "question": side.text}
                for name, side in (("one", earlier), ("other", example))
            }
            found = _fault(example.path, example.line, "intent-collision", said, remedy)
            yield replace(found, details={**sides, "same": True, "existing": False})


def _personal(examples: list[Example]) -> Iterator[Finding]:
    for example in examples:
        yield from personal(example.text, example.path, example.line)


def personal(text: str, path: str, line: int) -> Iterator[Finding]:
    """Personal data in a sentence that the bot learns from or is tested with."""
    for found in personal_data(text):
        yield _fault(path, line, "personal-data", found.message, found.remedy, found.severity)


def _fault(path: str, line: int, rule: str, said: str, remedy: str, severity: Severity = "error") -> Finding:
    return Finding(rule, severity, path, line, said, remedy, f"file:{path}")
