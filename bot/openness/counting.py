"""A week's questions, counted and made fit to be published. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.openness.card import Channel, Figures, Latency, Outcome, Rating, Topic
from bot.openness.hiding import Cell, fold, splits, total
from bot.outcomes import Outcome as Ended

ENDS: Mapping[str, str] = {
    Ended.ANSWERED_FAQ: "answered",
    Ended.ANSWERED_SERVICE: "answered",
    Ended.CLARIFIED: "not_answered",
    Ended.UNANSWERED: "not_answered",
    Ended.REFUSED: "refused",
    Ended.HANDED_OFF: "handed_off",
    Ended.SERVICE_UNAVAILABLE: "failed",
    Ended.BOT_UNAVAILABLE: "failed",
}
"""How a question ends, by a turn's outcome. Turns with another outcome ask nothing of the bot."""
_NEAREST = 10
"""Milliseconds."""


@dataclass(frozen=True)
class Question:
    """A turn in which something was asked."""

    conversation: int
    channel: str
    outcome: str
    topic: str
    """Name of the topic of what was answered, or thought of; empty when there is none."""
    latency_ms: int | None


class _Sum:
    """A cell that is being counted."""

    def __init__(self) -> None:
        self.count = 0
        self.people: set[int] = set()

    def add(self, conversation: int) -> None:
        self.count += 1
        self.people.add(conversation)

    def cell(self) -> Cell:
        return Cell(self.count, frozenset(self.people))


@dataclass
class Week:
    """Takes the questions of a week one by one; `figures` is what may be said of them."""

    _ends: defaultdict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _topics: defaultdict[tuple[str, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _channels: defaultdict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _latencies: list[int] = field(default_factory=list)
    _waited: set[int] = field(default_factory=set)

    def add(self, question: Question) -> None:
        """Count one; its outcome is in `ENDS`."""
        end = ENDS[question.outcome]
        self._ends[end].add(question.conversation)
        self._channels[question.channel].add(question.conversation)
        if end in ("answered", "not_answered"):
            self._topics[question.topic, end].add(question.conversation)
        if question.latency_ms is not None:
            self._latencies.append(question.latency_ms)
            self._waited.add(question.conversation)

    def figures(self, rating: Rating | None) -> Figures:
        """What may be published of the week."""
        ends = {end: one.cell() for end, one in self._ends.items()}
        everything = total(ends.values())
        if not everything.shown:
            return _hidden(rating)
        outcomes, topics, answered = self._told(ends)
        channels, elsewhere = fold({name: one.cell() for name, one in self._channels.items()})
        told = [Channel(channel=name, questions=cell.count) for name, cell in channels.items()]
        if elsewhere.count:
            told.append(Channel(channel="other", questions=elsewhere.count))
        rate = None
        if answered is not None and everything.count:
            rate = round(answered / everything.count, 3)
        return Figures(
            conversations=len(everything.people),
            questions=everything.count,
            answered=answered,
            answer_rate=rate,
            outcomes=outcomes,
            topics=topics,
            channels=tuple(told),
            latency_ms=self._latency(),
            rating=rating,
        )

    def _told(self, ends: Mapping[str, Cell]) -> tuple[tuple[Outcome, ...], tuple[Topic, ...], int | None]:
        """Outcomes and topics that do not tell on one another, and how many questions were answered."""
        yes, no = ends.get("answered", Cell()), ends.get("not_answered", Cell())
        others = {end: cell for end, cell in ends.items() if end not in ("answered", "not_answered")}
        rest = total(others.values())
        if not (yes.shown and (no + rest).shown):
            return (), (), None
        if not (no.shown and rest.shown):
            outcomes = _outcomes({"answered": yes}, no + rest)
            return outcomes, self._answered(yes), yes.count
        topics = self._by_topic()
        kept, few = fold(others)
        outcomes = _outcomes({"answered": yes, "not_answered": no, **kept}, few)
        return outcomes, self._answered(yes) if topics is None else topics, yes.count

    def _answered(self, yes: Cell) -> tuple[Topic, ...]:
        """Topics with what was answered alone."""
        if not yes.count:
            return ()
        cells = {topic: one.cell() for (topic, end), one in self._topics.items() if end == "answered"}
        kept, few = fold(cells, cells.pop("", Cell()))
        rows = [_topic(name, None, cell.count, None) for name, cell in kept.items()]
        return (*rows, _topic(None, None, few.count, None)) if few.count else tuple(rows)

    def _by_topic(self) -> tuple[Topic, ...] | None:
        """Topics with what was answered and what was not; None when that would tell on somebody."""
        pairs: dict[str, tuple[Cell, Cell]] = {}
        for topic in {topic for topic, _ in self._topics}:
            yes, no = self._topics.get((topic, "answered")), self._topics.get((topic, "not_answered"))
            pairs[topic] = (yes.cell() if yes else Cell(), no.cell() if no else Cell())
        cells = {topic: total(pair) for topic, pair in pairs.items()}
        kept, few = fold(cells, cells.pop("", Cell()))
        rows = {name: pairs[name] for name in kept}
        if few.count:
            away = [pair for name, pair in pairs.items() if name not in kept]
            rows[""] = (total(pair[0] for pair in away), total(pair[1] for pair in away))
        split = splits(rows)
        if split is None:
            return None
        return tuple(
            _topic(
                name or None,
                yes.count + no.count,
                yes.count if name in split else None,
                no.count if name in split else None,
            )
            for name, (yes, no) in rows.items()
        )

    def _latency(self) -> Latency | None:
        if not Cell(len(self._latencies), frozenset(self._waited)).shown or not self._latencies:
            return None
        ordered = sorted(self._latencies)
        return Latency(median=_at(ordered, 0.5), p95=_at(ordered, 0.95))


def rated(scores: list[tuple[int | None, int]]) -> Rating | None:
    """What citizens' scores come to: (conversation, score); None when too few people gave one.

    The conversation of somebody who was erased is None: they count as nobody.
    """
    people = {conversation for conversation, _ in scores if conversation is not None}
    if not scores or not Cell(len(scores), frozenset(people)).shown:
        return None
    average = sum(score for _, score in scores) / len(scores)
    return Rating(ratings=len(scores), average=round(average, 1))


def _hidden(rating: Rating | None) -> Figures:
    return Figures(
        conversations=None,
        questions=None,
        answered=None,
        answer_rate=None,
        outcomes=(),
        topics=(),
        channels=(),
        latency_ms=None,
        rating=rating,
    )


def _outcomes(kept: Mapping[str, Cell], few: Cell) -> tuple[Outcome, ...]:
    cells = {**kept, "other": few}
    made = [{"outcome": name, "questions": cell.count} for name, cell in cells.items() if cell.count]
    return tuple(Outcome.model_validate(each) for each in made)


def _topic(name: str | None, questions: int | None, answered: int | None, not_answered: int | None) -> Topic:
    return Topic(topic=name, questions=questions, answered=answered, not_answered=not_answered)


def _at(ordered: list[int], share: float) -> int:
    """The value that `share` of them do not exceed, rounded."""
    place = min(len(ordered) - 1, int(share * len(ordered)))
    return round(ordered[place] / _NEAREST) * _NEAREST
