"""Golden questions: `data/checks/*.yml`, what citizens ask and what must come of it.

A file has up to three lists: `answered` ([question, id, ...]), `refused` (questions) and `cases`
({ask, answers, outcome, intent}), and the department they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from bot.content.check_texts import fold
from bot.content.document import Document, Unreadable, read_document
from bot.content.models import Content as Form
from bot.content.models import Line, Slug
from bot.gate.examples import personal
from bot.gate.finding import Finding, from_problem
from bot.gate.folders import Content

FOLDER = "checks"
Outcome = Literal["answer", "clarify", "reject"]
_LISTS = ("answered", "refused", "cases")


class Case(Form):
    """A line of `cases`."""

    ask: Line
    answers: tuple[Slug, ...] = ()
    """Any of them is right; none = the bot has to say that it does not know."""
    outcome: Outcome | None = None
    """`answer` = at once; `clarify` = offering it among others is enough (as without it)."""
    intent: str | None = None
    """What it must be understood as; empty = whatever leads to the answer."""
    noted: str = ""
    """Where it comes from, for people."""


_CASE = TypeAdapter(Case)
_ASK = TypeAdapter(Line)


@dataclass(frozen=True)
class Golden:
    """A case and where it stands."""

    case: Case
    path: str
    line: int
    department: str
    """Id; empty = everybody's."""

    @property
    def key(self) -> str:
        """The same for the same question in two versions of the content."""
        return fold(self.case.ask)


@dataclass(frozen=True)
class GoldenList:
    """Every golden question, and what is wrong with the files."""

    cases: tuple[Golden, ...]
    findings: tuple[Finding, ...]


def read_golden(content: Content) -> GoldenList:
    """Read `data/checks`; a broken line is told and left out."""
    cases: list[Golden] = []
    findings: list[Finding] = []
    folder = content.data / FOLDER
    for path in sorted(folder.glob("*.yml")) if folder.is_dir() else ():
        shown = content.shown(path)
        try:
            read, wrong = _read(read_document(path), shown)
        except Unreadable as error:
            findings.append(from_problem(error.problem, shown))
            continue
        cases += read
        findings += wrong
    first: dict[str, Golden] = {}
    for golden in cases:
        findings += personal(golden.case.ask, golden.path, golden.line)
        if (earlier := first.setdefault(golden.key, golden)) is not golden:
            said = f"점검 질문 ‘{golden.case.ask[:40]}’이(가) {earlier.path} {earlier.line}행에도 있어요"
            findings.append(_fault(golden.path, golden.line, said, "하나만 남겨 주세요.", "warning"))
    return GoldenList(tuple(first.values()), tuple(findings))


def _read(document: Document, shown: str) -> tuple[list[Golden], list[Finding]]:
    data = document.data
    if not isinstance(data, dict) or any(name not in ("department", *_LISTS) for name in document.names()):
        said = "점검 질문의 파일에는 department, answered, refused, cases만 적을 수 있어요"
        return [], [_fault(shown, 1, said, "이름을 고쳐 주세요.")]
    department = str(data.get("department") or "")
    found: list[Golden] = []
    wrong: list[Finding] = []
    for name in _LISTS:
        for index, entry in enumerate(data.get(name) or []):
            line = document.line(name, index)
            try:
                found.append(Golden(_case(name, entry), shown, line, department))
            except (ValidationError, ValueError, TypeError):
                remedy = {
                    "answered": '- ["시민의 말", 답변-id] 처럼 적어 주세요.',
                    "refused": '- "시민의 말" 처럼 적어 주세요.',
                    "cases": "ask(시민의 말)와 answers(맞는 답변 id의 목록)를 적어 주세요.",
                }[name]
                wrong.append(_fault(shown, line, "점검 질문을 읽을 수 없어요", remedy))
    return found, wrong


def _case(name: str, entry: Any) -> Case:
    if name == "answered":
        ask, *ids = entry
        if isinstance(entry, str) or not ids:
            raise ValueError(entry)
        return _CASE.validate_python({"ask": ask, "answers": ids})
    if name == "refused":
        return Case(ask=_ASK.validate_python(entry), outcome="reject")
    return _CASE.validate_python(entry)


def _fault(path: str, line: int, said: str, remedy: str, severity: Any = "error") -> Finding:
    return Finding("golden", severity, path, line, said, remedy, f"file:{path}")


def missing_answers(
    goldens: Sequence[Golden], ids: Mapping[str, object], before: Mapping[str, object] | None
) -> Iterator[Finding]:
    """Questions that wait for an answer that is not there: an error when this change took it away."""
    waiting: dict[tuple[str, bool], list[tuple[Golden, str]]] = {}
    for golden in goldens:
        for id_ in golden.case.answers:
            if id_ not in ids:
                removed = before is not None and id_ in before
                waiting.setdefault((golden.path, removed), []).append((golden, id_))
    for (path, removed), found in waiting.items():
        golden, id_ = found[0]
        more = f" 외 {len(found) - 1}개" if len(found) > 1 else ""
        said = f"점검 질문 ‘{golden.case.ask[:40]}’{more}이(가) 없는 답변 ‘{id_}’을(를) 기다려요"
        remedy = "답변을 되살리거나, 점검 질문에 적힌 답변을 바꾸거나, 질문을 지워 주세요."
        fault = _fault(path, golden.line, said, remedy, "error" if removed else "warning")
        yield replace(fault, rule="golden-answer")


def add_golden(
    text: str | None,
    ask: str,
    answers: Sequence[str],
    *,
    department: str = "",
    outcome: Outcome | None = None,
    intent: str | None = None,
    noted: str = "",
) -> str:
    """The text of a file of golden questions with one more; comments and everything else stay.

    `text` is the file as it is now, None for a new one: save the result as the draft of
    `golden_item(department)`. A question that is there already gets the new answers. `ask` must be masked
    (`bot.masking.mask`). Raises ValueError, with a sentence for people, when the question or an id cannot be
    used, or when the file cannot be read.
    """
    try:
        case = Case(ask=ask, answers=tuple(answers), outcome=outcome, intent=intent, noted=noted)
    except ValidationError as error:
        raise ValueError("질문은 1자에서 300자까지, 답변은 있는 답변의 id로 적어 주세요.") from error
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = yaml.load(text) if text and text.strip() else {}
    if data is None or not isinstance(data, dict):
        raise ValueError("점검 질문의 파일을 읽을 수 없어요. 먼저 그 파일을 고쳐 주세요.")
    if department and "department" not in data:
        data["department"] = department
    for name, asked in (("answered", lambda one: one[0]), ("refused", str)):
        entries = data.get(name) or []
        for place in reversed([at for at, one in enumerate(entries) if fold(str(asked(one))) == fold(ask)]):
            del entries[place]
    cases = data.setdefault("cases", [])
    if cases is None:
        cases = data["cases"] = []
    line = {"ask": case.ask, "answers": list(case.answers)}
    line |= {name: value for name in ("outcome", "intent", "noted") if (value := getattr(case, name))}
    known = next((at for at, one in enumerate(cases) if fold(str(one.get("ask"))) == fold(ask)), None)
    if known is None:
        cases.append(line)
    else:
        cases[known] = line
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def golden_item(department: str) -> str:
    """The studio's item of a department's golden questions; "" = of those that are everybody's."""
    return f"file:data/{FOLDER}/{department or 'questions'}.yml"


def golden_file(data: Path, department: str) -> Path:
    """Where a department's golden questions are."""
    return data / FOLDER / f"{department or 'questions'}.yml"
