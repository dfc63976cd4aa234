"""`sotong evaluate`: how well the bot knows an agency's own content, on the terminal and as a page."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress, track

from bot.cli.ask import ask_batch
from bot.cli.stack import RASA_ENV, environment
from bot.content.live_thesaurus import LiveThesaurus
from bot.content.models import Answer
from bot.content.store import ContentStore
from bot.evaluation.intents import TrialFailed, run_trial
from bot.evaluation.questions import Row, ask_index, asked_of, leave_one_out, read_checks, read_questions
from bot.evaluation.report import Report, Section, html, show
from bot.evaluation.scores import Asked
from bot.evaluation.sections import intents_section, questions_section
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.settings import ROOT, Settings
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes

FOLDS = 5
PARTS = ("questions", "intents", "retrieval")
"""What can be evaluated: listed questions through the whole bot, the intents, the search alone."""


def evaluate(settings: Settings, questions: Path | None, out: Path, parts: tuple[str, ...] = PARTS) -> int:
    """Evaluate `parts`, print tables and write `out`/report.html; exit status.

    2 when the questions cannot be read or there is no answer to ask for, 1 when a part failed on its way;
    the other parts are reported all the same.
    """
    console = Console(soft_wrap=True)
    try:
        own = read_questions(questions) if questions else []
        checks = read_checks(settings.data_dir / "checks" / "questions.yml")
    except (OSError, ValueError) as error:
        console.print(f"[red]✗[/] 질문을 읽지 못했어요. {error}", highlight=False)
        return 2
    answers = ContentStore(settings).answers()
    if not answers:
        console.print(f"[red]✗[/] 답변이 하나도 없어요: {settings.answers}", highlight=False)
        console.print("    → sotong import answers 로 답변을 가져오거나 sotong check 로 살펴보세요.")
        return 2
    sections: list[Section] = []
    failed: list[str] = []
    steps: dict[str, Callable[[], list[Section]]] = {
        "questions": lambda: _questions(settings, answers, own, checks),
        "intents": lambda: [_intents(settings)],
        "retrieval": lambda: [_retrieval(settings, answers)],
    }
    for name in parts:
        try:
            sections += steps[name]()
        except TrialFailed as error:
            failed.append(str(error))
            console.print(f"[red]✗[/] {error}", highlight=False)
    report = Report("우리 내용으로 본 챗봇 평가", _facts(settings, answers), tuple(sections))
    show(report, Console())
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.html").write_text(html(report), encoding="utf-8")
    console.print(f"\n[green]✓[/] 보고서: {out / 'report.html'}", highlight=False)
    return 1 if failed else 0


def _facts(settings: Settings, answers: tuple[Answer, ...]) -> tuple[tuple[str, str], ...]:
    now = datetime.now(ZoneInfo(settings.timezone))
    return (
        ("언제", f"{now:%Y-%m-%d %H:%M}"),
        ("답변", f"{len(answers)}개, {settings.answers}"),
        ("컴퓨터", f"{platform.machine()}, 코어 {os.cpu_count()}개, Python {platform.python_version()}"),
    )


def _questions(
    settings: Settings, answers: tuple[Answer, ...], own: list[Row], checks: list[Row]
) -> list[Section]:
    """The agency's list of checks and the file's questions, asked as a citizen would."""
    lists = [("정해 둔 질문", checks), ("가져온 질문", own)]
    wanted = [(title, rows) for title, rows in lists if rows]
    if not wanted:
        return [Section("질문", ("정해 둔 질문이 없어요. data/checks/questions.yml에 적으면 여기 나와요.",))]
    rows = [row for _, some in wanted for row in some]
    if (RASA_ENV / "bin" / "python").exists():
        how = "시민이 보낸 것처럼 봇 전체(의도, 대화, 답변 찾기)에 물었어요."
        asked = _ask_bot(settings, rows)
    else:
        how = "Rasa 환경(.venv-rasa)이 없어 답변 찾기에만 물었어요. make setup을 하면 봇 전체에 물어요."
        asked = _ask_index(settings, answers, rows)
    ends = [sum(len(some) for _, some in wanted[: at + 1]) for at in range(len(wanted))]
    return [
        questions_section(title, how, asked[end - len(some) : end], answers)
        for (title, some), end in zip(wanted, ends, strict=True)
    ]


def _ask_bot(settings: Settings, rows: list[Row]) -> list[Asked]:
    """Through `sotong ask --batch`; raises TrialFailed when the bot does not start (it has told why)."""
    with tempfile.TemporaryDirectory(prefix="sotong-evaluate-") as folder:
        batch, out = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        lines = [
            json.dumps({"id": at, "query": row["query"]}, ensure_ascii=False) for at, row in enumerate(rows)
        ]
        batch.write_text("\n".join(lines), encoding="utf-8")
        if ask_batch(settings, batch, out) != 0:
            raise TrialFailed("봇에 질문하지 못했어요. 까닭은 위에 있어요.")
        results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return [asked_of(row, r["decision"], r["candidates"]) for row, r in zip(rows, results, strict=True)]


def _index(settings: Settings) -> AnswerIndex:
    morphemes = RecentMorphemes(Morphemes())
    encoder = encoder_or_none(settings.encoder, morphemes, settings.var_dir / "encoder")
    thesaurus = LiveThesaurus(settings.data_dir / "thesaurus").current()
    return AnswerIndex(encoder, morphemes, thesaurus=thesaurus)


def _ask_index(settings: Settings, answers: tuple[Answer, ...], rows: list[Row]) -> list[Asked]:
    console = Console(stderr=True)
    with console.status("답변을 읽고 있어요"):
        index = _index(settings)
        index.load(answers)
    return [ask_index(index, row) for row in track(rows, "묻고 있어요", console=console)]


def _intents(settings: Settings) -> Section:
    nlu = settings.data_dir / "nlu"
    command = [
        str(RASA_ENV / "bin" / "python"), "-m", "bot.nlu.trial", "--folds", str(FOLDS),
        "--config", str(ROOT / "config.yml"), "--nlu", str(nlu.resolve()),
    ]  # fmt: skip
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"의도를 {FOLDS}번 나누어 배우고 묻고 있어요", total=None)
        trial = run_trial(
            command, environment(settings), ROOT, lambda done: progress.update(task, completed=done)
        )
    return intents_section(trial, FOLDS)


def _retrieval(settings: Settings, answers: tuple[Answer, ...]) -> Section:
    title = "답변 찾기"
    several = [answer for answer in answers if len(answer.questions) > 1]
    if not several:
        return Section(
            title,
            (
                "답변마다 질문이 하나뿐이라 하나를 빼고 물어볼 수 없어요. 시민이 달리 묻는 말을 questions에 "
                "더하거나, 맞는 답을 아는 질문을 --questions로 주세요.",
            ),
        )
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("질문을 하나씩 빼고 묻고 있어요", total=None)
        asked = list(
            leave_one_out(
                _index(settings),
                answers,
                lambda done, all_: progress.update(task, completed=done, total=all_),
            )
        )
    how = (
        f"질문이 여럿인 답변 {len(several)}개에서 질문을 하나씩 빼고, 그 질문으로 남은 것을 찾아봤어요. "
        "아직 아무도 적어 두지 않은 말로 물을 때와 비슷해요."
    )
    return questions_section(title, how, asked, answers)
