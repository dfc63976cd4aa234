"""The content check: one program for the command line, the tests and the staff pages.

Every rule looks at everything and yields all it finds; nothing stops at the first fault.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel

from bot.agencies.directory import AgencyFile
from bot.agencies.jurisdiction import JurisdictionFile
from bot.board.moods import MoodFile
from bot.content.check_city import check_calendar, check_departments, check_persona
from bot.content.check_life_events import Known, check_life_events
from bot.content.check_texts import fold, personal_data
from bot.content.check_thesaurus import check_thesaurus
from bot.content.check_twins import check_twins
from bot.content.document import Unreadable
from bot.content.hours import KOREA
from bot.content.live_file import check_file, read_file
from bot.content.load import (
    AnswersFile,
    Placed,
    answer_files,
    load_answers,
    merge,
    read_answers,
    read_departments,
    read_persona,
)
from bot.content.models import CalendarFile
from bot.content.problem import ContentError, Problem, did_you_mean
from bot.eligibility.hearing import Words
from bot.eligibility.income import MedianIncome
from bot.handoff.rules import DeskFile
from bot.mutes.rules import MuteFile
from bot.openness.about import OpenFile
from bot.openness.statements import Statement
from bot.ratings.rules import RatingFile
from bot.rights.retention import RetentionFile
from bot.rights.wordings import NoticesFile
from bot.services.check import check_services
from bot.voices.categories import Voices

MAX_ANSWER = 4000
"""Characters of an answer that people still read; Telegram's limit of one message is 4,096."""
MAX_AGE_DAYS = 366

FILES: Mapping[str, type[BaseModel]] = {
    "notices.yml": NoticesFile,
    "retention.yml": RetentionFile,
    "agency.yml": AgencyFile,
    "open.yml": OpenFile,
    "statements/privacy.yml": Statement,
    "statements/accessibility.yml": Statement,
    "jurisdiction.yml": JurisdictionFile,
    "voices.yml": Voices,
    "ratings.yml": RatingFile,
    "mutes.yml": MuteFile,
    "moods.yml": MoodFile,
    "desk.yml": DeskFile,
    "eligibility/words.yml": Words,
    "eligibility/median_income.yml": MedianIncome,
}
"""Files that a model checks whole."""


@dataclass(frozen=True)
class Answers:
    """What the rules look at."""

    files: tuple[AnswersFile, ...]
    departments: frozenset[str] | None
    """Ids; None when `departments.yml` is broken, which is reported by itself."""
    today: date

    def __iter__(self) -> Iterator[Placed]:
        for file in self.files:
            yield from file.entries


def check(
    data_dir: Path,
    answers_dir: Path | None = None,
    today: date | None = None,
    read: Callable[[Path], AnswersFile] = read_answers,
) -> list[Problem]:
    """Every fault in the content under `data_dir`, errors and warnings, by file and line.

    `answers_dir` as in the settings; `today` is the day ages are counted from; `read` reads one file.
    """
    folder = answers_dir or data_dir / "answers"
    problems, departments, emoji = _city(data_dir)
    problems += check_thesaurus(data_dir / "thesaurus")
    problems += check_services(data_dir / "services", departments, emoji)
    for name, model in FILES.items():
        problems += check_file(data_dir / name, model)
    files = tuple(read(path) for path in (answer_files(folder) if folder.is_dir() else ()))
    loaded = merge(files) if files else load_answers(folder)
    problems += loaded.problems
    if not loaded.answers and not loaded.problems:
        said, remedy = "답변이 하나도 없어요", "답변 파일을 넣거나 sotong import answers로 가져와 주세요."
        problems.append(Problem(folder, 1, "no-answers", said, remedy))
    ids = {answer.id for answer in loaded.answers}
    problems += check_life_events(data_dir / "life_events", Known(departments, ids, bad_address))
    answers = Answers(files, departments, today or datetime.now(KOREA).date())
    for rule in RULES:
        problems += rule(answers)
    return sorted(problems, key=lambda problem: (str(problem.path), problem.line, problem.rule))


