"""Who may have which service: truth tables by hand for every group, and what must hold for all facts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.eligibility.codes import CODES, GROUP_OF, NAMES, NOTHING_SPECIAL, Group
from bot.eligibility.conditions import Conditions
from bot.eligibility.engine import Rules, State, Verdict
from bot.eligibility.facts import Facts, from_json, from_slot
from bot.eligibility.questions import MOST, next_question

YES, NO, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.UNKNOWN
PERSONS, SMALL, LARGE = ("개인",), ("소상공인",), ("법인/시설/단체",)


def verdict(
    marks: str, facts: dict[str, Any], ages: tuple[int | None, int | None] = (None, None), users: Any = ()
) -> Verdict:
    """Of one service with these marks, space between them."""
    conditions = Conditions(frozenset(marks.split()), *ages)
    [found] = Rules([conditions], [users]).evaluate(from_json(facts)).verdicts
    return found


@pytest.mark.parametrize(
    ("marks", "facts", "expected"),
    [
        # sex
        ("JA0102", {"sex": "female"}, YES),
        ("JA0102", {"sex": "male"}, NO),
        ("JA0101", {"sex": "male"}, YES),
        ("JA0101", {}, UNKNOWN),
        ("JA0101 JA0102", {}, YES),
        ("JA0101 JA0102", {"sex": "male"}, YES),
        # income
        ("JA0201", {"income_percent": 0}, YES),
        ("JA0201", {"income_percent": 50}, YES),
        ("JA0201", {"income_percent": 51}, NO),
        ("JA0202", {"income_percent": 50.5}, YES),
        ("JA0202", {"income_percent": 75}, YES),
        ("JA0203", {"income_percent": 76}, YES),
        ("JA0203", {"income_percent": 100}, YES),
        ("JA0204", {"income_percent": 101}, YES),
        ("JA0204", {"income_percent": 200}, YES),
        ("JA0205", {"income_percent": 201}, YES),
        ("JA0201 JA0202", {"income_percent": 60}, YES),
        ("JA0201 JA0202", {"income_percent": 90}, NO),
        ("JA0201 JA0202", {}, UNKNOWN),
        ("JA0201 JA0202 JA0203 JA0204 JA0205", {}, YES),
        # traits and household: any is enough; with "nothing special" nobody is shut out
        ("JA0327", {"traits": ["JA0327"]}, YES),
        ("JA0327", {"traits": ["JA0328"]}, NO),
        ("JA0327", {"traits": []}, NO),
        ("JA0327", {}, UNKNOWN),
        ("JA0327 JA0328", {"traits": ["JA0328"]}, YES),
        ("JA0327 JA0322", {"traits": []}, YES),
        ("JA0322", {}, YES),
        ("JA0404", {"household": ["JA0404", "JA0412"]}, YES),
        ("JA0404", {"household": ["JA0410"]}, NO),
        ("JA0403 JA0410", {"household": []}, YES),
        # business
        ("JA1101", {"business": ["JA1101"]}, YES),
        ("JA1102", {"business": ["JA1103"]}, NO),
        ("JA1102", {"business": []}, NO),
        ("JA1102", {}, UNKNOWN),
        ("JA1201", {"business": ["JA1102"], "business_kind": ["JA1201"]}, YES),
        ("JA1201", {"business": ["JA1102"], "business_kind": ["JA1202"]}, NO),
        ("JA1201", {"business": []}, NO),
        ("JA1201", {"business": ["JA1102"]}, UNKNOWN),
        # organisations
        ("JA2101", {"organisation": ["JA2101"]}, YES),
        ("JA2103", {"organisation": ["JA2102"]}, NO),
        ("JA2203", {"organisation": ["JA2101"], "organisation_kind": ["JA2203"]}, YES),
        ("JA2203", {"organisation": []}, NO),
        # groups all must hold; nothing stated limits nobody
        ("", {}, YES),
        ("JA0102 JA0302", {"sex": "female", "traits": ["JA0302"]}, YES),
        ("JA0102 JA0302", {"sex": "female"}, UNKNOWN),
        ("JA0102 JA0302", {"sex": "male"}, NO),
        ("JA9999", {}, YES),
    ],
)  # fmt: skip
def test_the_marks(marks: str, facts: dict[str, Any], expected: Verdict) -> None:
    assert verdict(marks, facts) is expected


@pytest.mark.parametrize("code", sorted(set(GROUP_OF) - set(NOTHING_SPECIAL.values())))
def test_every_code_is_asked_for_and_given(code: str) -> None:
    """Who has it may; who has another of its group may not; of whom nothing is known, perhaps."""
    group = GROUP_OF[code]
    owner = {
        Group.BUSINESS_KIND: {"business": ["JA1102"]},
        Group.ORGANISATION_KIND: {"organisation": ["JA2101"]},
    }
    rules = Rules([Conditions(frozenset({code}))])
    for has, expected in ((code, YES), (next(each for each in CODES[group] if each != code), NO)):
        facts = from_json(owner.get(group, {})).whole(group, (has,))
        assert rules.evaluate(facts).verdicts == [expected]
    assert rules.evaluate(Facts()).verdicts == [UNKNOWN]
    assert NAMES[code]


@pytest.mark.parametrize(
    ("ages", "age", "expected"),
    [
        ((19, 34), 18, NO),
        ((19, 34), 19, YES),
        ((19, 34), 34, YES),
        ((19, 34), 35, NO),
        ((19, 34), None, UNKNOWN),
        ((65, None), 64, NO),
        ((65, None), 65, YES),
        ((65, 0), 80, YES),
        ((65, 100), 105, YES),
        ((None, 18), 18, YES),
        ((None, 18), 19, NO),
        ((0, 100), None, YES),
        ((0, 120), None, YES),
        ((None, None), None, YES),
        ((40, 30), 35, UNKNOWN),
    ],
)
def test_ages(ages: tuple[int | None, int | None], age: int | None, expected: Verdict) -> None:
    assert verdict("", {} if age is None else {"age": age}, ages) is expected


def test_an_age_known_only_roughly() -> None:
    rules = Rules([Conditions(age_from=19, age_to=34), Conditions(age_from=30), Conditions(age_from=40)])
    assert rules.evaluate(Facts((30, 39))).verdicts == [UNKNOWN, YES, NO]


@pytest.mark.parametrize(
    ("users", "marks", "facts", "expected"),
    [
        (SMALL, "", {}, UNKNOWN),
        (SMALL, "", {"business": []}, NO),
        (SMALL, "", {"business": ["JA1102"]}, YES),
        (LARGE, "", {"organisation": []}, NO),
        (LARGE, "", {"organisation": ["JA2103"]}, YES),
        ((*SMALL, *LARGE), "", {"business": []}, UNKNOWN),
        ((*SMALL, *LARGE), "", {"business": [], "organisation": []}, NO),
        ((*SMALL, *LARGE), "", {"business": [], "organisation": ["JA2101"]}, YES),
        ((*PERSONS, *SMALL), "JA1102", {"business": []}, YES),
        ((*PERSONS, *SMALL), "JA1102", {"business": ["JA1103"]}, NO),
        ((*PERSONS, *SMALL), "JA1102", {}, UNKNOWN),
        ((*PERSONS, *SMALL), "JA1101", {"business": []}, NO),
        (PERSONS, "JA1102", {"business": []}, NO),
    ],
)
def test_for_whom_a_service_is(users: Any, marks: str, facts: dict[str, Any], expected: Verdict) -> None:
    assert verdict(marks, facts, users=users) is expected


def test_the_reason_of_each_condition() -> None:
    rules = Rules([Conditions(frozenset({"JA0102", "JA0327", "JA0328", "JA0404"}), 19, 34)])
    evaluation = rules.evaluate(from_json({"age": 40, "sex": "female", "traits": []}))
    reasons = [(each.group, each.needed, each.given, each.state) for each in evaluation.reasons(0)]
    assert reasons == [
        (Group.AGE, ("19~34세",), ("40세",), State.FAILS),
        (Group.SEX, ("여성",), ("여성",), State.HOLDS),
        (Group.TRAITS, ("구직자·실업자", "장애인"), ("해당 없음",), State.FAILS),
        (Group.HOUSEHOLD, ("1인가구",), (), State.OPEN),
    ]


conditions = st.builds(
    Conditions,
    st.frozensets(st.sampled_from(sorted(GROUP_OF)), max_size=8),
    st.none() | st.integers(0, 120),
    st.none() | st.integers(0, 120),
)
users = st.lists(st.sampled_from([*PERSONS, "가구", *SMALL, *LARGE]), max_size=3)
services = st.lists(st.tuples(conditions, users), min_size=1, max_size=6)


@st.composite
def tellings(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Facts about one and the same citizen, one after the other."""
    kinds = {group: st.frozensets(st.sampled_from(CODES[group])) for group in Group if group in CODES}
    said: list[tuple[str, Any]] = [
        ("age", draw(st.integers(0, 120))),
        ("sex", draw(st.sampled_from(["male", "female"]))),
        ("income_percent", draw(st.integers(0, 300))),
    ]
    for kind, owner in (("business_kind", "business"), ("organisation_kind", "organisation")):
        owned = sorted(draw(kinds[Group(owner)]))
        said += [(owner, owned), (kind, sorted(draw(kinds[Group(kind)])) if owned else [])]
    said += [(name, sorted(draw(kinds[Group(name)]))) for name in ("traits", "household")]
    return draw(st.permutations(said))


