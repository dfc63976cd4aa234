"""Words of danger: who helps at once, whatever else is answered."""

from __future__ import annotations

from actions.departments import tel
from actions.turn import Turn
from bot.content.persona import Voice
from bot.messages import Button, Outbound

HELP = {
    "emergency": (
        Button(label="119 구조·구급·화재", url=tel("119")),
        Button(label="112 경찰", url=tel("112")),
    ),
    "crisis": (
        Button(label="109 자살예방 상담", url=tel("109")),
        Button(label="1577-0199 정신건강 위기상담", url=tel("1577-0199")),
        Button(label="119 응급", url=tel("119")),
    ),
}
"""By intent, the national numbers of Korea: emergency, and the Ministry of Health and Welfare's lines, which
are open day and night (109 since January 2024)."""
SUSPECTED = 0.15
"""Probability of such an intent from which its line goes ahead of the answer to another one.

With it nine of ten examples kept back from training are heard, and two of a hundred ordinary questions get
the line needlessly.
"""


def suspected(turn: Turn) -> str | None:
    """The intent of danger that a message of another intent may have after all."""
    if turn.intent in HELP:
        return None
    found = {name: chance for name, chance in turn.ranking.items() if name in HELP}
    return max(found, key=lambda name: found[name]) if sum(found.values()) >= SUSPECTED else None


def line(voice: Voice, turn: Turn, intent: str) -> Outbound:
    """What is said, and the numbers to call."""
    return Outbound(text=voice.say(intent, turn.seed), buttons=HELP[intent])
