"""What becomes of the golden questions, before and after: every line that changed, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Literal

from bot.content.models import Answer
from bot.gate.finding import Finding
from bot.gate.golden import Golden
from bot.retrieval.decision import OFFERED, decide
from bot.retrieval.index import AnswerIndex
from bot.text.thesaurus import Thesaurus

_SHOWN = {"answer": 1, "clarify": OFFERED, "reject": 0}
_FOUND = 3
"""Candidates kept of each question, to be shown with their scores."""


@dataclass(frozen=True)
class Found:
    """What a question ends in: the path of a live message from the intent on."""

    kind: Literal["answer", "clarify", "reject"]
    hits: tuple[tuple[str, float], ...]
    """(answer id, chance), the likeliest first."""
    intent: str | None = None
    """What it is understood as; None when that was not asked."""
    action: str | None = None
    """What the bot does then; None when that is not known."""

    @property
    def given(self) -> tuple[str, ...]:
        """Ids of the answers that the citizen sees."""
        return tuple(id_ for id_, _ in self.hits[: _SHOWN[self.kind]])


@dataclass(frozen=True)
class Line:
    """One golden question that ends otherwise than before."""

    ask: str
    wanted: tuple[str, ...]
    department: str
    path: str
    line: int
    change: Literal["worse", "better", "other", "added", "removed"]
    before: Found | None
    after: Found | None
    right_before: bool | None
    right_after: bool | None


@dataclass(frozen=True)
class GoldenReport:
    """All golden questions together."""

    asked: int
    right: int
    """How many end as they should."""
    right_before: int | None
    """None when there is nothing to compare with."""
    lines: tuple[Line, ...] = ()
    """Those that changed, the worse first."""
    failing: tuple[Line, ...] = field(default=())
    """Those that do not end as they should, changed or not."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def ask(
    index: AnswerIndex,
    goldens: Sequence[Golden],
    answers: Sequence[Answer],
    thesaurus: Thesaurus,
    today: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Found]:
    """What every question ends in with these answers, by `Golden.key`. `index` keeps them afterwards."""
    index.use(thesaurus)
    index.load(answers)
    found = {}
    for number, golden in enumerate(goldens, 1):
        hits = index.search(golden.case.ask, today=today)
        scores = tuple((hit.answer.id, round(hit.score, 3)) for hit in hits[:_FOUND])
        found[golden.key] = Found(decide(hits).kind, scores)
        progress(number, len(goldens))
    return found


def understood(
    found: Mapping[str, Found],
    goldens: Sequence[Golden],
    intents: Mapping[str, str],
    actions: Mapping[str, str],
) -> dict[str, Found]:
    """The same, with what each question is understood as. `intents` is sentence → intent."""
    result = dict(found)
    for golden in goldens:
        intent = intents.get(golden.case.ask)
        if intent is not None and golden.key in result:
            result[golden.key] = replace(result[golden.key], intent=intent, action=actions.get(intent))
    return result


def level(golden: Golden, found: Found) -> int:
    """How well a question ends: 2 = the right answer at once, 1 = among others offered, 0 = wrong."""
    case = golden.case
    if case.intent and found.intent is not None and found.intent != case.intent:
        return 0
    if not case.answers:
        if case.outcome not in (None, "reject"):
            return 2 if found.kind == case.outcome else 0
        return {"reject": 2, "clarify": 1, "answer": 0}[found.kind]
    if not set(found.given) & set(case.answers):
        return 0
    return 2 if found.kind == "answer" else 1


def right(golden: Golden, found: Found) -> bool:
    """Whether a question ends as the line demands."""
    case = golden.case
    needed = 2 if case.outcome in ("answer", "reject") or not case.answers else 1
    return level(golden, found) >= needed


