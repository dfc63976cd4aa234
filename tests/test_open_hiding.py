"""What is published of a week tells on nobody: tried by who knows all that is published, and can add."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from bot.openness.card import Figures, Rating
from bot.openness.counting import ENDS, Question, Week, rated
from bot.openness.hiding import Cell, K, fold, splits, total

TOPICS = ("여권", "쓰레기", "세금", "주차", "")
OUTCOMES = (
    "answered_faq",
    "answered_service",
    "clarified",
    "unanswered",
    "refused",
    "handed_off",
    "error_bot",
)
CHANNELS = ("webchat", "kakao", "telegram")
TABLE = ("answered", "not_answered")
"""Ends that topics are told of."""


def week(groups: list[tuple[str, str, str, int]], each: int = 1) -> tuple[list[Question], Figures]:
    """A week in which of every (topic, outcome, channel) so many people asked, `each` times."""
    questions: list[Question] = []
    for topic, outcome, channel, people in groups:
        for _ in range(people):
            who = len(questions)
            questions += [Question(who, channel, outcome, topic, 100 + who % 50)] * each
    counted = Week()
    for question in questions:
        counted.add(question)
    return questions, counted.figures(None)


class Reader:
    """Knows the figures and reckons what else can be known; a cell is (topic, end, channel) as shown."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        topics = [row.topic for row in figures.topics]
        ends = [row.outcome for row in figures.outcomes] or ["any"]
        channels = [row.channel for row in figures.channels] or ["any"]
        told = [end for end in ends if end in self._told()]
        self.cells = [
            *product(topics, told, channels),
            *product(["untold"], [end for end in ends if end not in told or not topics], channels),
        ]
        self.equations: list[tuple[np.ndarray, int]] = []
        self._know(lambda cell: True, figures.questions)
        for outcome in figures.outcomes:
            self._know(lambda cell, end=outcome.outcome: cell[1] == end, outcome.questions)
        for channel in figures.channels:
            self._know(lambda cell, name=channel.channel: cell[2] == name, channel.questions)
        for row in figures.topics:
            self._know(lambda cell, name=row.topic: cell[0] == name, row.questions)
            self._know(lambda cell, name=row.topic: cell[:2] == (name, "answered"), row.answered)
            self._know(lambda cell, name=row.topic: cell[:2] == (name, "not_answered"), row.not_answered)

    def _told(self) -> set[str]:
        """Ends that the rows of topics are about."""
        both = any(row.questions is not None for row in self.figures.topics)
        return {"answered", "not_answered"} if both else {"answered"}

    def _know(self, which, count: int | None) -> None:
        if count is not None:
            self.equations.append((np.array([float(which(cell)) for cell in self.cells]), count))

    def limits(self, which) -> tuple[float, float]:
        """The least and the most that the cells can come to together."""
        wanted = np.array([float(which(cell)) for cell in self.cells])
        left = np.array([row for row, _ in self.equations])
        right = np.array([count for _, count in self.equations], dtype=float)
        found = [linprog(sign * wanted, A_eq=left, b_eq=right, method="highs") for sign in (1, -1)]
        assert all(one.success for one in found), "what is published contradicts itself"
        return found[0].fun, -found[1].fun


def truth(questions: list[Question], figures: Figures) -> dict[tuple[str | None, str, str], set[int]]:
    """Whose questions are in each cell, as the figures name rows."""
    topics = {row.topic for row in figures.topics}
    both = any(row.questions is not None for row in figures.topics)
    outcomes, channels = {row.outcome for row in figures.outcomes}, {row.channel for row in figures.channels}
    found: dict[tuple[str | None, str, str], set[int]] = defaultdict(set)
    for one in questions:
        end = ENDS[one.outcome]
        shown_end = end if end in outcomes else "other"
        told = bool(topics) and (end in TABLE if both else end == "answered")
        topic = (one.topic if one.topic in topics else None) if told else "untold"
        found[topic, shown_end, one.channel if one.channel in channels else "other"].add(one.conversation)
    return found


