"""Words of danger: who helps at once, whatever else is answered."""

from __future__ import annotations

from actions.turn import Turn
from bot import danger
from bot.content.persona import Voice
from bot.danger import HELP
from bot.messages import Outbound


def suspected(turn: Turn) -> str | None:
    """The intent of danger that a message of another intent may have after all."""
    return None if turn.intent in HELP else danger.suspected(turn.ranking)


def line(voice: Voice, turn: Turn, intent: str) -> Outbound:
    """What is said, and the numbers to call."""
    return Outbound(text=voice.say(intent, turn.seed), buttons=HELP[intent])