def compare(
    now: Sequence[Golden],
    after: Mapping[str, Found],
    earlier: Sequence[Golden] = (),
    before: Mapping[str, Found] | None = None,
) -> GoldenReport:
    """The report. `before` has what the questions of `now` and `earlier` ended in; None = no comparison."""
    judged = [(golden, after[golden.key]) for golden in now]
    failing = tuple(
        _line(golden, "other", None, found) for golden, found in judged if not right(golden, found)
    )
    count = sum(right(golden, found) for golden, found in judged)
    if before is None:
        return GoldenReport(len(judged), count, None, (), failing)
    lines = []
    known = {golden.key for golden in earlier}
    for golden, found in judged:
        was = before[golden.key]
        change = _change(golden, was, found)
        if change is not None:
            lines.append(_line(golden, change, was, found))
        elif golden.key not in known:
            lines.append(_line(golden, "added", was, found))
    kept = {golden.key for golden in now}
    lines += [_line(one, "removed", before[one.key], None) for one in earlier if one.key not in kept]
    order = ("worse", "other", "better", "removed", "added")
    lines.sort(key=lambda line: order.index(line.change))
    count_before = sum(right(golden, before[golden.key]) for golden in now)
    return GoldenReport(len(judged), count, count_before, tuple(lines), failing)


def _change(golden: Golden, was: Found, now: Found) -> Literal["worse", "better", "other"] | None:
    difference = level(golden, now) - level(golden, was)
    if difference >= 0 and level(golden, was) and was.action and now.action not in (None, was.action):
        return "worse"  # the answer is still found, but nobody looks for it any more
    if difference:
        return "worse" if difference < 0 else "better"
    same = was.kind == now.kind and set(was.given) == set(now.given) and was.intent == now.intent
    return None if same else "other"


def _line(golden: Golden, change: Any, was: Found | None, now: Found | None) -> Line:
    return Line(
        ask=golden.case.ask,
        wanted=golden.case.answers,
        department=golden.department,
        path=golden.path,
        line=golden.line,
        change=change,
        before=was,
        after=now,
        right_before=None if was is None else right(golden, was),
        right_after=None if now is None else right(golden, now),
    )


def findings(report: GoldenReport) -> list[Finding]:
    """Errors for lines that became worse; one warning for those that were wrong already."""
    found = [
        Finding(
            rule="golden-worse",
            severity="error",
            path=line.path,
            line=line.line,
            message=f"점검 질문 ‘{line.ask[:40]}’의 답이 나빠져요: {said(line.before)} → {said(line.after)}",
            remedy="바뀐 답변의 질문을 더 또렷하게 쓰거나, 맞는 답변에 이 질문과 비슷한 말을 더해 주세요.",
            item=f"file:{line.path}",
            details={"ask": line.ask, "wanted": list(line.wanted)},
        )
        for line in report.lines
        if line.change == "worse"
    ]
    worse = {line.ask for line in report.lines if line.change == "worse"}
    old = [line for line in report.failing if line.ask not in worse]
    if old:
        first = old[0]
        more = f" 외 {len(old) - 1}개" if len(old) > 1 else ""
        message = f"점검 질문 ‘{first.ask[:40]}’{more}이(가) 바라는 답을 얻지 못해요: {said(first.after)}"
        remedy = "맞는 답변의 질문에 비슷한 말을 더하거나, 점검 질문이 맞는지 봐 주세요."
        found.append(
            Finding("golden-fails", "warning", first.path, first.line, message, remedy, f"file:{first.path}")
        )
    return found


def said(found: Found | None) -> str:
    """What a question ends in, in a few words."""
    if found is None:
        return "없음"
    shown = ", ".join(f"{id_} {score:.2f}" for id_, score in found.hits[: max(1, _SHOWN[found.kind])])
    how = {"answer": "바로 답함", "clarify": "골라 보게 함", "reject": "모른다고 함"}[found.kind]
    intent = f", 의도 {found.intent}" if found.intent else ""
    return f"{how}({shown or '후보 없음'}{intent})"