GROUP = st.tuples(
    st.sampled_from(TOPICS),
    st.sampled_from(OUTCOMES),
    st.sampled_from(CHANNELS),
    st.one_of(st.integers(1, 14), st.integers(10, 80)),
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(groups=st.lists(GROUP, min_size=1, max_size=14))
@example(groups=[("여권", "answered_faq", "webchat", 100), ("여권", "unanswered", "webchat", 3)])
@example(
    groups=[
        ("여권", "answered_faq", "webchat", 100),
        ("여권", "unanswered", "webchat", 3),
        ("쓰레기", "unanswered", "webchat", 20),
        ("세금", "answered_faq", "kakao", 12),
    ]
)
def test_no_small_count_can_be_reckoned(groups: list[tuple[str, str, str, int]]) -> None:
    questions, figures = week(groups)
    if figures.questions is None:
        assert len(questions) < K
        assert figures == Week().figures(None).model_copy(
            update=dict.fromkeys(("conversations", "questions", "answered", "answer_rate"))
        )
        return
    reader, cells = Reader(figures), truth(questions, figures)
    small = [cell for cell, people in cells.items() if 0 < len(people) < K]
    if not figures.outcomes:  # nothing is told of how questions ended
        assert not figures.topics
        return
    sums = defaultdict(set)
    for (topic, end, _), people in cells.items():
        sums[topic, end] |= people
    for cell in small:
        least, most = reader.limits(lambda known, cell=cell: known == cell)
        assert most - least >= K - 1, (cell, least, most, figures)
    for (topic, end), people in sums.items():
        if 0 < len(people) < K:
            least, most = reader.limits(lambda known, t=topic, e=end: known[:2] == (t, e))
            assert most - least >= K, (topic, end, least, most, figures)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(groups=st.lists(GROUP, min_size=1, max_size=14), each=st.integers(1, 3))
def test_whatever_is_published_is_of_enough_people_and_adds_up(
    groups: list[tuple[str, str, str, int]], each: int
) -> None:
    questions, figures = week(groups, each)
    if figures.questions is None:
        return
    assert figures.questions == len(questions)
    assert sum(row.questions for row in figures.channels) == len(questions)
    assert not figures.outcomes or sum(row.questions for row in figures.outcomes) == len(questions)
    cells = truth(questions, figures)
    for row in figures.topics:
        for end in TABLE:
            people = set().union(*(who for cell, who in cells.items() if cell[:2] == (row.topic, end)))
            told = getattr(row, end)
            assert told is None or (told == len(people) * each and (not people or len(people) >= K))
    for row in figures.outcomes:
        people = set().union(*(who for cell, who in cells.items() if cell[1] == row.outcome))
        assert len(people) >= K
    for row in figures.channels:
        assert len(set().union(*(who for cell, who in cells.items() if cell[2] == row.channel))) >= K


@settings(max_examples=100, deadline=None, derandomize=True)
@given(sizes=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6))
def test_rows_that_stay_whole_hide_each_other_from_who_knows_an_empty_cell(
    sizes: list[tuple[int, int]],
) -> None:
    made = iter(range(10_000))
    rows = {}
    for number, pair in enumerate(sizes):
        cells = tuple(Cell(n, frozenset(next(made) for _ in range(n))) for n in pair)
        if len(total(cells).people) >= K:
            rows[str(number)] = cells
    columns = [total(pair[place] for pair in rows.values()) for place in (0, 1)]
    if not all(column.shown for column in columns):
        return
    split = splits(rows)
    if split is None:
        return
    hidden = [rows[name] for name in rows if name not in split]
    assert all(cell.shown for name in split for cell in rows[name])
    for place, pair in enumerate(hidden):
        others = hidden[:place] + hidden[place + 1 :]
        assert all(len(total(other[side] for other in others).people) >= K for side in (0, 1)), pair


def test_many_questions_of_few_people_are_few_people() -> None:
    _, figures = week([("여권", "answered_faq", "webchat", 3)], each=50)
    assert figures.questions is None
    _, figures = week(
        [("여권", "answered_faq", "webchat", 40), ("세금", "answered_faq", "webchat", 2)], each=9
    )
    assert [(row.topic, row.answered) for row in figures.topics] == [(None, 42 * 9)]


def test_a_row_with_a_small_cell_takes_a_companion_along() -> None:
    _, figures = week(
        [
            ("여권", "answered_faq", "webchat", 50),
            ("여권", "unanswered", "webchat", 4),
            ("쓰레기", "answered_faq", "webchat", 30),
            ("쓰레기", "unanswered", "webchat", 15),
            ("세금", "answered_faq", "webchat", 40),
            ("세금", "unanswered", "webchat", 25),
        ]
    )
    rows = {row.topic: (row.questions, row.answered, row.not_answered) for row in figures.topics}
    assert rows == {"여권": (54, None, None), "쓰레기": (45, None, None), "세금": (65, None, None)}


def test_everything_is_told_where_there_are_many() -> None:
    _, figures = week(
        [(topic, outcome, channel, 20) for topic, outcome, channel in product(TOPICS[:3], OUTCOMES, CHANNELS)]
    )
    assert figures.conversations == figures.questions == 20 * 3 * 7 * 3
    assert figures.answer_rate == pytest.approx(2 / 7, abs=1e-3)
    assert {row.topic: row.not_answered for row in figures.topics} == dict.fromkeys(TOPICS[:3], 120)
    assert figures.latency_ms is not None


def test_a_week_in_which_nobody_asked_is_no_secret() -> None:
    figures = Week().figures(None)
    assert (figures.questions, figures.conversations, figures.answered, figures.answer_rate) == (
        0,
        0,
        0,
        None,
    )


def test_ratings_of_few_people_are_not_told() -> None:
    assert rated([(number, 5) for number in range(9)]) is None
    assert rated([(1, 5)] * 40) is None
    assert rated([(None, 5)] * 40) is None
    assert rated([*((number, 5) for number in range(9)), (9, 1)]) == Rating(ratings=10, average=4.6)


def test_small_parts_are_put_together() -> None:
    people = iter(range(1000))
    sizes = {"a": 40, "b": 12, "c": 3, "d": 0}
    kept, rest = fold({name: Cell(n, frozenset(next(people) for _ in range(n))) for name, n in sizes.items()})
    assert (set(kept), rest.count) == ({"a"}, 15)


def test_the_order_of_questions_changes_nothing() -> None:
    questions, figures = week(
        [(topic, outcome, "webchat", 13) for topic, outcome in product(TOPICS, OUTCOMES)]
    )
    random.Random(1).shuffle(questions)
    again = Week()
    for question in questions:
        again.add(question)
    assert again.figures(None) == figures
