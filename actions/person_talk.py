"""What a citizen and a person of the office said to each other, for the bot that goes on from there."""

from __future__ import annotations

from copy import copy

from actions.answering import Answering
from actions.reply import Said
from actions.turn import Turn
from bot.content.persona import Voice
from bot.outcomes import Outcome

TALK = "person_talk"
"""Slot: `citizen`, what they said last, and `person`, the last answer (`bot.rasa_memory`)."""


def said_again(turn: Turn, voice: Voice) -> Said | None:
    """The person's last words; None when the bot itself has answered since."""
    words = turn.mapping(TALK).get("person")
    if not words:
        return None
    text = f"{voice.to(turn.language).say('person_said', turn.seed)}\n{words}"
    return Said(Outcome.CHATTED, text, detail={"repeated": "person"})


async def going_on(turn: Turn, answering: Answering, voice: Voice) -> Said | None:
    """Choices for words that mean nothing alone, but do after what was said to a person; else None."""
    before = turn.mapping(TALK).get("citizen")
    if not before or not turn.typed:
        return None
    whole = copy(turn)
    whole.text = f"{before} {turn.text}"
    found = await answering.find(whole)
    if found.kind == "reject" or not found.offered:
        return None
    offered = answering.offer(turn, found.offered)
    text = voice.to(turn.language).say("person_talk_found", turn.seed)
    return Said(offered.outcome, text, buttons=offered.buttons, detail=offered.detail, slots=offered.slots)
