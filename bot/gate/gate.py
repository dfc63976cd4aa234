"""The gate: everything that is looked at before content is published, in one pass."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.content.check import check as check_content
from bot.content.check_dialogue import check_dialogue
from bot.content.document import Unreadable
from bot.content.hours import KOREA
from bot.content.load import read_departments
from bot.content.models import Department
from bot.content.problem import ContentError
from bot.encoder.encoder import Encoder
from bot.evaluation.intents import TrialFailed
from bot.gate.alike import Judge
from bot.gate.collisions import Collisions
from bot.gate.dialogue import first_actions
from bot.gate.examples import Examples, read_examples
from bot.gate.finding import Finding, Verdict, from_problem, in_order
from bot.gate.folders import Change, Content, KeptFiles, change
from bot.gate.golden import Golden, missing_answers, read_golden
from bot.gate.golden_run import Found, GoldenReport, ask, compare, findings, understood
from bot.gate.intent_collisions import intent_collisions
from bot.gate.intents import IntentTrials
from bot.gate.limits import channels_in_use, limits
from bot.gate.links import links_among
from bot.gate.sentences import Reader
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import NoMeaning, encoder_or_none
from bot.settings import Settings
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Thesaurus, load_thesaurus

Progress = Callable[[str, float], None]
"""Gets what is being done, in words for people, and the share that is done, 0 to 1."""

_LINES = re.compile(r"\d+행")
ALL_PAIRS = 20_000
"""Questions up to which old collisions are listed beside new ones in every look (two seconds)."""


def judge(
    candidate: Path,
    against: Path | None,
    *,
    settings: Settings,
    changed: Collection[str] | None = None,
    progress: Progress = lambda what, share: None,
) -> Verdict:
    """Look at the folder `candidate` (`data/`, `config.yml`, `domain.yml`); with `against`, another such
    folder, at what putting it in its place would change: what was wrong there already blocks nothing.

    `changed` names items (`answer:<id>`, `file:<path>`) that count as changed whatever the comparison says.
    Takes seconds and a whole core: for a process of its own (`bot.gate.work`).
    """
    before = None if against is None else Content.at(against)
    return Gate(settings).judge(Content.at(candidate), before, changed, progress)


class Gate:
    """Keeps what takes long to read between looks. Not for several threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read = KeptFiles()
        self._morphemes = RecentMorphemes(Morphemes())
        adapted = settings.var_dir / "encoder"
        self._encoder: Encoder = encoder_or_none(settings.encoder, self._morphemes, adapted)
        self._folder = settings.var_dir / "gate"
        self._reader = Reader(self._encoder, self._morphemes, self._folder)
        self._index: AnswerIndex | None = None
        self._thesauruses: dict[str, Thesaurus] = {}
        self._intents = IntentTrials(settings)

    def judge(
        self,
        now: Content,
        before: Content | None,
        changed: Collection[str] | None = None,
        progress: Progress = lambda what, share: None,
        *,
        intents: bool = False,
    ) -> Verdict:
        """As the function `judge`. `intents` measures intents even if nothing that is learned changed."""
        now = replace(now, read=self._read)
        before = replace(before, read=self._read) if before else None
        progress("내용을 읽고 있어요", 0.02)
        found = self._checked(now)
        difference = change(now, before) if before else None
        progress("링크와 채널의 한도를 보고 있어요", 0.15)
        found += links_among(now.entries, lambda placed: now.shown(placed.document.path))
        found += self._limits(now)
        examples = read_examples(now)
        found += examples.findings
        if before is not None and any(finding.severity == "error" for finding in found):
            progress("전부터 있던 문제인지 보고 있어요", 0.25)
            found = _old_ones_pass(found, self._checked(before), read_examples(before), before)
        found += self._collisions(now, examples, before, difference, progress)
        learned = intents or (difference is not None and difference.learned)
        report, more = self._golden(now, before, progress, learned=learned)
        found += more
        measured = None
        if learned:
            measured, more = self._intents.measure(now, before, _share(progress, 0.6, 0.99))
            found += more
        progress("다 봤어요", 1.0)
        items = sorted({*(difference.items if difference else ()), *(changed or ())})
        return Verdict(
            in_order(found),
            report.as_json() if report else None,
            measured.as_json() if measured else None,
            tuple(items),
        )

    def _checked(self, content: Content) -> list[Finding]:
        problems = check_content(content.data, content.answers, read=self._read)
        problems += check_dialogue(content.domain, content.data)
        begins: dict[Path, list[tuple[int, str]]] = defaultdict(list)
        for file in content.files:
            for placed in file.entries:
                line = placed.document.line("entries", placed.index)
                begins[file.path].append((line, f"answer:{placed.answer.id}"))
        found = []
        for problem in problems:
            lines = begins.get(problem.path, [])
            at = bisect_right(lines, (problem.line, chr(0x10FFFF)))
            found.append(from_problem(problem, content.shown(problem.path), lines[at - 1][1] if at else ""))
        return found

    def _limits(self, content: Content) -> list[Finding]:
        departments = _departments(content)
        channels = channels_in_use(self._settings)
        return list(
            limits(content.entries, channels, departments, lambda placed: content.shown(placed.document.path))
        )

    def _collisions(
        self,
        now: Content,
        examples: Examples,
        before: Content | None,
        difference: Change | None,
        progress: Progress,
    ) -> list[Finding]:
        if self._encoder.name == NoMeaning.name:
            said = "뜻을 견주는 인코더를 읽지 못해서 비슷한 질문을 찾지 못했어요"
            remedy = "sotong doctor로 인코더를 확인한 뒤 다시 점검해 주세요."
            return [Finding("no-encoder", "warning", "data/answers", 1, said, remedy)]
        judge_ = Judge(self._encoder, self._thesaurus(now))
        collisions = Collisions(
            now.entries,
            self._reader,
            judge_,
            lambda placed: now.shown(placed.document.path),
            now.department_names,
            _part(progress, "질문들을 읽고 있어요", 0.3, 0.45),
        )
        found = collisions.find(
            None if difference is None else difference.questions,
            all_pairs=difference is None or len(collisions) <= ALL_PAIRS,
            progress=_part(progress, "비슷한 질문을 찾고 있어요", 0.45, 0.5),
        )
        old = None
        if before is not None:
            old = {(one.intent, one.text) for one in read_examples(before).examples}
        new = None if old is None else {(e.intent, e.text) for e in examples.examples} - old
        return [*found, *intent_collisions(examples.examples, self._reader, judge_, new)]

    def _golden(
        self, now: Content, before: Content | None, progress: Progress, *, learned: bool
    ) -> tuple[GoldenReport | None, list[Finding]]:
        listed = read_golden(now)
        answers = [placed.answer for placed in now.entries]
        ids = {answer.id: answer for answer in answers}
        old_answers = [placed.answer for placed in before.entries] if before else []
        known = {answer.id: answer for answer in old_answers} if before else None
        found = [*listed.findings, *missing_answers(listed.cases, ids, known)]
        asked = [golden for golden in listed.cases if _can_be_right(golden.case.answers, ids, known)]
        earlier = read_golden(before).cases if before else ()
        if not asked and not earlier:
            return None, found
        index = self._open_index()
        today = datetime.now(KOREA).date()
        words = "점검 질문을 물어보고 있어요"
        was = None
        both = list({golden.key: golden for golden in (*earlier, *asked)}.values())
        if before is not None:
            told = _part(progress, words, 0.5, 0.55)
            was = ask(index, both, old_answers, self._thesaurus(before), today, told)
        told = _part(progress, words, 0.55, 0.6)
        after = ask(index, asked, answers, self._thesaurus(now), today, told)
        if learned:
            after = self._understood(after, now, both, progress)
            was = was if was is None or before is None else self._understood(was, before, both, progress)
        report = compare(asked, after, earlier, was)
        return report, [*found, *findings(report)]

    def _understood(
        self, found: dict[str, Found], content: Content, goldens: Sequence[Golden], progress: Progress
    ) -> dict[str, Found]:
        """With intents; without where nothing can be learned, which the measurement of intents tells."""
        sentences = [golden.case.ask for golden in goldens]
        try:
            intents = self._intents.understand(content, sentences, _share(progress, 0.6, 0.6))
        except (TrialFailed, ValueError):
            return found
        return understood(found, goldens, intents, first_actions(content))

    def _thesaurus(self, content: Content) -> Thesaurus:
        """Of some content; an empty one when it is broken, which the content check tells."""
        mark = content.mark("thesaurus")
        if mark not in self._thesauruses:
            folder = content.data / "thesaurus"
            try:
                read = load_thesaurus(folder) if folder.is_dir() else Thesaurus()
            except ValueError:
                read = Thesaurus()
            self._thesauruses = {**dict(list(self._thesauruses.items())[-1:]), mark: read}
        return self._thesauruses[mark]

    def _open_index(self) -> AnswerIndex:
        if self._index is None:
            self._index = AnswerIndex(self._encoder, self._morphemes, self._folder / "index")
        return self._index


