"""`sotong evaluate`: its figures against sums done by hand, its page, and a whole run on a tiny content."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from bot.cli import evaluate as command
from bot.cli.commands import app
from bot.cli.evaluate import evaluate
from bot.content.models import Answer, Source
from bot.encoder.encoder import load_encoder
from bot.evaluation import charts
from bot.evaluation.intents import Guess, Trial, TrialFailed, failures, read_trial, run_trial
from bot.evaluation.questions import leave_one_out, read_checks, read_questions
from bot.evaluation.report import Chart, Report, Section, Table, html, markdown, show
from bot.evaluation.scores import Asked, auroc, calibration, confusions, ece, per_label, rates
from bot.evaluation.sections import intents_section, questions_section
from bot.retrieval.index import AnswerIndex
from bot.retrieval.words import RecentMorphemes
from bot.settings import Settings
from bot.text.morphemes import Morphemes

VOID = {"meta", "img", "br", "link", "input", "hr"}


def asked(style: str, right: set[str], decision: str, *ranked: str) -> Asked:
    return Asked("1", style, "여권", frozenset(right), decision, tuple((key, 0.5) for key in ranked))


def guess(text: str, intent: str, *ranking: tuple[str, float]) -> Guess:
    return Guess(text, intent, ranking, unsure=False)


def test_calibration_error_by_hand() -> None:
    bins = calibration([0.95, 0.95, 0.55, 0.45], [True, False, True, False], bins=2)
    # high bin: 0.95, 0.95, 0.55 -> mean 0.8167, right 2/3; low bin: 0.45, right 0
    assert [b.count for b in bins] == [1, 3]
    assert ece(bins) == pytest.approx(1 / 4 * 0.45 + 3 / 4 * (2.45 / 3 - 2 / 3))
    assert ece(calibration([1.0, 1.0, 0.0], [True, True, False])) == 0
    assert ece([]) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_counts_everything_once_and_stays_between_0_and_1(
    pairs: list[tuple[float, bool]],
) -> None:
    bins = calibration(*zip(*pairs, strict=True))
    assert sum(b.count for b in bins) == len(pairs)
    assert 0 <= ece(bins) <= 1
    assert all(b.low <= b.confidence + 1e-9 and b.confidence <= b.high + 1e-9 for b in bins)


def test_precision_and_recall_by_hand() -> None:
    gold, guessed = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    worst, best = per_label(gold, guessed)
    assert (worst.label, worst.recall, worst.precision) == ("a", pytest.approx(2 / 3), 1.0)
    assert (best.label, best.recall, best.precision) == ("b", 1.0, 0.5)
    assert confusions(gold, guessed) == [("a", "b", 1)]


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.4], [0.5, 0.1]) == 0.75
    assert auroc([0.5], [0.5]) == 0.5
    with pytest.raises(ValueError, match="both kinds"):
        auroc([], [0.5])


def test_rates_follow_the_decision() -> None:
    scores = rates(
        [
            asked("plain", {"a"}, "answer", "a"),
            asked("plain", {"a"}, "answer", "b", "a"),
            asked("plain", {"a"}, "clarify", "b", "c", "a"),
            asked("plain", {"a"}, "reject", "a"),
            asked("oos", set(), "clarify", "a"),
            asked("oos_near", set(), "clarify", "a"),
        ]
    )
    assert scores["plain"] == {"n": 4, "R@1": 0.5, "R@3": 1.0, "R@10": 1.0, "helped": 0.5, "misled": 0.25}
    assert scores["oos"]["refused"] == 0
    assert scores["oos_near"]["refused"] == 1
    assert scores["out-of-scope"] == {"n": 2, "refused": 0.5}


@pytest.mark.shared
def test_rates_are_those_of_the_public_scorer(shared: Path) -> None:
    lines = (shared / "eval" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line) for line in lines]
    decisions = ("answer", "clarify", "reject")
    ours, theirs = [], {}
    for number, row in enumerate(gold):
        wrong = [f"no-{number}", "no-0"]
        ranked = (row["answers"] + wrong) if number % 2 else (wrong + row["answers"])
        decision = decisions[number % 3]
        candidates = tuple((key, 0.1) for key in ranked)
        right = frozenset(row["answers"])
        ours.append(Asked(row["id"], row["style"], row["query"], right, decision, candidates))
        theirs[row["id"]] = {"decision": decision, "candidates": [{"id": key} for key in ranked]}
    source = (shared / "eval" / "score.py").read_text(encoding="utf-8")
    scorer: dict[str, object] = {"__name__": "score"}
    exec(source, scorer)
    expected = scorer["score"]({row["id"]: row for row in gold}, theirs)  # type: ignore[operator]
    rounded = {style: {k: round(v, 4) for k, v in row.items()} for style, row in rates(ours).items()}
    assert rounded == expected


def test_a_wrong_guess_names_the_line_that_confused_it() -> None:
    guesses = [
        guess("여권 잃어버렸어요", "passport", ("waste", 0.9)),
        guess("소파 버려요", "waste", ("waste", 0.8)),
        guess("휴대폰 잃어버렸어요 어떻게", "waste", ("waste", 0.8)),
        guess("전혀 몰라요", "passport"),
    ]
    first, second = failures(guesses)
    assert (first.guess.text, first.confused_by) == ("여권 잃어버렸어요", "휴대폰 잃어버렸어요 어떻게")
    assert (second.guess.guessed, second.confused_by) == ("-", "")


class Checker(HTMLParser):
    """Notes addresses, and every tag that is opened and not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [
            value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"}
        ]
        if tag == "img":
            self.images.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker


