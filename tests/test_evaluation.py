"""`sotong evaluate`: what it reads, and a whole run on a tiny content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import evaluate as command
from bot.cli.commands import app
from bot.cli.evaluate import evaluate
from bot.content.models import Answer, Source
from bot.encoder.encoder import load_encoder
from bot.evaluation.intents import TrialFailed, read_trial, run_trial
from bot.evaluation.questions import leave_one_out, read_checks, read_questions
from bot.retrieval.index import AnswerIndex
from bot.settings import Settings
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from tests.evaluation_support import parsed


def test_question_files_are_read_or_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '{"query": "여권", "answers": [7]}\n\n{"query": "주식", "answers": []}\n', encoding="utf-8"
    )
    rows = read_questions(path)
    assert [(row["answers"], row["style"]) for row in rows] == [(["7"], "in-scope"), ([], "oos")]
    for broken, said in (
        ("{", "JSON"),
        ('{"answers": []}', "query"),
        ('{"query": "x"}', "answers"),
        ("3", "query"),
    ):
        path.write_text(f'{{"query": "여권", "answers": []}}\n{broken}\n', encoding="utf-8")
        with pytest.raises(ValueError, match=f"2번째 줄.*{said}"):
            read_questions(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(ValueError, match="질문이 없어요"):
        read_questions(path)


def test_checks_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.yml"
    assert read_checks(path) == []
    path.write_text('answered:\n- ["여권", passport]\nrefused:\n- 주식 추천\n', encoding="utf-8")
    assert [(row["query"], row["answers"]) for row in read_checks(path)] == [
        ("여권", ["passport"]),
        ("주식 추천", []),
    ]
    for broken in ("- 목록", "answered: [3]", "answered: [[]]", "a: ["):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(ValueError, match="읽을 수 없어요"):
            read_checks(path)


def city(data: Path) -> None:
    """Two answers with three questions each."""
    (data / "answers").mkdir(parents=True)
    (data / "checks").mkdir()
    (data / "answers" / "all.yml").write_text(
        """topic: 모두
entries:
- id: passport-fee
  questions: [여권 발급 수수료는 얼마인가요?, 여권 만드는 데 얼마예요, 여권 비용]
  answer: 오만 원이에요.
  source: {title: 여권법}
- id: waste-sofa
  questions: [소파는 어떻게 버리나요?, 소파 버리는 방법, 안 쓰는 소파 수거]
  answer: 대형폐기물로 신고해 주세요.
  source: {title: 조례}
""",
        encoding="utf-8",
    )
    (data / "checks" / "questions.yml").write_text(
        'answered:\n- ["여권 비용이 얼마나 들어요", passport-fee]\n', encoding="utf-8"
    )


@pytest.fixture(scope="module")
def index() -> AnswerIndex:
    morphemes = RecentMorphemes(Morphemes())
    return AnswerIndex(load_encoder("sotong", morphemes), morphemes)


def test_every_question_is_left_out_once(index: AnswerIndex) -> None:
    source = Source(title="법")
    answers = [
        Answer(id="a", questions=("여권 비용", "여권 얼마", "여권 수수료"), answer="글", source=source),
        Answer(id="b", questions=("소파 수거",), answer="글", source=source),
    ]
    steps: list[tuple[int, int]] = []
    found = list(leave_one_out(index, answers, lambda done, all_: steps.append((done, all_))))
    assert [question.text for question in found] == ["여권 비용", "여권 얼마", "여권 수수료"]
    assert all(
        0 < question.candidates[0][1] < 0.99 for question in found
    )  # never as sure as of its own words
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert list(leave_one_out(index, answers[1:])) == []


def test_a_small_city_is_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "RASA_ENV", tmp_path / "nowhere")
    city(tmp_path / "data")
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"query": "여권 비용", "answers": ["waste-sofa"]}\n', encoding="utf-8")
    status = evaluate(settings, mine, tmp_path / "out")
    shown = capsys.readouterr().out
    assert status == 1  # the intents could not be tried
    assert "make setup" in shown
    page = parsed((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert [title in page.text for title in ("정해 둔 질문", "가져온 질문", "답변 찾기")] == [True] * 3
    assert "답변 찾기에만 물었어요" in page.text
    assert "소파는 어떻게 버리나요?" in page.text  # what was wanted of the question that went wrong
    assert "잘되지 않은 질문이 없어요" in page.text


def test_nothing_to_evaluate_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data" / "answers").mkdir(parents=True)
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    assert evaluate(settings, None, tmp_path / "out") == 2
    assert "답변이 하나도 없어요" in capsys.readouterr().out
    assert evaluate(settings, tmp_path / "none.jsonl", tmp_path / "out") == 2
    assert "none.jsonl" in capsys.readouterr().out


def test_a_trial_that_breaks_off_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match="bad config"):
        run_trial(["/bin/sh", "-c", "echo bad config; exit 3"], {}, tmp_path)
    half = tmp_path / "half.jsonl"
    half.write_text('{"train_s": 1, "train_cpu_s": 1, "asked": 2}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="not a finished trial"):
        read_trial(half)


def test_a_finished_trial_is_read(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    times = {"ms": 2.0, "cpu_ms": 1.0}
    lines: list[dict[str, object]] = [
        {"train_s": 1.0, "train_cpu_s": 2.0, "asked": 2},
        {"text": "가", "intent": "a", "ranking": [["nlu_fallback", 0.3], ["a", 0.2]], **times},
        {"train_s": 3.0, "train_cpu_s": 4.0, "asked": 1},
        {"text": "나", "intent": "b", "ranking": [], "scope": 0.1, **times},
        {"rss_mb": 300},
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    trial = read_trial(path)
    assert (trial.train_s, trial.train_cpu_s, trial.parse_ms, trial.rss_mb) == (2.0, 3.0, 2.0, 300.0)
    unsure, empty = trial.guesses
    assert (unsure.guessed, unsure.right, unsure.unsure) == ("a", True, True)
    assert (empty.guessed, empty.confidence, empty.scope) == ("-", 0.0, 0.1)


def test_an_unknown_part_is_refused_with_those_there_are() -> None:
    said = CliRunner().invoke(app, ["evaluate", "--only", "weather"])
    assert said.exit_code == 2
    assert "retrieval" in said.output
