"""Rules for `data/life_events/*.yml`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.content.document import Document, Loc
from bot.content.live_file import read_file
from bot.content.problem import ContentError, Problem, did_you_mean
from bot.proactive.life_events import Due, LifeEvent, Step


@dataclass(frozen=True)
class Known:
    """What a step may name."""

    departments: Collection[str] | None
    """Ids; None when departments.yml is broken, which is reported by itself."""
    answers: Collection[str]
    """Ids."""
    bad_address: Callable[[str], str]
    """What is wrong with a web address."""


def check_life_events(folder: Path, known: Known) -> list[Problem]:
    """Every fault in the folder; none when there is no folder."""
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            event, document = read_file(path, LifeEvent)
        except ContentError as error:
            problems += error.problems
            continue
        problems += _event(event, document)
        for index, step in enumerate(event.steps):
            problems += _step(step, document, known, ("steps", index))
    return problems


def _event(event: LifeEvent, document: Document) -> Iterator[Problem]:
    if event.id != document.path.stem:
        said = f"id ‘{event.id}’가 파일 이름 ‘{document.path.stem}’과 달라요"
        yield document.problem("id", said, "둘을 같게 고쳐 주세요.", "id")
    seen: set[str] = set()
    for index, step in enumerate(event.steps):
        if step.id in seen:
            said = f"할 일 id ‘{step.id}’를 두 번 썼어요"
            yield document.problem("duplicate-id", said, "둘 중 하나를 바꿔 주세요.", "steps", index, "id")
        seen.add(step.id)


def _step(step: Step, document: Document, known: Known, at: Loc) -> Iterator[Problem]:
    if step.department and known.departments is not None and step.department not in known.departments:
        said = f"부서 ‘{step.department}’가 departments.yml에 없어요."
        said += did_you_mean(step.department, known.departments)
        yield document.problem("department", said, "있는 부서의 id를 적어 주세요.", *at, "department")
    if not (step.department or step.agency):
        said = f"‘{step.title}’을 어디에 물어볼지 없어요"
        remedy = "department에 부서 id나 agency에 기관 이름과 전화를 적어 주세요."
        yield document.problem("department", said, remedy, *at)
    if step.answer and step.answer not in known.answers:
        said = f"답변 ‘{step.answer}’가 없어요.{did_you_mean(step.answer, known.answers)}"
        yield document.problem("answer", said, "있는 답변의 id를 적거나 지워 주세요.", *at, "answer")
    if step.due and (said := _bad_due(step.due)):
        yield document.problem("due", said, "days나 months 가운데 하나만 적어 주세요.", *at, "due")
    for name, url in (("source", step.source.url), ("online", step.online.url if step.online else None)):
        if url and (said := known.bad_address(url)):
            remedy = "https://로 시작하는 주소 전체를 붙여 주세요."
            yield document.problem("url", f"{said}: {url}", remedy, *at, name, "url")


def _bad_due(due: Due) -> str:
    if (due.days is None) == (due.months is None):
        return "기한은 days나 months 가운데 하나여야 해요"
    if due.from_month_end and due.months is None:
        return "from_month_end는 months와 함께 써요"
    return ""