@settings(max_examples=60)
@given(services, tellings())
def test_what_is_decided_stays_decided(listed: list[Any], said: list[tuple[str, Any]]) -> None:
    rules = Rules([each for each, _ in listed], [each for _, each in listed])
    before = rules.evaluate(Facts()).verdicts
    for count in range(1, len(said) + 1):
        after = rules.evaluate(from_json(dict(said[:count]))).verdicts
        for old, new in zip(before, after, strict=True):
            assert old is UNKNOWN or new is old
        before = after


@settings(max_examples=40)
@given(services, tellings(), st.randoms())
def test_the_order_of_facts_does_not_matter(listed: list[Any], said: list[Any], random: Any) -> None:
    rules = Rules([each for each, _ in listed], [each for _, each in listed])
    marks = [code for group in CODES for code in from_json(dict(said)).holding(group)]
    heard, again = Facts(), Facts()
    for code in marks:
        heard = heard.hearing({code})
    random.shuffle(marks)
    for code in marks:
        again = again.hearing({code})
    assert heard == again
    assert rules.evaluate(heard).verdicts == rules.evaluate(again).verdicts
    assert from_slot(heard.json) == heard


@settings(max_examples=40)
@given(services, tellings(), st.randoms())
def test_the_order_of_questions_does_not_matter(listed: list[Any], said: list[Any], random: Any) -> None:
    """Asked by what decides most or in any order: with all questions answered the verdicts are the same."""
    rules = Rules([each for each, _ in listed], [each for _, each in listed])
    truth = from_json(dict(said))
    facts = Facts()
    asked: list[Group] = []
    while question := next_question(rules.evaluate(facts), asked, clear=0.0):
        assert question.group not in asked
        assert len(asked) < MOST
        asked.append(question.group)
        facts = (
            facts.aged(*truth.age)
            if question.group is Group.AGE and truth.age
            else (facts.whole(question.group, truth.holding(question.group)))
        )
    known = rules.evaluate(truth).verdicts
    assert all(
        mine in (UNKNOWN, real) for mine, real in zip(rules.evaluate(facts).verdicts, known, strict=True)
    )
    if len(asked) < MOST:
        assert rules.evaluate(facts).verdicts == known


def test_the_question_that_decides_most_is_asked_first() -> None:
    many = [Conditions(frozenset({"JA0327"}))] * 5 + [Conditions(frozenset({"JA0102"}))] * 2
    rules = Rules(many)
    first = next_question(rules.evaluate(Facts()))
    assert first is not None
    assert first.group is Group.TRAITS
    then = next_question(rules.evaluate(from_json({"traits": []})), [Group.TRAITS])
    assert then is not None
    assert then.group is Group.SEX
    assert next_question(rules.evaluate(from_json({"traits": [], "sex": "male"}))) is None
    assert next_question(rules.evaluate(Facts()), [Group.TRAITS, Group.SEX]) is None


def test_what_hardly_matters_is_not_asked() -> None:
    rules = Rules([Conditions()] * 99 + [Conditions(frozenset({"JA0327"}))])
    assert next_question(rules.evaluate(Facts())) is None
    assert next_question(rules.evaluate(Facts()), clear=0.0) is not None
