"""What differs between two contents, for people: answers field by field, other files line by line."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.content.document import Unreadable, read_document
from bot.releases.folder import prints

Kind = Literal["added", "removed", "changed"]
Line = tuple[Literal["+", "-", " "], str]
"""A line that came, went or stayed."""

ANSWERS = "data/answers/"
FIELDS = {
    "topic": "분야",
    "questions": "질문",
    "answer": "답변",
    "owner": "담당 부서",
    "source.title": "출처",
    "source.url": "출처 주소",
    "links": "링크",
    "confirmed_on": "확인한 날",
    "valid_from": "시작하는 날",
    "valid_until": "끝나는 날",
    "example": "예시",
    "plain.answer": "쉬운 말 답변",
    "plain.verified_on": "쉬운 말을 확인한 날",
}
"""Names of an answer's fields; those of its translations begin with the language."""
_LANGUAGES = {"en": "영어", "zh": "중국어", "vi": "베트남어"}
_FILES = {
    "data/departments.yml": "부서",
    "data/persona.yml": "말투와 문장",
    "data/notices.yml": "안내와 동의의 글",
    "data/retention.yml": "보관 기간",
    "data/jurisdiction.yml": "소관 기관",
    "data/agency.yml": "우리 소개",
    "data/open.yml": "공개 페이지",
    "data/voices.yml": "신고 분야",
    "data/moods.yml": "상황판의 표시",
    "data/initials.tsv": "첫소리로 줄인 말",
    "domain.yml": "대화의 기본",
    "config.yml": "알아듣는 부품",
}
_FOLDERS = {
    "data/nlu": "알아듣는 말",
    "data/rules": "대화 규칙",
    "data/stories": "대화 흐름",
    "data/thesaurus": "같은 말",
    "data/services": "서비스",
    "data/life_events": "할 일 묶음",
    "data/checks": "점검 질문",
    "data/statements": "처리방침과 접근성 안내",
    "data/eligibility": "혜택 조건",
}
_AROUND = 2
"""Lines shown around what changed."""
_LONGEST = 400
"""Lines of a file's difference; the rest is counted."""


@dataclass(frozen=True)
class Field:
    """A field of an answer that differs."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Change:
    """An answer, or a file that is no answers, that differs."""

    item: str
    """`answer:<id>` or `file:<path>`."""
    kind: Kind
    title: str
    path: str
    fields: tuple[Field, ...] = ()
    lines: tuple[Line, ...] = ()
    more: int = 0
    """Lines left out."""


def changes(before: Path, after: Path, paths: Collection[str] | None = None) -> list[Change]:
    """What differs between two folders of content; `paths` says in which files, if that is known.

    Answers first, by title; then files by path.
    """
    if paths is None:
        one, other = prints(before), prints(after)
        paths = [path for path in one.keys() | other.keys() if one.get(path) != other.get(path)]
    answers = [path for path in paths if _holds_answers(path)]
    old, new = _entries(before, answers), _entries(after, answers)
    found = []
    broken = set()
    for path in answers:
        if path in old.broken or path in new.broken:
            broken.add(path)
    for id_ in old.found.keys() | new.found.keys():
        was, now = old.found.get(id_), new.found.get(id_)
        if was != now and not {each[0] for each in (was, now) if each} & broken:
            found.append(_answer(id_, was, now))
    found.sort(key=lambda change: (change.title, change.item))
    files = [path for path in paths if not _holds_answers(path) or path in broken]
    return found + [_file(path, before / path, after / path) for path in sorted(files)]


def called(path: str) -> str:
    """What people call a file."""
    if path in _FILES:
        return _FILES[path]
    folder, _, name = path.rpartition("/")
    kind = _FOLDERS.get(folder)
    return f"{kind}: {name.rpartition('.')[0]}" if kind else path


def _holds_answers(path: str) -> bool:
    return path.startswith(ANSWERS) and path.endswith((".yml", ".yaml"))


@dataclass(frozen=True)
class _Entries:
    found: Mapping[str, tuple[str, dict[str, list[str]]]]
    """By id: the file's path and the fields, each as lines."""
    broken: frozenset[str]
    """Files that cannot be read as answers."""


def _entries(root: Path, paths: Iterable[str]) -> _Entries:
    found: dict[str, tuple[str, dict[str, list[str]]]] = {}
    broken = set()
    for path in paths:
        if not (root / path).exists():
            continue
        try:
            data = read_document(root / path).data
            for entry in data["entries"]:
                fields = {"topic": [str(data.get("topic", ""))]} | dict(_flat(entry))
                found.setdefault(str(entry["id"]), (path, fields))
        except (Unreadable, KeyError, TypeError, AttributeError):
            broken.add(path)
    return _Entries(found, frozenset(broken))


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    for key, each in value.items():
        if isinstance(each, Mapping):
            yield from _flat(each, f"{prefix}{key}.")
        elif each is not None and (prefix or key != "id"):
            yield f"{prefix}{key}", _lines(each)


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_inline(each) for each in value]
    return str(value).strip().splitlines()


def _inline(value: Any) -> str:
    return " · ".join(map(str, value.values())) if isinstance(value, Mapping) else str(value)


def _answer(
    id_: str, was: tuple[str, dict[str, list[str]]] | None, now: tuple[str, dict[str, list[str]]] | None
) -> Change:
    kind: Kind = "added" if was is None else "removed" if now is None else "changed"
    path, shown = now or was or ("", {})
    before, after = was[1] if was else {}, now[1] if now else {}
    order = {name: place for place, name in enumerate(FIELDS)}
    names = sorted(before.keys() | after.keys(), key=lambda name: (order.get(name, len(order)), name))
    fields = tuple(
        Field(_field_name(name), tuple(_compared(before.get(name, []), after.get(name, []))))
        for name in names
        if before.get(name) != after.get(name)
    )
    return Change(f"answer:{id_}", kind, shown.get("questions", [id_])[0], path, fields)


def _field_name(name: str) -> str:
    if name.startswith("translations."):
        _, language, rest = name.split(".", 2)
        return f"{_LANGUAGES.get(language, language)} {_field_name(rest)}"
    if name == "verified_on":
        return "번역을 확인한 날"
    return FIELDS.get(name, name)


def _file(path: str, before: Path, after: Path) -> Change:
    kind: Kind = "added" if not before.exists() else "removed" if not after.exists() else "changed"
    lines = list(_near(_compared(_text(before), _text(after))))
    return Change(
        f"file:{path}",
        kind,
        called(path),
        path,
        lines=tuple(lines[:_LONGEST]),
        more=max(0, len(lines) - _LONGEST),
    )


def _text(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def _compared(before: list[str], after: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield from ((" ", line) for line in before[old_start:old_end])
            continue
        yield from (("-", line) for line in before[old_start:old_end])
        yield from (("+", line) for line in after[new_start:new_end])


def _near(lines: Iterable[Line]) -> Iterator[Line]:
    """What changed with a few lines around it; a gap is one line `…`."""
    everything = list(lines)
    near: set[int] = set()
    for place, (sign, _) in enumerate(everything):
        if sign != " ":
            near.update(range(place - _AROUND, place + _AROUND + 1))
    gap = False
    for place, line in enumerate(everything):
        if place in near:
            yield line
            gap = False
        elif not gap:
            yield " ", "…"
            gap = True