def _city(data_dir: Path) -> tuple[list[Problem], frozenset[str] | None, frozenset[str]]:
    """The faults, the departments' ids, and the names of the persona's emoji."""
    problems: list[Problem] = []
    departments, emoji = None, frozenset[str]()
    try:
        file, document = read_departments(data_dir / "departments.yml")
        problems += check_departments(file, document)
        departments = frozenset(department.id for department in file.departments)
        if (data_dir / "calendar.yml").exists():
            calendar, document = read_file(data_dir / "calendar.yml", CalendarFile)
            problems += check_calendar(calendar, file, document)
    except (Unreadable, ContentError) as error:
        problems += [error.problem] if isinstance(error, Unreadable) else error.problems
    try:
        persona, document = read_persona(data_dir / "persona.yml")
        problems += check_persona(persona, document)
        emoji = frozenset(persona.emoji)
    except (Unreadable, ContentError) as error:
        problems += [error.problem] if isinstance(error, Unreadable) else error.problems
    return problems, departments, emoji


def _owner_exists(answers: Answers) -> Iterator[Problem]:
    for placed in answers:
        owner = placed.answer.owner
        if owner and answers.departments is not None and owner not in answers.departments:
            said = (
                f"담당 부서 ‘{owner}’가 departments.yml에 없어요.{did_you_mean(owner, answers.departments)}"
            )
            yield placed.problem("owner", said, "있는 부서의 id를 적거나 부서를 더해 주세요.", "owner")


def _question_once(answers: Answers) -> Iterator[Problem]:
    seen: dict[str, Placed] = {}
    for placed in answers:
        for index, question in enumerate(placed.answer.questions):
            key = fold(question)
            first = seen.setdefault(key, placed)
            at = ("questions", index)
            if first is not placed:
                where = f"{first.document.path.name} {first.document.line('entries', first.index)}행"
                said = f"질문 ‘{question[:40]}’이 {where}의 ‘{first.answer.id}’에도 있어요"
                yield placed.problem(
                    "duplicate-question", said, "한쪽에만 남기거나 두 답변을 합쳐 주세요.", *at
                )
            elif any(fold(earlier) == key for earlier in placed.answer.questions[:index]):
                said = f"질문 ‘{question[:40]}’이 같은 답변 안에 두 번 있어요"
                twin = placed.problem("duplicate-question", said, "하나를 지워 주세요.", *at)
                yield replace(twin, severity="warning")


def _addresses(answers: Answers) -> Iterator[Problem]:
    for placed in answers:
        source = placed.answer.source.url
        if source is not None and (said := bad_address(source)):
            yield placed.problem("url", f"{said}: {source}", _ADDRESS_REMEDY, "source", "url")
        for index, link in enumerate(placed.answer.links):
            if link.url.startswith("tel:") and re.fullmatch(r"tel:\+?[0-9-]{3,15}", link.url):
                continue
            if said := bad_address(link.url):
                yield placed.problem("url", f"{said}: {link.url}", _ADDRESS_REMEDY, "links", index, "url")


_ADDRESS_REMEDY = "https://로 시작하는 주소 전체를 브라우저에서 복사해 붙여 주세요."
_HOST = re.compile(r"([a-z0-9가-힣]([a-z0-9가-힣-]{0,61}[a-z0-9가-힣])?\.)+([a-z]{2,}|xn--[a-z0-9-]+|한국)")


