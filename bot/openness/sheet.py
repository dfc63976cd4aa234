"""Scorecards as one table for spreadsheets: a line for each figure of each week."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from bot.openness.card import Scorecard

HEAD = ("week", "first_day", "last_day", "subject", "name", "measure", "value")
_BOM = "\ufeff"
"""Without it a spreadsheet takes Korean for something else."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet(cards: Sequence[Scorecard]) -> bytes:
    """CSV in UTF-8; an empty value is one that is hidden."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for card in cards:
        for subject, name, measure, value in _lines(card):
            writer.writerow(
                (card.week, card.first_day, card.last_day, subject, _safe(name), measure, _value(value))
            )
    return (_BOM + out.getvalue()).encode()


def _lines(card: Scorecard) -> Iterator[tuple[str, str, str, float | None]]:
    figures = card.figures
    for measure in ("conversations", "questions", "answered", "answer_rate"):
        yield "total", "", measure, getattr(figures, measure)
    for outcome in figures.outcomes:
        yield "outcome", outcome.outcome, "questions", outcome.questions
    for topic in figures.topics:
        for measure in ("questions", "answered", "not_answered"):
            yield "topic", topic.topic or "", measure, getattr(topic, measure)
    for channel in figures.channels:
        yield "channel", channel.channel, "questions", channel.questions
    if figures.latency_ms:
        yield "latency", "", "median_ms", figures.latency_ms.median
        yield "latency", "", "p95_ms", figures.latency_ms.p95
    if figures.rating:
        yield "rating", "", "ratings", figures.rating.ratings
        yield "rating", "", "average", figures.rating.average
    if card.accuracy:
        yield "accuracy", "", "asked", card.accuracy.asked
        yield "accuracy", "", "right", card.accuracy.right


def _value(value: float | None) -> str:
    return "" if value is None else str(value)


def _safe(name: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{name}" if name.startswith(_FORMULA) else name