def report() -> Report:
    guesses = (
        guess("여권 잃어버렸어요", "passport", ("waste", 0.9)),
        guess("여권 만들어요", "passport", ("passport", 0.8)),
        guess("소파 <b>버려요</b>", "waste", ("passport", 0.7)),
    )
    answers = [
        Answer(id="a", questions=("여권 얼마예요?",), answer="오만 원이에요.", source=Source(title="법"))
    ]
    questions = [asked("checks", {"a"}, "answer", "a"), asked("checks", {"a"}, "reject", "b")]
    return Report(
        "평가",
        (("언제", "오늘"),),
        (
            intents_section(Trial(guesses, 1.0, 1.0, 2.0, 1.5, 300.0), 5),
            questions_section("질문", "이렇게 물었어요.", questions, answers),
        ),
    )


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = parsed(html(report()))
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert all(image["alt"] for image in page.images)
    assert len(page.images) == 2
    assert "33.3%" in page.text  # one of three intents is right
    assert "소파 <b>버려요</b>" in page.text  # shown as typed, not as a tag
    assert "50.0%" in page.text


def test_pictures_are_svg_that_loads_nothing_and_keeps_its_text() -> None:
    bins = calibration([0.2, 0.9], [False, True])
    pictures = [
        charts.calibration_curve({"소통": bins, "기본": bins}),
        charts.lines({"소통": [(1, 7.0), (10_000, 8.0)]}, "몇 번째 턴", "ms", log=True),
        charts.bars(["1명", "8명"], {"소통": [60, 150], "기본": [40, None]}, "초당 메시지"),
    ]
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        references = [value for node in root.iter() for name, value in node.items() if name.endswith("href")]
        assert all(reference.startswith("#") for reference in references)
        assert not re.search(r"url\((?!#)", picture)
        assert "".join(root.itertext()).count("소통") or "초당 메시지" in "".join(root.itertext())
    assert "초당 메시지" in pictures[2]
    assert (
        Chart("그림", pictures[0], "말로").source
        == "data:image/svg+xml;base64," + base64.b64encode(pictures[0].encode()).decode()
    )


def test_tables_read_the_same_on_the_terminal_and_in_markdown() -> None:
    table = Table("표 [1]", ("이름", "값"), tuple((f"줄 {n} | [x]", f"{n}%") for n in range(9)), folded=True)
    section = Section("제목", ("한 문단 [b]", table, Chart("그림", "<svg/>", "말로 한 그림")))
    console = Console(record=True, width=80, file=None, quiet=False)
    with console.capture() as captured:
        show(Report("보고서", (), (section,)), console)
    shown = captured.get()
    assert "줄 5 | [x]" in shown
    assert "줄 6" not in shown
    assert "이 밖에 3줄" in shown
    assert "한 문단 [b]" in shown
    text = "\n\n".join(markdown(section, {"그림": "images/a.svg"}))
    assert "| 줄 8 \\| [x] | 8% |" in text
    assert "![말로 한 그림](images/a.svg)" in text
    assert "![" not in "\n".join(markdown(section))


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