def bad_address(url: str) -> str:
    """What is wrong with a web address; empty when nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "주소를 알아볼 수 없어요"
    if parts.scheme != "https":
        return "https:// 주소가 아니에요"
    if parts.username is not None or re.search(r"[\s<>\"{}|\\^`\x00-\x1f]", url):
        return "주소에 쓸 수 없는 글자가 있어요"
    return "" if _HOST.fullmatch(host) else "주소의 누리집 이름이 맞지 않아요"


def _dates(answers: Answers) -> Iterator[Problem]:
    for placed in answers:
        answer = placed.answer
        if answer.valid_from and answer.valid_until and answer.valid_until < answer.valid_from:
            said = f"끝나는 날({answer.valid_until})이 시작하는 날({answer.valid_from})보다 빨라요"
            yield placed.problem("dates", said, "두 날짜를 확인해 주세요.", "valid_until")
        elif answer.valid_until and answer.valid_until < answers.today:
            said = f"{answer.valid_until}에 끝난 답변이라 시민에게 나가지 않아요"
            ended = placed.problem(
                "expired", said, "내용을 새로 고치고 날짜를 바꾸거나 지워 주세요.", "valid_until"
            )
            yield replace(ended, severity="warning")
        if answer.confirmed_on and answer.confirmed_on > answers.today:
            said = f"확인한 날({answer.confirmed_on})이 아직 오지 않았어요"
            yield placed.problem("dates", said, "실제로 확인한 날을 적어 주세요.", "confirmed_on")
        elif answer.confirmed_on and (answers.today - answer.confirmed_on).days > MAX_AGE_DAYS:
            said = f"마지막 확인({answer.confirmed_on})이 1년이 넘었어요"
            old = placed.problem("stale", said, "사실을 다시 확인하고 날짜를 바꿔 주세요.", "confirmed_on")
            yield replace(old, severity="warning")


def _personal_data(answers: Answers) -> Iterator[Problem]:
    for placed in answers:
        texts: list[tuple[tuple[int | str, ...], str]]
        texts = [(("answer",), placed.document.data["entries"][placed.index]["answer"])]
        texts += [(("questions", index), text) for index, text in enumerate(placed.answer.questions)]
        for at, text in texts:
            for found in personal_data(text):
                line = placed.document.line_of(found.start, "entries", placed.index, *at)
                path, said, remedy = placed.document.path, found.message, found.remedy
                yield Problem(path, line, "personal-data", said, remedy, found.severity)


def _length(answers: Answers) -> Iterator[Problem]:
    for placed in answers:
        if (length := len(placed.answer.answer)) > MAX_ANSWER:
            said = f"답변이 {length:,}자예요 (권장 {MAX_ANSWER:,}자까지)"
            long = placed.problem("too-long", said, "주제별로 나누거나 핵심만 남겨 주세요.", "answer")
            yield replace(long, severity="warning")


def _placeholders(answers: Answers) -> Iterator[Problem]:
    for placed in answers:
        if found := re.search(r"\{[A-Za-z_]+\}", placed.answer.answer):
            said = f"‘{found[0]}’는 답변에서 바뀌지 않고 그대로 보여요"
            seen = placed.problem("placeholder", said, "실제 글로 바꿔 주세요.", "answer")
            yield replace(seen, severity="warning")


def _twins(answers: Answers) -> Iterator[Problem]:
    return check_twins(answers, answers.today, MAX_ANSWER, bad_address)


def _unfinished(answers: Answers) -> Iterator[Problem]:
    """One line a file: an import of thousands must not bury the other faults."""
    missing: dict[tuple[str, Path], list[Placed]] = defaultdict(list)
    for placed in answers:
        if placed.answer.owner is None:
            missing["owner", placed.document.path].append(placed)
        if placed.answer.confirmed_on is None:
            missing["confirmed_on", placed.document.path].append(placed)
    words = {
        "owner": ("담당 부서(owner)가", "부서 id를 적으면 답변 아래에 담당 부서와 전화가 나와요."),
        "confirmed_on": (
            "확인한 날(confirmed_on)이",
            "사실을 확인하고 confirmed_on: 2026-03-31처럼 적어 주세요.",
        ),
    }
    for (name, _), entries in missing.items():
        word, remedy = words[name]
        said = f"{word} 없는 답변이 {len(entries):,}개 있어요 (처음: ‘{entries[0].answer.id}’)"
        yield replace(entries[0].problem(f"no-{name.replace('_', '-')}", said, remedy), severity="warning")


RULES: tuple[Callable[[Answers], Iterator[Problem]], ...] = (
    _owner_exists,
    _question_once,
    _addresses,
    _dates,
    _personal_data,
    _length,
    _placeholders,
    _twins,
    _unfinished,
)
"""Each sees all answers and yields every fault of its kind."""
