"""Flags of a conversation: the words of data/moods.yml, and what the bot understood."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.board.moods import MOODS, Line, Mood, MoodFile, Moods, open_moods
from bot.settings import ROOT

OURS = open_moods(ROOT / "data")


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("죽고싶어요", "crisis"),
        ("그냥 죽고   싶다", "crisis"),
        ("집에 불났어요", "crisis"),
        ("I Want To Die", "crisis"),
        ("야 이 병신아", "abuse"),
        ("시발 다시발급해", "abuse"),
        ("ㅅㅂ 진짜", "abuse"),
        ("사람 불러줘", "person"),
        ("사람불러줘", "person"),
        ("봇말고 사람", "person"),
        ("말귀를 못 알아듣네", "failure"),
    ],
)
def test_words_that_count(text: str, mood: str) -> None:
    assert mood in OURS.of(text)


@pytest.mark.parametrize(
    "text",
    [
        "여권 다시발급 돼요?",
        "다시 발급해 주세요",
        "즉시발급되나요",
        "도시발전 계획 알려줘",
        "시발점이 어디예요",
        "가로등이 꺼져 있어요",
        "자살 예방 교육 신청하려고요",
        "유서 깊은 절이 어디예요",
        "나무가 쓰러졌어요",
        "여권 재발급 얼마예요?",
    ],
)
def test_words_that_do_not(text: str) -> None:
    assert OURS.of(text) == frozenset()


def told(*lines: Line, **moods: Mood) -> tuple[str, ...]:
    file = MoodFile(**moods)
    return Moods(lambda: file).told(lines)


def line(text: str = "", intent: str | None = None, outcome: str | None = None) -> Line:
    return Line(text, intent, outcome)


def test_what_the_bot_understood_counts_too() -> None:
    assert told(line("흑흑", "crisis")) == ("crisis",)
    assert told(line("그거요", "ask_faq", "unanswered")) == ()
    assert told(*[line("그거요", "ask_faq", "unanswered")] * 2) == ("failure",)


def test_only_the_last_lines_count() -> None:
    few = Mood(words=("불러",), lines=2)
    assert told(line("사람 불러"), line("네"), person=few) == ("person",)
    assert told(line("사람 불러"), line("네"), line("아니요"), person=few) == ()


def test_the_gravest_comes_first() -> None:
    assert told(line("x", "talk_to_person"), line("y", "abuse"), line("z", "crisis")) == MOODS[:3]


def test_an_edit_counts_and_a_broken_file_leaves_what_the_bot_understood(tmp_path: Path) -> None:
    assert open_moods(tmp_path).told([line("x", "crisis")]) == ("crisis",)
    (tmp_path / "moods.yml").write_text("person:\n  words: [국장님]\n", "utf-8")
    assert open_moods(tmp_path).of("국장님 나오세요") == {"person"}
    (tmp_path / "moods.yml").write_text("person:\n  wrods: [국장님]\n", "utf-8")
    assert open_moods(tmp_path).of("국장님 나오세요") == frozenset()


@given(st.text(max_size=200), st.sampled_from(["죽고 싶", "병신", "상담원"]))
def test_a_word_is_found_wherever_it_stands(around: str, word: str) -> None:
    plain = Moods(lambda: MoodFile(crisis=Mood(words=(word,))))
    assert plain.of(f"{around} {word.replace(' ', '')} {around}") == {"crisis"}


def test_a_line_costs_next_to_nothing() -> None:
    text = "안녕하세요 여권을 다시 발급받으려고 하는데 준비물이 무엇인지 궁금해요"
    OURS.of(text)
    start = time.process_time()
    for _ in range(200):
        OURS.of(text)
    assert (time.process_time() - start) / 200 < 0.002
