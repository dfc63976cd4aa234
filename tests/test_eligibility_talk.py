"""Whatever is said and tapped, in whatever order: the talk goes on, ends, and fits into a slot."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue.service import PublicService
from bot.content.live_file import read_file
from bot.eligibility.choices import choices, tapped
from bot.eligibility.codes import GROUP_OF, NOTHING_SPECIAL
from bot.eligibility.conditions import Conditions
from bot.eligibility.consultation import Consultation, from_slot_value
from bot.eligibility.hearing import Hearing, Wish, Words
from bot.eligibility.income import MedianIncome
from bot.eligibility.matching import Matching
from bot.eligibility.questions import MOST
from bot.settings import ROOT

DATA = ROOT / "data" / "eligibility"
TODAY = date(2026, 11, 23)
WORDS = read_file(DATA / "words.yml", Words)[0]
HEARING = Hearing(WORDS)
MEDIAN = read_file(DATA / "median_income.yml", MedianIncome)[0]
MATCHING = Matching(
    [
        PublicService(
            f"{place:012d}", f"혜택 {code}", "한빛시", conditions=Conditions(frozenset({code}), place)
        )
        for place, code in enumerate(sorted(set(GROUP_OF) - set(NOTHING_SPECIAL.values())))
    ],
    WORDS.generic,
)
PHRASES = [phrase for phrases in WORDS.codes.values() for phrase in phrases]
said = st.one_of(
    st.text(max_size=30),
    st.sampled_from(PHRASES),
    st.builds(
        "{}{}".format, st.integers(0, 3000), st.sampled_from(["살", "년생", "식구", "만원", "%", "번", ""])
    ),
    st.lists(st.sampled_from([*PHRASES, "아니에요", "없어요", "27살", "월 200만원"]), max_size=4).map(
        " ".join
    ),
)


@settings(max_examples=60)
@given(st.lists(st.one_of(said, st.integers(0, 25), st.sampled_from(list(Wish))), max_size=12))
def test_any_talk_goes_on(turns: list[str | int | Wish]) -> None:
    talk = Consultation().going_on(MATCHING)
    for turn in turns:
        offered = choices(talk, MEDIAN)
        if isinstance(turn, int):
            if not offered:
                continue
            moved = tapped(talk, offered[turn % len(offered)].value, MEDIAN)
            assert moved is not None
            talk = moved
        elif isinstance(turn, Wish):
            talk = talk.wishes(turn)
        else:
            talk = talk.hears(HEARING.hear(turn, TODAY, talk.open), MEDIAN)
        talk = talk.going_on(MATCHING)
        assert from_slot_value(json.loads(json.dumps(talk.slot))) == talk
        assert len(set(talk.asked)) == len(talk.asked)
        MATCHING.best(MATCHING.evaluate(talk.facts), TODAY)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 25), min_size=40, max_size=40))
def test_answers_come_to_an_end(taps: list[int]) -> None:
    """Whoever only answers is asked no more than so many questions."""
    talk, asked = Consultation().going_on(MATCHING), set()
    for tap in taps:
        if talk.open is None:
            break
        asked.add(talk.open)
        answers = [each for each in choices(talk, MEDIAN) if each.value not in (Wish.BACK, Wish.FINISH)]
        moved = tapped(talk, answers[tap % len(answers)].value, MEDIAN)
        assert moved is not None
        talk = moved.going_on(MATCHING)
    assert talk.open is None or talk.picking
    assert len(asked) <= MOST


def test_a_name_without_its_ordinary_words() -> None:
    services = [
        PublicService("1", "한빛시 청년월세 한시 특별지원", "한빛시"),
        PublicService("2", "청년 지원", "한빛시"),
        PublicService("3", "기초연금", "보건복지부"),
    ]
    matching = Matching(services, (*WORDS.generic, "한빛시"))
    found = {
        text: named.id if (named := matching.named(text)) else None
        for text in ("청년 월세 받을 수 있어요?", "나도 기초연금 되나", "청년인데 뭐 받나요")
    }
    assert list(found.values()) == ["1", "3", None]
