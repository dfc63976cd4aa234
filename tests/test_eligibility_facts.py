"""Facts as they are given on the command line, what citizens say of themselves, and the time it takes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.content.live_file import read_file
from bot.eligibility.codes import GROUP_OF, Group
from bot.eligibility.conditions import Conditions
from bot.eligibility.engine import Rules
from bot.eligibility.facts import FactError, from_json
from bot.eligibility.hearing import Heard, Hearing, Wish, Words, asks
from bot.eligibility.income import MedianIncome
from bot.settings import ROOT

DATA = ROOT / "data" / "eligibility"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def hearing() -> Hearing:
    """With the words of the repository."""
    return Hearing(read_file(DATA / "words.yml", Words)[0])


@pytest.fixture(scope="module")
def median() -> MedianIncome:
    """Of the repository."""
    return read_file(DATA / "median_income.yml", MedianIncome)[0]


@pytest.mark.parametrize(
    ("text", "age", "has"),
    [
        ("27살이고 혼자 살아요, 지금 백수예요", (27, 27), "JA0327 JA0404"),
        ("아니 28살이요", (28, 28), ""),
        ("99년생 여자예요", (26, 27), "JA0102"),
        ("30대 직장인인데요", (30, 39), "JA0326"),
        ("27살백수 혼자삼", (27, 27), "JA0327 JA0404"),
        ("회사에서 잘렸는데", None, "JA0327"),
        ("작은 가게 하는데", None, "JA1102"),
        ("혼자 애 키우는데요 ㅠㅠ", None, "JA0403"),
        ("한부모인데 애 둘이에요", None, "JA0403 JA0411"),
        ("임신 5개월인데", None, "JA0302"),
        ("기초수급자예요", None, "JA0201"),
        ("농사짓고 있어요", None, "JA0313"),
        ("서울에서 이사왔어요", None, "JA0413"),
        ("초등학생 아들이 10살", None, ""),
        ("애가 3살이에요", None, ""),
        ("여자친구랑 살아요", None, ""),
        ("여권 수수료가 얼마예요", None, ""),
        ("청년월세 20만원 받을 수 있나요", None, ""),
    ],
)
def test_what_citizens_say(hearing: Hearing, text: str, age: tuple[int, int] | None, has: str) -> None:
    heard = hearing.hear(text, TODAY)
    assert (heard.age, heard.has) == (age, frozenset(has.split()))


def test_what_is_denied(hearing: Hearing) -> None:
    assert hearing.hear("장애인은 아니에요", TODAY).lacks == {"JA0328"}
    assert hearing.hear("백수라 돈이 없어요", TODAY).has == {"JA0327"}
    assert hearing.hear("세 식구예요", TODAY).lacks == {"JA0404"}


@pytest.mark.parametrize(
    ("text", "expected", "heard"),
    [
        ("27", Group.AGE, Heard(age=(27, 27))),
        ("만 27", Group.AGE, Heard(age=(27, 27))),
        ("스물일곱이요", Group.AGE, Heard(age=(27, 27))),
        ("27", None, Heard()),
        ("네", Group.AGE, Heard()),
        ("여", Group.SEX, Heard(has=frozenset({"JA0102"}))),
        ("250만", Group.INCOME, Heard(won=2_500_000)),
        ("월 250", Group.INCOME, Heard(won=2_500_000)),
        ("연봉 3천만원", None, Heard(won=2_500_000)),
        ("월 250만원 벌어요", None, Heard(won=2_500_000)),
        ("60%쯤", Group.INCOME, Heard(has=frozenset({"JA0202"}))),
        ("모르겠어요", None, Heard(wish=Wish.SKIP)),
        ("해당 없어요", None, Heard(wish=Wish.NONE)),
        ("이전 질문", None, Heard(wish=Wish.BACK)),
        ("결과 보여줘!", None, Heard(wish=Wish.FINISH)),
        ("처음부터 다시", None, Heard(wish=Wish.RESTART)),
    ],
)
def test_answers(hearing: Hearing, text: str, expected: Group | None, heard: Heard) -> None:
    assert replace(hearing.hear(text, TODAY, expected), bare=False) == heard


def test_what_is_an_answer_and_nothing_else(hearing: Hearing) -> None:
    assert all(hearing.hear(text, TODAY).bare for text in ("집 없어요", "혼자 살아요", "27살이요"))
    assert not any(hearing.hear(text, TODAY).bare for text in ("혼자 살아요 죽고 싶어요", "살기 싫어요"))
    assert hearing.hear("소득은 없어요", TODAY, Group.INCOME).has == {"JA0201"}
    assert hearing.hear("소득은 없어요", TODAY).has == frozenset()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("250살이에요", "age"),
        ("-3살", "age"),
        ("2030년생이요", "birth_year"),
        ("1800년생", "birth_year"),
        ("500식구", "household_size"),
        ("0인 가구", "household_size"),
    ],
)
def test_what_cannot_be(hearing: Hearing, text: str, field: str) -> None:
    wrong = hearing.hear(text, TODAY).wrong
    assert wrong is not None
    assert wrong.field == field


def test_questions_are_told_from_statements() -> None:
    assert all(asks(text) for text in ("근데 수수료는요?", "신청은 어떻게 해요", "몇 살까지 되나요"))
    assert not any(asks(text) for text in ("27살이에요", "지금 백수예요", "혼자 살아요"))


def test_income_in_won(median: MedianIncome) -> None:
    assert median.of(1) == 2_564_238
    assert median.of(8) == 9_515_150 + 959_198
    assert median.code(1_282_119, 1) == "JA0201"
    assert median.code(1_282_120, 1) == "JA0202"
    assert median.code(6_494_738, 4) == "JA0203"
    assert median.code(20_000_000, 4) == "JA0205"
    assert median.limits(1) == (128, 192, 256, 512)
    with pytest.raises(FactError):
        median.of(0)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"age": 121}, "age"),
        ({"age": -1}, "age"),
        ({"age": "27"}, "age"),
        ({"age": True}, "age"),
        ({"sex": "남"}, "sex"),
        ({"income_percent": -1}, "income_percent"),
        ({"income_percent": float("nan")}, "income_percent"),
        ({"traits": "JA0327"}, "traits"),
        ({"traits": ["JA0404"]}, "traits"),
        ({"household": ["JA0410", "JA0404"]}, "household"),
        ({"household": ["JA9999"]}, "household"),
        ({"business": [], "business_kind": ["JA1201"]}, "business_kind"),
        ({"trait": []}, "trait"),
        ([], "facts"),
    ],
)
def test_facts_that_cannot_be(facts: Any, field: str) -> None:
    with pytest.raises(FactError) as refused:
        from_json(facts)
    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


def test_ten_thousand_services_in_time() -> None:
    codes = sorted(GROUP_OF)
    many = [
        Conditions(frozenset(codes[place % 7 :: 11]), place % 40, 40 + place % 60) for place in range(10_000)
    ]
    rules = Rules(many, [("개인",)] * len(many))
    facts = from_json({"age": 27, "sex": "female", "income_percent": 60, "traits": ["JA0327"]})
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        assert len(rules.evaluate(facts).verdicts) == 10_000
        taken.append(time.perf_counter() - started)
    assert min(taken) < 0.02