def _departments(content: Content) -> Mapping[str, Department]:
    try:
        departments = read_departments(content.data / "departments.yml")[0].departments
    except (Unreadable, ContentError):
        return {}
    return {department.id: department for department in departments}


def _old_ones_pass(
    found: Sequence[Finding], checked: Sequence[Finding], examples: Examples, before: Content
) -> list[Finding]:
    """Errors that were there before, in the same words, as warnings: publishing makes nothing worse."""
    links = links_among(before.entries, lambda placed: before.shown(placed.document.path))
    known = {_words(old) for old in (*checked, *examples.findings, *links)}
    result = []
    for finding in found:
        if finding.severity == "error" and _words(finding) in known:
            details = {**finding.details, "existing": True}
            said = f"{finding.message} (전부터 그랬어요)"
            finding = replace(finding, severity="warning", message=said, details=details)
        result.append(finding)
    return result


def _words(finding: Finding) -> tuple[str, str, str, str]:
    """What a fault says, whatever lines have moved."""
    return finding.rule, finding.path, finding.item, _LINES.sub("", finding.message)


def _can_be_right(
    wanted: Sequence[str], ids: Mapping[str, object], known: Mapping[str, object] | None
) -> bool:
    """Whether a question can be asked at all: one of its answers is there, or was."""
    return not wanted or any(id_ in ids or id_ in (known or ()) for id_ in wanted)


def _share(progress: Progress, start: float, end: float) -> Progress:
    return lambda what, share: progress(what, start + (end - start) * share)


def _part(progress: Progress, what: str, start: float, end: float) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        progress(what, start + (end - start) * (done / total if total else 1.0))

    return tell
